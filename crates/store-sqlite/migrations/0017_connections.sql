-- Connections to identity providers, and as whom those know users.

CREATE TABLE connections (
    id                   INTEGER NOT NULL PRIMARY KEY,
    account_id           TEXT    NOT NULL REFERENCES accounts (id),
    name                 TEXT    NOT NULL,
    display_name         TEXT    NOT NULL,
    enabled              INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    population           INTEGER NOT NULL,
    linking              TEXT    NOT NULL, -- JSON
    clock_skew_ms        INTEGER NOT NULL CHECK (clock_skew_ms >= 0),
    targets              TEXT    NOT NULL, -- JSON list
    protocol             INTEGER NOT NULL,
    settings             TEXT    NOT NULL, -- JSON, of the protocol, without the secrets
    sealed_key           BLOB,             -- the next three: NULL where there is none
    sealed_previous_key  BLOB,
    sealed_client_secret BLOB,
    UNIQUE (account_id, name)
) STRICT;

-- Ids of connections are never given again (6 beside the kinds of migration 3).
CREATE TRIGGER connection_ids_are_retired AFTER DELETE ON connections
BEGIN INSERT INTO retired_ids VALUES (6, old.id); END;
CREATE TRIGGER connection_ids_stay_retired BEFORE INSERT ON connections
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 6 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted connection'); END;

ALTER TABLE users ADD COLUMN identities TEXT; -- JSON list; NULL: none

-- What stands in users.identities, so that nobody else has it.
CREATE TABLE identities (
    connection_id INTEGER NOT NULL,
    subject       TEXT    NOT NULL,
    user_id       INTEGER NOT NULL,
    PRIMARY KEY (connection_id, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_of_users ON identities (user_id);

CREATE TRIGGER identities_of_a_new_user AFTER INSERT ON users WHEN new.identities IS NOT NULL
BEGIN
    INSERT INTO identities
    SELECT value ->> 'connection', value ->> 'subject', new.id FROM json_each(new.identities);
END;
CREATE TRIGGER identities_of_a_changed_user AFTER UPDATE OF identities ON users
WHEN new.identities IS NOT old.identities
BEGIN
    DELETE FROM identities WHERE user_id = old.id;
    INSERT INTO identities
    SELECT value ->> 'connection', value ->> 'subject', new.id FROM json_each(new.identities);
END;
CREATE TRIGGER identities_of_a_deleted_user AFTER DELETE ON users WHEN old.identities IS NOT NULL
BEGIN DELETE FROM identities WHERE user_id = old.id; END;
