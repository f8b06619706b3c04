-- What users show on the pages besides the password: all three columns, or none of them.

ALTER TABLE users ADD COLUMN sealed_second_factor BLOB;
ALTER TABLE users ADD COLUMN second_factor_since INTEGER;
ALTER TABLE users ADD COLUMN recovery_codes BLOB; -- digests of 32 bytes, one behind the other

-- Few have one, and what is sealed under an old master key is looked for among them.
CREATE INDEX second_factors ON users (id) WHERE sealed_second_factor IS NOT NULL;
