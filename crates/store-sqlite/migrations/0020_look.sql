-- How an account's pages look: JSON, and the logo as the bytes of its file.

ALTER TABLE accounts ADD COLUMN look TEXT NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN logo BLOB;
