-- What was answered to creations that may be asked for again (Idempotency-Key), for a day. No secret stands in clear.
CREATE TABLE answers (
    key     BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32), -- keyed hash of the caller and their key
    request BLOB    NOT NULL CHECK (length(request) = 32),         -- keyed hash of the request
    at      INTEGER NOT NULL,
    sealed  BLOB    NOT NULL                                       -- the answer
) STRICT;

CREATE INDEX answers_by_age ON answers (at, key);
