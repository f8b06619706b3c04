-- Names that Unicode composes in different ways are one name: name_key is the form in which they are equal. The function
-- composed_name is this program's own (src/migrations.rs).
--
-- Of users whose names were different and are one now, one has the name: whose name_key was in that form already, or who
-- has the lowest id. The others keep their name_key of before, by which they are still found if they type it so.

CREATE TEMP TABLE composed AS
SELECT id, account_id, population, composed_name(population, login_name) AS name_key
FROM users
WHERE name_key <> composed_name(population, login_name);

UPDATE users SET name_key = (SELECT composed.name_key FROM composed WHERE composed.id = users.id)
WHERE id IN (
    SELECT id FROM composed AS this
    WHERE NOT EXISTS (
        SELECT 1 FROM users AS other
        WHERE other.account_id = this.account_id AND other.population = this.population
            AND other.name_key = this.name_key
    ) AND NOT EXISTS (
        SELECT 1 FROM composed AS other
        WHERE other.account_id = this.account_id AND other.population = this.population
            AND other.name_key = this.name_key AND other.id < this.id
    )
);

DROP TABLE composed;
