-- The directory (accounts and what belongs to them), the order of its changes, and the sessions.
-- Times are milliseconds since the Unix epoch. Numbers that stand for words are listed in src/columns.rs.

-- What is true of the file as a whole, e.g. the check value of the master key.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id              TEXT    NOT NULL PRIMARY KEY,
    code            TEXT    NOT NULL UNIQUE,
    number          INTEGER NOT NULL UNIQUE,
    time_zone       TEXT    NOT NULL,
    state           INTEGER NOT NULL,
    sign_on         INTEGER NOT NULL,
    features        TEXT    NOT NULL, -- JSON list
    services        TEXT    NOT NULL, -- JSON list, in the order in which they are shown
    password_policy TEXT    NOT NULL, -- JSON
    lockout_policy  TEXT    NOT NULL, -- JSON
    session_policy  TEXT    NOT NULL  -- JSON
) STRICT;

CREATE TABLE profiles (
    account_id  TEXT    NOT NULL REFERENCES accounts (id),
    id          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    role        INTEGER NOT NULL,
    permissions TEXT    NOT NULL, -- JSON list
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    id         INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    parent     INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE skills (
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    id         INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

-- name_key is the form of login_name under which it is unique and found; its index also lists by name.
CREATE TABLE users (
    id                   INTEGER NOT NULL PRIMARY KEY,
    account_id           TEXT    NOT NULL REFERENCES accounts (id),
    pid                  BLOB    NOT NULL CHECK (length(pid) = 16),
    number               INTEGER NOT NULL,
    population           INTEGER NOT NULL,
    kind                 INTEGER NOT NULL,
    login_name           TEXT    NOT NULL,
    name_key             TEXT    NOT NULL,
    full_name            TEXT    NOT NULL,
    nickname             TEXT    NOT NULL,
    email                TEXT    NOT NULL,
    enabled              INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    allowed_app_key      TEXT,
    max_chats            INTEGER NOT NULL,
    max_async_chats      INTEGER NOT NULL,
    profiles             TEXT    NOT NULL, -- JSON list
    skills               TEXT    NOT NULL, -- JSON list
    member_of            INTEGER,
    manager_of           TEXT    NOT NULL, -- JSON list
    must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
    password_hash        TEXT,             -- PHC string; NULL: no password, then the next two are NULL as well
    password_changed_at  INTEGER,
    password_history     TEXT,             -- JSON list of PHC strings, newest first
    credential_version   INTEGER NOT NULL,
    locked_at            INTEGER,
    UNIQUE (account_id, population, name_key),
    UNIQUE (account_id, number),
    CHECK ((password_hash IS NULL) = (password_changed_at IS NULL)),
    CHECK ((password_hash IS NULL) = (password_history IS NULL))
) STRICT;

CREATE TABLE api_keys (
    id                         INTEGER NOT NULL PRIMARY KEY,
    account_id                 TEXT    NOT NULL REFERENCES accounts (id),
    app_key                    TEXT    NOT NULL,
    sealed_secret              BLOB    NOT NULL,
    access_token               TEXT    NOT NULL,
    sealed_access_token_secret BLOB    NOT NULL,
    name                       TEXT    NOT NULL,
    developer                  TEXT    NOT NULL,
    description                TEXT    NOT NULL,
    enabled                    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    privileges                 TEXT    NOT NULL, -- JSON list
    addresses                  TEXT    NOT NULL, -- JSON list of networks
    UNIQUE (account_id, app_key)
) STRICT;

CREATE TABLE oauth_clients (
    id         INTEGER NOT NULL PRIMARY KEY,
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    client_id  TEXT    NOT NULL,
    secret     BLOB    NOT NULL CHECK (length(secret) = 32),
    name       TEXT    NOT NULL,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    privileges TEXT    NOT NULL, -- JSON list
    addresses  TEXT    NOT NULL, -- JSON list of networks
    UNIQUE (account_id, client_id)
) STRICT;

-- One row for each account that a commit changed. AUTOINCREMENT: a number is never given twice.
CREATE TABLE changes (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id TEXT    NOT NULL
) STRICT;

-- Read whole at a start, then only written. The user is checked by the statement that inserts, so there is no
-- foreign key, which would want an index; the id is the only key.
CREATE TABLE sessions (
    id                 BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id         TEXT    NOT NULL,
    user_id            INTEGER NOT NULL,
    application_kind   INTEGER NOT NULL,
    application_id     INTEGER, -- NULL: opened without an application
    opening            INTEGER NOT NULL,
    dialect            INTEGER NOT NULL,
    address            BLOB,    -- 4 or 16 bytes
    created            INTEGER NOT NULL,
    last_used          INTEGER NOT NULL,
    idle_ms            INTEGER NOT NULL,
    absolute_end       INTEGER,
    credential_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
