-- Sessions are numbered in the order of opening, and their last uses stand in blocks of a thousand numbers: a session that is
-- used is no row to be written. Sessions of before are numbered in the order of their ids. Until a block has a later one their last
-- use is what it may have been: it was written when it had moved by a 64th of the idle limit, so it may be later by as much.
--
-- AUTOINCREMENT: a number is never given again, also when everything behind it has ended.
CREATE TABLE numbered_sessions (
    number             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id                 BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    account_id         TEXT    NOT NULL,
    user_id            INTEGER NOT NULL,
    application_kind   INTEGER NOT NULL,
    application_id     INTEGER, -- NULL: opened without an application
    opening            INTEGER NOT NULL,
    dialect            INTEGER NOT NULL,
    address            BLOB,    -- 4 or 16 bytes
    created            INTEGER NOT NULL,
    last_used          INTEGER NOT NULL, -- when the row was written
    idle_ms            INTEGER NOT NULL,
    absolute_end       INTEGER,
    credential_version INTEGER NOT NULL,
    secret_version     INTEGER NOT NULL DEFAULT 0 CHECK (secret_version BETWEEN 0 AND 255)
) STRICT;

INSERT INTO numbered_sessions (id, account_id, user_id, application_kind, application_id, opening, dialect, address, created,
                               last_used, idle_ms, absolute_end, credential_version, secret_version)
SELECT id, account_id, user_id, application_kind, application_id, opening, dialect, address, created,
       last_used + max(idle_ms / 64, 1), idle_ms, absolute_end, credential_version, secret_version
FROM sessions ORDER BY id;

DROP TABLE sessions;

ALTER TABLE numbered_sessions RENAME TO sessions;

CREATE INDEX sessions_of_account ON sessions (account_id, user_id);

-- The last uses of sessions whose numbers begin with block * 1000; in which form, the program says.
CREATE TABLE session_uses (
    block INTEGER NOT NULL PRIMARY KEY,
    times BLOB    NOT NULL
) STRICT;
