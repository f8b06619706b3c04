-- All sessions of an account, or of one of its users, without a look at those of others: what ends many of them at once goes
-- through them a few hundred at a time. Behind the columns stands the id.
CREATE INDEX sessions_of_account ON sessions (account_id, user_id);
