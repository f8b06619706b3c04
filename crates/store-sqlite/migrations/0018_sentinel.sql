-- The keys that tokens are signed with. Which of them signs follows from the times.
CREATE TABLE signing_keys (
    id        INTEGER NOT NULL PRIMARY KEY,
    created   INTEGER NOT NULL,
    used_from INTEGER NOT NULL,
    sealed    BLOB    NOT NULL -- PKCS#8
) STRICT;

-- How often refresh tokens were used of which each counts once. No row: never. Deleted with the session.
CREATE TABLE refresh_rotations (
    session_number INTEGER NOT NULL PRIMARY KEY REFERENCES sessions (number) ON DELETE CASCADE,
    count          INTEGER NOT NULL CHECK (count > 0),
    at             INTEGER NOT NULL
) STRICT;
