-- Secrets of applications are renewed: those before the present ones work until superseded_until, then they are erased.
-- secret_version says which secrets are the present ones, and of a session which it was opened with; modulo 256.

ALTER TABLE api_keys ADD COLUMN secret_version INTEGER NOT NULL DEFAULT 0 CHECK (secret_version BETWEEN 0 AND 255);
ALTER TABLE api_keys ADD COLUMN superseded_until INTEGER; -- NULL: there are none, and the next three are NULL as well
ALTER TABLE api_keys ADD COLUMN sealed_superseded_secret BLOB
    CHECK ((sealed_superseded_secret IS NULL) = (superseded_until IS NULL));
ALTER TABLE api_keys ADD COLUMN superseded_access_token TEXT
    CHECK ((superseded_access_token IS NULL) = (superseded_until IS NULL));
ALTER TABLE api_keys ADD COLUMN sealed_superseded_access_token_secret BLOB
    CHECK ((sealed_superseded_access_token_secret IS NULL) = (superseded_until IS NULL));

ALTER TABLE oauth_clients ADD COLUMN secret_version INTEGER NOT NULL DEFAULT 0
    CHECK (secret_version BETWEEN 0 AND 255);
ALTER TABLE oauth_clients ADD COLUMN superseded_until INTEGER;
ALTER TABLE oauth_clients ADD COLUMN superseded_secret BLOB
    CHECK ((superseded_secret IS NULL) = (superseded_until IS NULL))
    CHECK (length(superseded_secret) = 32);

ALTER TABLE application_tokens ADD COLUMN secret_version INTEGER NOT NULL DEFAULT 0
    CHECK (secret_version BETWEEN 0 AND 255);
ALTER TABLE application_tokens ADD COLUMN superseded_until INTEGER;
ALTER TABLE application_tokens ADD COLUMN superseded_token BLOB -- unique beside every token: src/write/applications.rs
    CHECK ((superseded_token IS NULL) = (superseded_until IS NULL))
    CHECK (length(superseded_token) = 32);
CREATE UNIQUE INDEX application_tokens_superseded ON application_tokens (superseded_token);

ALTER TABLE sessions ADD COLUMN secret_version INTEGER NOT NULL DEFAULT 0 CHECK (secret_version BETWEEN 0 AND 255);
