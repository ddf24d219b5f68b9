-- Keys are not stored here: each is in a file of the authority's directory, for the broker alone.

-- Counts every change of what the authority trusts and issues from, so that running brokers see it by one small read.
CREATE TABLE authority_version (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO authority_version (one, version) VALUES (1, 1);

CREATE TABLE authority_roots (
    circle       TEXT    NOT NULL CHECK (circle IN ('hosts', 'clients')),
    number       INTEGER NOT NULL,            -- 1: made at the first start
    state        TEXT    NOT NULL CHECK (state IN ('next', 'current', 'previous', 'retired')),
    activated_at INTEGER,                     -- something was issued from it since then
    PRIMARY KEY (circle, number)
) STRICT;

INSERT INTO authority_roots (circle, number, state, activated_at) VALUES ('hosts', 1, 'current', 0), ('clients', 1, 'current', 0);

CREATE TABLE issuing_authorities (
    id           INTEGER NOT NULL PRIMARY KEY,
    node         TEXT    NOT NULL,
    root         INTEGER,                     -- number of the hosts root above it; null: an authority of somebody else's
    addresses    TEXT    NOT NULL,            -- those that it may name, separated by spaces
    certificate  BLOB    NOT NULL,            -- DER
    key_file     TEXT,                        -- in the authority's directory; null with somebody else's
    made_at      INTEGER NOT NULL,
    withdrawn_at INTEGER                      -- what it issued is refused from then on
) STRICT;

CREATE INDEX issuing_authorities_by_node ON issuing_authorities (node);

CREATE TRIGGER authority_roots_added AFTER INSERT ON authority_roots BEGIN UPDATE authority_version SET version = version + 1; END;
CREATE TRIGGER authority_roots_changed AFTER UPDATE ON authority_roots BEGIN UPDATE authority_version SET version = version + 1; END;
CREATE TRIGGER issuing_authorities_added AFTER INSERT ON issuing_authorities BEGIN UPDATE authority_version SET version = version + 1; END;
CREATE TRIGGER issuing_authorities_changed AFTER UPDATE ON issuing_authorities BEGIN UPDATE authority_version SET version = version + 1; END;

-- What running brokers know of each node's certificates, for commands beside them.
CREATE TABLE certificate_proofs (
    node      TEXT    NOT NULL PRIMARY KEY,
    reachable INTEGER NOT NULL,
    report    TEXT    NOT NULL                -- JSON
) STRICT;

CREATE TABLE certificate_watchers (
    broker  TEXT    NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    version INTEGER NOT NULL                  -- of the authority's state that it goes by
) STRICT;
