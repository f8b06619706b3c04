-- How many users were counted: in the same form as addresses. Rows from before have none.
ALTER TABLE traffic ADD COLUMN users BLOB NOT NULL DEFAULT x'';
