-- Generations of the master key: which is in force, and under which one everything was made that is kept.
CREATE TABLE master_keys (
    generation   INTEGER NOT NULL PRIMARY KEY CHECK (generation BETWEEN 1 AND 255),
    check_value  BLOB    NOT NULL CHECK (length(check_value) = 32), -- derived from the key, tells nothing about it
    state        INTEGER NOT NULL,
    activated_at INTEGER, -- NULL: in force since the database was made
    retired_at   INTEGER  -- NULL: not retired
) STRICT;

-- One is active (1).
CREATE UNIQUE INDEX master_keys_active ON master_keys (state) WHERE state = 1;

INSERT INTO master_keys (generation, check_value, state)
SELECT 1, value, 1 FROM meta WHERE name = 'master-key-check' AND length(value) = 32;

DELETE FROM meta WHERE name = 'master-key-check';

-- Which key the keyed hash of a secret is made with; that of superseded_generation means nothing where there is none.
ALTER TABLE oauth_clients ADD COLUMN secret_generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE oauth_clients ADD COLUMN superseded_generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE application_tokens ADD COLUMN token_generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE application_tokens ADD COLUMN superseded_generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE administration_tokens ADD COLUMN secret_generation INTEGER NOT NULL DEFAULT 1;

-- Which key an entry is tagged with; NULL: the first. Tagged itself where it is, behind user_name.
ALTER TABLE audit ADD COLUMN generation INTEGER;
ALTER TABLE audit_head ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
