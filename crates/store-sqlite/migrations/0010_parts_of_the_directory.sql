-- Which part of an account a change of the directory changed; 0: the account with everything in it. What changed before is
-- not followed any more: whoever starts reads the directory whole. The sequence goes on, it is AUTOINCREMENT's.
DELETE FROM changes;
ALTER TABLE changes RENAME COLUMN user_id TO part_id;
ALTER TABLE changes ADD COLUMN part_kind INTEGER NOT NULL DEFAULT 0;
