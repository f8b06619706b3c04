-- The audit and its chain, administrators and their tokens, ids that are never given again, lists of users by id.
-- How entries are chained is said in src/chain/, numbers that stand for words in src/columns.rs.

-- What mac is made of: the mac of the entry before, then every column but mac, in this order.
CREATE TABLE audit (
    sequence       INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, … without a gap
    at             INTEGER NOT NULL,
    action         INTEGER NOT NULL,
    reason         INTEGER,
    account_id     TEXT,             -- no reference: entries outlive what they tell of
    user_id        INTEGER,
    session        BLOB,             -- the reference, never the id
    actor          INTEGER NOT NULL,
    actor_id       INTEGER,
    actor_name     TEXT,
    means          INTEGER NOT NULL,
    application_id INTEGER,
    dialect        INTEGER,
    address        BLOB,             -- 4 or 16 bytes
    target         INTEGER,          -- NULL: none, then the next two are NULL as well
    target_id      TEXT,
    target_name    TEXT,
    before         TEXT,             -- JSON
    after          TEXT,             -- JSON
    details        TEXT,             -- JSON
    count          INTEGER NOT NULL,
    until          INTEGER,
    mac            BLOB    NOT NULL
) STRICT;

-- What is in a block of 1,024 entries: when they happened, and of which accounts, users and sessions they may be (a Bloom
-- filter, src/blocks.rs). Written once, when a block is full: indexes would cost every login more than its entry does.
CREATE TABLE audit_blocks (
    block    INTEGER NOT NULL PRIMARY KEY, -- of the entries from block * 1024 on
    earliest INTEGER NOT NULL,
    latest   INTEGER NOT NULL,
    filter   BLOB    NOT NULL
) STRICT;

-- Where the audit ends on both sides: the newest entry removed by retention, and the newest there is. seal is made of
-- the other columns; it is written with every transaction that writes to the audit.
CREATE TABLE audit_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    anchor     INTEGER NOT NULL,
    anchor_mac BLOB    NOT NULL,
    newest     INTEGER NOT NULL,
    newest_mac BLOB    NOT NULL,
    seal       BLOB    NOT NULL
) STRICT;

-- Against accidents and clumsy hands. Whoever may write the file can drop them: that is what the chain is for.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'an entry of the audit is never changed'); END;

CREATE TRIGGER audit_is_removed_from_its_beginning BEFORE DELETE ON audit
WHEN old.sequence > coalesce((SELECT anchor FROM audit_head), 0)
BEGIN SELECT RAISE(ABORT, 'an entry of the audit is removed by retention only'); END;

CREATE TABLE administrators (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    role       INTEGER NOT NULL,
    account_id TEXT REFERENCES accounts (id) -- NULL: the role is not limited to an account
) STRICT;

CREATE TABLE administration_tokens (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    secret     BLOB    NOT NULL UNIQUE CHECK (length(secret) = 32), -- keyed hash
    role       INTEGER NOT NULL,
    account_id TEXT REFERENCES accounts (id),
    created_by TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    last_used  INTEGER, -- NULL: never
    revoked    INTEGER  -- NULL: not revoked
) STRICT;

-- Ids that were deleted and are never given again: 1 users, 2 API keys, 3 OAuth clients, 4 application tokens,
-- 5 administration tokens.
CREATE TABLE retired_ids (
    kind INTEGER NOT NULL,
    id   INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER user_ids_are_retired AFTER DELETE ON users
BEGIN INSERT INTO retired_ids VALUES (1, old.id); END;
CREATE TRIGGER user_ids_stay_retired BEFORE INSERT ON users
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 1 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted user'); END;

CREATE TRIGGER api_key_ids_are_retired AFTER DELETE ON api_keys
BEGIN INSERT INTO retired_ids VALUES (2, old.id); END;
CREATE TRIGGER api_key_ids_stay_retired BEFORE INSERT ON api_keys
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 2 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted API key'); END;

CREATE TRIGGER oauth_client_ids_are_retired AFTER DELETE ON oauth_clients
BEGIN INSERT INTO retired_ids VALUES (3, old.id); END;
CREATE TRIGGER oauth_client_ids_stay_retired BEFORE INSERT ON oauth_clients
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 3 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted OAuth client'); END;

CREATE TRIGGER application_token_ids_are_retired AFTER DELETE ON application_tokens
BEGIN INSERT INTO retired_ids VALUES (4, old.id); END;
CREATE TRIGGER application_token_ids_stay_retired BEFORE INSERT ON application_tokens
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 4 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted application token'); END;

CREATE TRIGGER administration_token_ids_are_retired AFTER DELETE ON administration_tokens
BEGIN INSERT INTO retired_ids VALUES (5, old.id); END;
CREATE TRIGGER administration_token_ids_stay_retired BEFORE INSERT ON administration_tokens
WHEN EXISTS (SELECT 1 FROM retired_ids WHERE kind = 5 AND id = new.id)
BEGIN SELECT RAISE(ABORT, 'the id is that of a deleted administration token'); END;

-- A page of an account's users, by id, without sorting; with what is asked for besides.
CREATE INDEX users_in_order ON users (account_id, id, population, enabled);
