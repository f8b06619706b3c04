-- Values that count once (nonces, ids of assertions, steps of one-time passwords), until they are refused for their age.
CREATE TABLE consumed (
    value   BLOB    NOT NULL PRIMARY KEY CHECK (length(value) = 32), -- digest
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX consumed_by_expiry ON consumed (expires, value);
