-- A token remembers the API key that it was issued by, and how its domain was called then.

ALTER TABLE console_tokens ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE console_tokens ADD COLUMN domain_name TEXT NOT NULL DEFAULT '';
