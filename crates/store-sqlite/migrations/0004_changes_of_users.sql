-- Whose rows alone a change of the directory changed; NULL: the account as a whole.
ALTER TABLE changes ADD COLUMN user_id INTEGER;
