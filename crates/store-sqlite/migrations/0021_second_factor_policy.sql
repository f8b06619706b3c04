-- Whether a password is enough: 1 it is, 2 everybody needs a second factor.

ALTER TABLE accounts ADD COLUMN second_factor INTEGER NOT NULL DEFAULT 1;
