//! The audit's chain, against somebody who edits the file: every change is found, and retention is none.

mod retention;

use std::path::Path;

use rusqlite::Connection;
use vestibule_model::{AuditRecord, Millis, UserId};
use vestibule_store::conformance::samples::{audit_record, bare_audit_record};
use vestibule_store::{AuditOrder, AuditQuery, Change, Store};
use vestibule_store_sqlite::{Finding, OpenError, Verification, VerifyError, Witness, verify_audit};

use self::retention::prune;
use crate::temporary::{KEY_CHECK, Temporary, audit_key, empty_store, open};

pub(crate) const ENTRIES: i64 = 6;

fn audit(record: AuditRecord) -> Change {
    Change::Audit(record.into())
}

/// A store with six entries, written in three commits.
pub(crate) async fn written() -> Temporary {
    let store = empty_store();
    for number in [1, 3, 5] {
        store.commit(vec![audit(audit_record(number)), audit(bare_audit_record(number + 1))]).await.unwrap();
    }
    store
}

/// The same, then one about a user with their name, and one about a user without.
async fn written_with_names() -> Temporary {
    let store = written().await;
    let nameless = AuditRecord { user: Some(UserId(404)), ..bare_audit_record(7) };
    let named = AuditRecord { user_name: Some("jane".into()), ..nameless.clone() };
    store.commit(vec![audit(named), audit(nameless)]).await.unwrap();
    store
}

async fn write_more(store: &dyn Store) {
    store.commit(vec![audit(audit_record(99))]).await.unwrap();
}

/// What somebody does who may write the file and knows about the triggers.
pub(crate) fn edit(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("DROP TRIGGER IF EXISTS audit_is_not_changed").unwrap();
    connection.execute_batch("DROP TRIGGER IF EXISTS audit_is_removed_from_its_beginning").unwrap();
    connection.execute_batch(sql).unwrap();
}

pub(crate) fn verify(path: &Path) -> Verification {
    verify_with(path, None)
}

fn verify_with(path: &Path, witness: Option<Witness>) -> Verification {
    verify_audit(path, KEY_CHECK, &audit_key(), witness, |_, _| {}).unwrap()
}

/// The first thing that is found after an edit of a file with six entries.
async fn found_after(sql: &str) -> Option<Finding> {
    let store = written().await;
    edit(&store.path(), sql);
    verify(&store.path()).finding
}

#[tokio::test]
async fn an_untouched_audit_is_sound() {
    let store = written().await;
    let outcome = verify(&store.path());
    assert_eq!((outcome.entries, outcome.first, outcome.finding), (6, 1, None));
    assert_eq!(outcome.newest.map(|newest| newest.sequence), Some(ENTRIES));
}

#[tokio::test]
async fn an_audit_without_entries_is_sound() {
    let store = empty_store();
    assert_eq!(verify(&store.path()), Verification { first: 1, ..Verification::default() });
}

#[tokio::test]
async fn an_audit_written_by_two_processes_is_sound() {
    let first = written().await;
    let second = open(&first.path(), KEY_CHECK).unwrap();
    for number in 10..60 {
        drop(first.commit(vec![audit(audit_record(number))]));
        drop(second.commit(vec![audit(bare_audit_record(number))]));
    }
    drop(second);
    let first = first.reopen(KEY_CHECK).unwrap();
    let outcome = verify(&first.path());
    assert_eq!((outcome.entries, outcome.finding), (106, None));
}

#[tokio::test]
async fn the_triggers_keep_clumsy_hands_away() {
    let store = written().await;
    let connection = Connection::open(store.path()).unwrap();
    for sql in ["UPDATE audit SET count = 9", "DELETE FROM audit WHERE sequence = 6", "DELETE FROM audit"] {
        connection.execute_batch(sql).unwrap_err();
    }
    assert_eq!(verify(&store.path()).finding, None);
}

#[tokio::test]
async fn a_changed_field_is_found_in_every_column() {
    let columns = {
        let store = written().await;
        let connection = Connection::open(store.path()).unwrap();
        let mut select = connection.prepare("SELECT name FROM pragma_table_info('audit')").unwrap();
        let names = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        names.map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(columns.len(), 25);
    for column in columns.iter().filter(|column| *column != "sequence") {
        // Another value of the same type; NULL stands for none. The generation is empty in entries of the first.
        let blob = if column == "generation" { "2" } else { "zeroblob(32)" };
        let other = format!(
            "UPDATE audit SET {column} = CASE typeof({column})
                 WHEN 'integer' THEN {column} + 1 WHEN 'text' THEN {column} || ' ' ELSE {blob} END
             WHERE sequence = 3"
        );
        assert_eq!(found_after(&other).await, Some(Finding::Changed(3)), "{column}");
    }
}

#[tokio::test]
async fn a_field_made_null_is_found() {
    assert_eq!(
        found_after("UPDATE audit SET reason = NULL WHERE sequence = 5").await,
        Some(Finding::Changed(5))
    );
}

#[tokio::test]
async fn a_name_that_was_put_to_an_entry_or_taken_from_it_is_found() {
    assert_eq!(verify(&written_with_names().await.path()).finding, None);
    for (name, sequence) in [("NULL", ENTRIES + 1), ("'jane'", ENTRIES + 2)] {
        let store = written_with_names().await;
        edit(&store.path(), &format!("UPDATE audit SET user_name = {name} WHERE sequence = {sequence}"));
        assert_eq!(verify(&store.path()).finding, Some(Finding::Changed(sequence)), "{name}");
    }
}

#[tokio::test]
async fn a_field_moved_to_its_neighbour_is_found() {
    let edit = "UPDATE audit SET before = after, after = before WHERE sequence = 3";
    assert_eq!(found_after(edit).await, Some(Finding::Changed(3)));
}

#[tokio::test]
async fn one_changed_entry_is_one_finding() {
    let store = written().await;
    edit(&store.path(), "UPDATE audit SET count = 7 WHERE sequence = 2");
    let outcome = verify(&store.path());
    assert_eq!((outcome.findings, outcome.entries), (1, 6));
}

#[tokio::test]
async fn a_removed_entry_is_found_wherever_it_stood() {
    for sequence in 1..=ENTRIES {
        let edit = format!("DELETE FROM audit WHERE sequence = {sequence}");
        assert_eq!(found_after(&edit).await, Some(Finding::Missing(sequence, sequence)));
    }
}

#[tokio::test]
async fn several_removed_entries_are_found() {
    assert_eq!(found_after("DELETE FROM audit WHERE sequence > 3").await, Some(Finding::Missing(4, 6)));
    assert_eq!(found_after("DELETE FROM audit").await, Some(Finding::Missing(1, 6)));
}

#[tokio::test]
async fn a_removed_entry_whose_place_was_closed_is_found() {
    let edit =
        "DELETE FROM audit WHERE sequence = 3; UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3";
    assert_eq!(found_after(edit).await, Some(Finding::Changed(3)));
}

#[tokio::test]
async fn swapped_entries_are_found() {
    let edit = "
        UPDATE audit SET sequence = -1 WHERE sequence = 2;
        UPDATE audit SET sequence = 2 WHERE sequence = 4;
        UPDATE audit SET sequence = 4 WHERE sequence = -1";
    assert_eq!(found_after(edit).await, Some(Finding::Changed(2)));
}

#[tokio::test]
async fn an_entry_put_in_front_or_behind_is_found() {
    let copy =
        "INSERT INTO audit SELECT 7, at, action, reason, account_id, user_id, session, actor, actor_id,
        actor_name, means, application_id, dialect, address, target, target_id, target_name, before, after,
        details, count, until, mac, user_name, generation FROM audit WHERE sequence = 6";
    assert_eq!(found_after(copy).await, Some(Finding::Added(7)));
    let in_front = copy.replace("SELECT 7,", "SELECT 0,");
    assert_eq!(found_after(&in_front).await, Some(Finding::Added(0)));
}

#[tokio::test]
async fn a_head_put_back_to_hide_removed_entries_is_found() {
    let edit = "
        DELETE FROM audit WHERE sequence > 4;
        UPDATE audit_head SET newest = 4, newest_mac = (SELECT mac FROM audit WHERE sequence = 4)";
    assert_eq!(found_after(edit).await, Some(Finding::HeadForged));
}

#[tokio::test]
async fn an_anchor_moved_to_hide_removed_entries_is_found() {
    let edit = "
        UPDATE audit_head SET anchor = 2, anchor_mac = (SELECT mac FROM audit WHERE sequence = 2);
        DELETE FROM audit WHERE sequence <= 2";
    assert_eq!(found_after(edit).await, Some(Finding::HeadForged));
}

#[tokio::test]
async fn a_removed_head_is_found() {
    assert_eq!(found_after("DELETE FROM audit_head").await, Some(Finding::HeadForged));
}

#[tokio::test]
async fn a_head_that_is_no_head_is_found() {
    assert_eq!(found_after("UPDATE audit_head SET newest_mac = x'00'").await, Some(Finding::HeadForged));
}

/// Whoever empties the audit and waits for the service to write on has gained nothing.
#[tokio::test]
async fn writing_on_heals_nothing() {
    let edits = [
        "DELETE FROM audit; DELETE FROM audit_head",
        "DELETE FROM audit; UPDATE audit_head SET newest = 0, newest_mac = zeroblob(32)",
        "DELETE FROM audit WHERE sequence > 4;
         UPDATE audit_head SET newest = 4, newest_mac = (SELECT mac FROM audit WHERE sequence = 4)",
        "UPDATE audit_head SET anchor = 2, anchor_mac = (SELECT mac FROM audit WHERE sequence = 2);
         DELETE FROM audit WHERE sequence <= 2",
        "DELETE FROM audit WHERE sequence = 6",
        "UPDATE audit SET count = 5 WHERE sequence = 6",
    ];
    for sql in edits {
        let store = written().await;
        edit(&store.path(), sql);
        write_more(&*store).await;
        let store = store.reopen(KEY_CHECK).unwrap();
        write_more(&*store).await;
        assert!(verify(&store.path()).finding.is_some(), "healed: {sql}");
    }
}

#[tokio::test]
async fn a_service_whose_head_was_forged_goes_on() {
    let store = written().await;
    edit(&store.path(), "DELETE FROM audit_head");
    write_more(&*store).await;
    assert_eq!(verify(&store.path()).finding, Some(Finding::Changed(7)));
}

#[tokio::test]
async fn an_audit_that_was_put_back_as_a_whole_is_found_by_its_witness() {
    let store = written().await;
    let newest = verify(&store.path()).newest;
    let store = store.reopen(KEY_CHECK).unwrap();
    let (path, kept) = (store.path(), tempfile::tempdir().unwrap());
    let copy = kept.path().join("copy.db");
    let folder = store.close();
    std::fs::copy(&path, &copy).unwrap();
    let again = open(&path, KEY_CHECK).unwrap();
    write_more(&again).await;
    let witness = verify(&path).newest;
    drop(again);
    assert_eq!(verify_with(&path, witness).finding, None);
    std::fs::copy(&copy, &path).unwrap();
    assert_eq!(verify_with(&path, newest).finding, None);
    assert_eq!(verify_with(&path, None).finding, None);
    assert_eq!(verify_with(&path, witness).finding, Some(Finding::NotAsWitnessed(7)));
    drop(folder);
}

#[tokio::test]
async fn another_entry_than_was_witnessed_is_found() {
    let store = written().await;
    let mut connection = Connection::open(store.path()).unwrap();
    let read = connection.transaction().unwrap();
    let mac = read.query_row("SELECT mac FROM audit WHERE sequence = 3", [], |row| row.get(0)).unwrap();
    assert_eq!(verify_with(&store.path(), Some(Witness { sequence: 3, mac })).finding, None);
    let other = Witness { sequence: 3, mac: [9; 32] };
    assert_eq!(verify_with(&store.path(), Some(other)).finding, Some(Finding::NotAsWitnessed(3)));
}

#[tokio::test]
async fn another_master_key_is_told_from_a_changed_audit() {
    let store = written().await;
    let refused = verify_audit(&store.path(), [8; 32], &audit_key(), None, |_, _| {}).unwrap_err();
    assert!(matches!(refused, VerifyError::Open(OpenError::WrongMasterKey(_))), "{refused:?}");
}

#[tokio::test]
async fn entries_under_another_key_do_not_belong() {
    let store = written().await;
    let other =
        vestibule_crypto::AuditKey::derive(&vestibule_crypto::MasterKey::from_hex(&"01".repeat(32)).unwrap());
    let outcome = verify_audit(&store.path(), KEY_CHECK, &other, None, |_, _| {}).unwrap();
    assert_eq!(outcome.finding, Some(Finding::HeadForged));
    assert_eq!(outcome.findings, 7);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_an_error_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    verify_audit(&path, KEY_CHECK, &audit_key(), None, |_, _| {}).unwrap_err();
    assert!(!path.exists());
}

#[tokio::test]
async fn progress_reaches_the_number_of_entries() {
    let store = written().await;
    let mut last = (0, 0);
    verify_audit(&store.path(), KEY_CHECK, &audit_key(), None, |done, total| last = (done, total)).unwrap();
    assert_eq!(last, (6, 6));
}

/// Long enough to have several parts.
#[tokio::test]
async fn a_long_audit_is_found_by_every_way_of_asking() {
    const MANY: i64 = 40_000;
    let store = empty_store();
    let record = |number: i64| {
        let bytes = number.to_be_bytes();
        let mut session = [0; 16];
        session[..8].copy_from_slice(&bytes);
        AuditRecord {
            account: Some((if number % 10_000 == 9 { "rare" } else { "often" }).parse().unwrap()),
            user: Some(vestibule_model::UserId(number % 13_000)),
            session: Some(vestibule_model::SessionReference(session)),
            ..bare_audit_record(number)
        }
    };
    for from in (0..MANY).step_by(1_000) {
        store.commit((from..from + 1_000).map(record).map(audit).collect()).await.unwrap();
    }
    let query = AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..AuditQuery::default() };
    let sequences = |query: AuditQuery| {
        let store = &store;
        async move {
            let (mut all, mut query) = (Vec::new(), query);
            loop {
                let page = store.audit(query.clone()).await.unwrap();
                all.extend(page.entries.iter().map(|entry| entry.place.number));
                query.behind = page.next;
                if page.next.is_none() {
                    return all;
                }
            }
        }
    };
    let rare = AuditQuery { account: Some("rare".parse().unwrap()), ..query.clone() };
    assert_eq!(sequences(rare).await, [10, 10_010, 20_010, 30_010]);
    let user = AuditQuery { user: Some(vestibule_model::UserId(5)), ..query.clone() };
    assert_eq!(sequences(user).await, [6, 13_006, 26_006, 39_006]);
    let session = AuditQuery { session: record(33_333).session, ..query.clone() };
    assert_eq!(sequences(session).await, [33_334]);
    let at = |number: i64| Some(Millis::from_unix(1_780_000_000_000 + number));
    let span = AuditQuery { since: at(39_998), until: at(40_000), ..query.clone() };
    assert_eq!(sequences(span).await, [39_999, 40_000]);
    let newest_first = AuditQuery { order: AuditOrder::NewestFirst, ..query };
    assert_eq!(sequences(newest_first).await, (1..=MANY).rev().collect::<Vec<_>>());
    store.commit(vec![prune(30_000, 100_000)]).await.unwrap();
    let outcome = verify(&store.path());
    assert_eq!((outcome.entries, outcome.first, outcome.finding), (10_000, 30_001, None));
}

#[tokio::test]
async fn a_witness_of_the_first_entry_is_one_of_all_behind_it() {
    let store = empty_store();
    store.commit(vec![Change::Audit(audit_record(1).into())]).await.unwrap();
    let first = verify(&store.path()).newest;
    store.commit(vec![Change::Audit(audit_record(2).into())]).await.unwrap();
    assert_eq!(first.map(|newest| newest.sequence), Some(1));
    assert_eq!(verify_with(&store.path(), first).finding, None);
}
