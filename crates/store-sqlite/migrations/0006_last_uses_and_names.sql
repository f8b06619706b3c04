-- When somebody last opened a session, and with which API key or OAuth client; NULL: never, as far as is known.
ALTER TABLE users ADD COLUMN last_login INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used INTEGER;
ALTER TABLE oauth_clients ADD COLUMN last_used INTEGER;

-- The login name that the user of an entry had. Tagged where it is; entries from before have none.
ALTER TABLE audit ADD COLUMN user_name TEXT;
