-- Clients of OpenStack Nova's consoles use a token until it expires.
ALTER TABLE console_tokens ADD COLUMN reusable INTEGER NOT NULL DEFAULT 0;
