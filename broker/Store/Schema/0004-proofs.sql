-- Whether a node is heard of is judged by the reader's clock: a broker that died cannot say that it hears it no more.
ALTER TABLE certificate_proofs DROP COLUMN reachable;
ALTER TABLE certificate_proofs ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
