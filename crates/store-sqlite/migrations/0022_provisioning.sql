-- How users are made at their first login by a connection: one object of JSON. Connections from before make nobody.
ALTER TABLE connections ADD COLUMN provisioning TEXT NOT NULL DEFAULT '{}';
