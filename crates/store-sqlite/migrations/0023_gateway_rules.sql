-- Rules of the gate, by name: of the installation. What a rule asks for, and what is answered by it, is one object of JSON.
CREATE TABLE gateway_rules (
    name     TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL
) STRICT;

-- An account's part changed, or with no account the rules of the gate.
ALTER TABLE changes RENAME TO changes_of_accounts;
CREATE TABLE changes (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id TEXT,
    part_id    INTEGER,
    part_kind  INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO changes (sequence, account_id, part_id, part_kind)
    SELECT sequence, account_id, part_id, part_kind FROM changes_of_accounts;
-- The sequence goes on also where every change is forgotten.
DELETE FROM sqlite_sequence WHERE name = 'changes';
INSERT INTO sqlite_sequence (name, seq) SELECT 'changes', seq FROM sqlite_sequence WHERE name = 'changes_of_accounts';
DROP TABLE changes_of_accounts;
