-- Times are Unix milliseconds. Secrets are stored as digests alone.

CREATE TABLE nodes (
    name        TEXT    NOT NULL PRIMARY KEY,
    addresses   TEXT    NOT NULL,             -- IP addresses given at the invitation, separated by spaces
    epoch       INTEGER NOT NULL DEFAULT 0,   -- of the latest agent that spoke for the node
    invited_at  INTEGER NOT NULL,
    enrolled_at INTEGER,                      -- certificates issued earlier are refused
    removed_at  INTEGER
) STRICT;

CREATE TABLE join_tokens (
    digest      BLOB    NOT NULL PRIMARY KEY,
    node        TEXT    NOT NULL REFERENCES nodes (name),
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    redeemed_at INTEGER
) STRICT;

CREATE TABLE api_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
    digest     BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE console_tokens (
    digest      BLOB    NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    user        TEXT    NOT NULL,
    domain      TEXT    NOT NULL,             -- libvirt's UUID
    incarnation TEXT    NOT NULL,             -- uuid/start ticks/QEMU pid
    console     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    rights      TEXT    NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    redeemed_at INTEGER,
    session_id  TEXT,
    revoked_at  INTEGER
) STRICT;

CREATE INDEX console_tokens_by_expiry ON console_tokens (expires_at);
CREATE INDEX console_tokens_by_domain ON console_tokens (domain);
