//! Reading users, a page at a time.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use vestibule_model::{Population, User};
use vestibule_store::UserQuery;

use super::directory::user;
use crate::columns::{Coded, Id};

const PAGE: &str = "
    SELECT * FROM users
    WHERE account_id = :account AND id > :behind AND (:population IS NULL OR population = :population)
        AND (:enabled IS NULL OR enabled = :enabled)
    ORDER BY id LIMIT :limit";

/// Ids only: they are in the index by name, so the other users are not read.
const NAMED: &str = "
    SELECT id FROM users
    WHERE account_id = :account AND population = :population AND name_key >= :from AND name_key < :to
        AND id > :behind AND (:enabled IS NULL OR enabled = :enabled)
    ORDER BY id LIMIT :limit";

/// A page of an account's users.
pub(crate) fn users(snapshot: &Connection, query: &UserQuery) -> rusqlite::Result<Vec<User>> {
    if let Some(prefix) = query.name_prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        return named(snapshot, query, prefix);
    }
    let parameters = named_params! {
        ":account": Id(query.account),
        ":behind": behind(query),
        ":population": query.population.map(Coded),
        ":enabled": query.enabled,
        ":limit": limit(query),
    };
    snapshot.prepare_cached(PAGE)?.query_map(parameters, user)?.collect()
}

fn named(snapshot: &Connection, query: &UserQuery, prefix: &str) -> rusqlite::Result<Vec<User>> {
    let mut ids = Vec::new();
    for population in [Population::User, Population::Agent] {
        if query.population.is_none_or(|wanted| wanted == population) {
            ids.append(&mut ids_named(snapshot, query, population, prefix)?);
        }
    }
    ids.sort_unstable();
    ids.truncate(query.bounded_limit());
    let mut select = snapshot.prepare_cached("SELECT * FROM users WHERE id = ?1")?;
    let found = ids.into_iter().filter_map(|id| select.query_row(params![id], user).optional().transpose());
    found.collect()
}

fn ids_named(
    snapshot: &Connection,
    query: &UserQuery,
    population: Population,
    prefix: &str,
) -> rusqlite::Result<Vec<i64>> {
    let from = population.name_key(prefix);
    // Text stands before bytes, whatever it is.
    let to = successor(&from).map_or(Value::Blob(Vec::new()), Value::Text);
    let parameters = named_params! {
        ":account": Id(query.account),
        ":population": Coded(population),
        ":from": from,
        ":to": to,
        ":behind": behind(query),
        ":enabled": query.enabled,
        ":limit": limit(query),
    };
    snapshot.prepare_cached(NAMED)?.query_map(parameters, |row| row.get(0))?.collect()
}

/// The first text behind all that begin with `prefix`; None: they are the last.
fn successor(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let mut behind = last..=char::MAX;
        behind.next();
        if let Some(next) = behind.next() {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn behind(query: &UserQuery) -> i64 {
    query.behind.map_or(i64::MIN, |user| user.0)
}

fn limit(query: &UserQuery) -> i64 {
    i64::try_from(query.bounded_limit()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::successor;

    proptest! {
        #[test]
        fn exactly_what_begins_so_stands_before_the_successor(
            prefix in "[ab\u{d7ff}\u{e000}\u{10ffff}]{1,3}", text in "[abc\u{d7ff}\u{e000}\u{10ffff}]{0,5}",
        ) {
            let before = successor(&prefix).is_none_or(|end| text < end);
            prop_assert_eq!(text >= prefix && before, text.starts_with(&prefix));
        }
    }
}
