//! The audit's chain against random edits of the file: what is changed is found, what is not is not.

use std::path::Path;

use proptest::prelude::*;
use rusqlite::Connection;
use tokio::runtime::Builder;

use crate::audit::{ENTRIES, edit, verify, written};

/// What somebody might do to a file with six entries.
#[derive(Clone, Debug)]
enum Edit {
    /// Sets a column of an entry to that of another, if that one is still there.
    Copy(usize, i64, i64),
    Remove(i64),
    Swap(i64, i64),
    /// Turns a bit in the tag of an entry.
    Tag(i64, usize),
    Head(usize),
}

fn edits() -> impl Strategy<Value = Edit> {
    let place = || 1..=ENTRIES;
    prop_oneof![
        (0..22_usize, place(), place()).prop_map(|(column, from, to)| Edit::Copy(column, from, to)),
        place().prop_map(Edit::Remove),
        (place(), place()).prop_map(|(one, other)| Edit::Swap(one, other)),
        (place(), 0..32_usize).prop_map(|(place, byte)| Edit::Tag(place, byte)),
        (0..5_usize).prop_map(Edit::Head),
    ]
}

const COLUMNS: [&str; 22] = [
    "at",
    "action",
    "reason",
    "account_id",
    "user_id",
    "session",
    "actor",
    "actor_id",
    "actor_name",
    "means",
    "application_id",
    "dialect",
    "address",
    "target",
    "target_id",
    "target_name",
    "before",
    "after",
    "details",
    "count",
    "until",
    "mac",
];

impl Edit {
    fn apply(&self, path: &Path) {
        match self {
            Self::Copy(column, from, to) => {
                let column = COLUMNS[*column];
                edit(
                    path,
                    &format!(
                        "UPDATE audit SET {column} = (SELECT {column} FROM audit WHERE sequence = {from})
                         WHERE sequence = {to} AND EXISTS (SELECT 1 FROM audit WHERE sequence = {from})"
                    ),
                );
            }
            Self::Remove(place) => edit(path, &format!("DELETE FROM audit WHERE sequence = {place}")),
            Self::Swap(one, other) => edit(
                path,
                &format!(
                    "UPDATE audit SET sequence = -1 WHERE sequence = {one};
                     UPDATE audit SET sequence = {one} WHERE sequence = {other};
                     UPDATE audit SET sequence = {other} WHERE sequence = -1"
                ),
            ),
            Self::Tag(place, byte) => edit(
                path,
                &format!(
                    "UPDATE audit SET mac = CAST(substr(mac, 1, {byte}) || x'a5' || substr(mac, {byte} + 2) AS BLOB)
                     WHERE sequence = {place}"
                ),
            ),
            Self::Head(column) => {
                let column = ["anchor", "anchor_mac", "newest", "newest_mac", "seal"][*column];
                let other = if column.ends_with("mac") || column == "seal" { "zeroblob(32)" } else { "3" };
                edit(path, &format!("UPDATE audit_head SET {column} = {other}"));
            }
        }
    }
}

/// Everything that the audit says.
fn dump(path: &Path) -> Vec<Vec<rusqlite::types::Value>> {
    let connection = Connection::open(path).unwrap();
    let mut rows = Vec::new();
    for (sql, columns) in [("SELECT * FROM audit ORDER BY sequence", 23), ("SELECT * FROM audit_head", 6)] {
        let mut select = connection.prepare(sql).unwrap();
        let read = select.query_map([], |row| (0..columns).map(|place| row.get(place)).collect()).unwrap();
        rows.extend(read.map(Result::unwrap));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_is_found_and_whatever_is_not_is_not(edits in prop::collection::vec(edits(), 1..3)) {
        let runtime = Builder::new_current_thread().build().unwrap();
        let store = runtime.block_on(written());
        let before = dump(&store.path());
        for edit in &edits {
            edit.apply(&store.path());
        }
        let changed = dump(&store.path()) != before;
        prop_assert_eq!(verify(&store.path()).finding.is_some(), changed, "after {:?}", edits);
    }
}
