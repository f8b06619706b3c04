-- What the LiveVox dialect needs: agents lock by a policy of their own, sessions of the dialect live by another one,
-- profiles give ranks, and applications show tokens.

ALTER TABLE accounts ADD COLUMN agent_lockout_policy TEXT NOT NULL -- JSON
    DEFAULT '{"failures":5,"unlock":{"after-minutes":30}}';

-- Agents were locked by the policy of users until now.
UPDATE accounts SET agent_lockout_policy = lockout_policy;

ALTER TABLE accounts ADD COLUMN livevox_session_policy TEXT NOT NULL -- JSON
    DEFAULT '{"idle_seconds":7200,"absolute_seconds":0,"concurrency":"same","reach":"same-dialect"}';

ALTER TABLE profiles ADD COLUMN rank INTEGER; -- NULL: that of the role

CREATE TABLE application_tokens (
    id         INTEGER NOT NULL PRIMARY KEY,
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    name       TEXT    NOT NULL,
    token      BLOB    NOT NULL UNIQUE CHECK (length(token) = 32), -- keyed hash
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    last_used  INTEGER, -- NULL: never
    requests   INTEGER NOT NULL CHECK (requests >= 0),
    UNIQUE (account_id, name)
) STRICT;
