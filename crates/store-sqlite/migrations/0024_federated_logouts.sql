-- Logouts at identity providers: what was issued before one of the same login opens no session any more. As long as something from
-- before may be shown.
CREATE TABLE federated_logouts (
    connection_id INTEGER NOT NULL,
    subject       BLOB    NOT NULL CHECK (length(subject) IN (0, 32)),       -- digest; empty: everybody
    session_index BLOB    NOT NULL CHECK (length(session_index) IN (0, 32)), -- digest; empty: every session there
    issued_at     INTEGER NOT NULL, -- by the clock there
    kept_until    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, subject, session_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX federated_logouts_by_end ON federated_logouts (kept_until, connection_id, subject, session_index);
