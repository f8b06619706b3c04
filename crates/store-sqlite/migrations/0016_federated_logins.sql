-- By which login at an identity provider a session was opened, or given to somebody: whoever ends it there ends it here. No rows of
-- other sessions; deleted with the session.
CREATE TABLE federated_logins (
    session_number INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
    connection_id  INTEGER NOT NULL,
    subject        BLOB    NOT NULL CHECK (length(subject) = 32),            -- digest
    session_index  BLOB    NOT NULL CHECK (length(session_index) IN (0, 32)), -- digest; empty: the session there has no name
    PRIMARY KEY (session_number, connection_id, subject, session_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX federated_logins_of_connection ON federated_logins (connection_id, session_number);
CREATE INDEX federated_logins_of_subject ON federated_logins (connection_id, subject, session_number);
CREATE INDEX federated_logins_of_session ON federated_logins (connection_id, session_index, session_number);
