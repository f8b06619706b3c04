-- What an OAuth client may ask the sentinel for: one object of JSON. Clients from before that log bots in, and may ask for nothing.
ALTER TABLE oauth_clients ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
