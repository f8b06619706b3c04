-- The version of a user's sessions: whoever opens one compares it and moves it, so that two who decided on the same sessions meet.
-- No row: 0. One process that knows every opening does not need it, and writes it for ends of many alone.
CREATE TABLE session_versions (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

-- The same of all sessions of an account, which ends of many of them move; under '' of all accounts. It stays when the account
-- is deleted: another one of its id goes on from there.
CREATE TABLE session_versions_of_accounts (
    account_id TEXT    NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
