//! The audit over rotations of the master key: each entry is tagged under the generation that was in force.

use std::path::Path;
use std::sync::Arc;

use vestibule_crypto::{AuditKey, KeyRing, MasterKeys};
use vestibule_model::{CheckValues, Generation, Millis};
use vestibule_store::conformance::samples::audit_record;
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{Finding, OpenError, SqliteStore, Unverifiable, Verification, verify_audit};

use crate::audit::edit;
use crate::temporary::{KEY_CHECK, Temporary, audit_key, audit_key_of, empty_store};

/// As [`activate`] writes them.
fn check_values(generations: &[u8]) -> CheckValues {
    let value = |number| if number == 1 { KEY_CHECK } else { [number; 32] };
    CheckValues(
        generations.iter().map(|number| (Generation::new(*number).unwrap(), value(*number))).collect(),
    )
}

fn activate(number: u8) -> Change {
    let generation = Generation::new(number).unwrap();
    Change::ActivateMasterKey { generation, check_value: [number; 32], at: Millis::EPOCH }
}

fn retire(number: u8) -> Change {
    Change::RetireMasterKey { generation: Generation::new(number).unwrap(), at: Millis::EPOCH }
}

fn entry() -> Change {
    Change::Audit(audit_record(1).into())
}

/// Entries 1 and 2 under the first generation, 3 and 4 under the second, of which 3 is written with the rotation.
async fn rotated() -> Temporary {
    let store = empty_store();
    store.commit(vec![entry(), entry()]).await.unwrap();
    store.commit(vec![activate(2), entry()]).await.unwrap();
    store.commit(vec![entry()]).await.unwrap();
    store
}

fn verify_with(path: &Path, generations: &[u8]) -> Verification {
    let audit = audit_key_of(generations);
    verify_audit(path, check_values(generations), &audit, None, |_, _| {}).unwrap()
}

async fn found_after(sql: &str) -> Option<Finding> {
    let store = rotated().await;
    edit(&store.path(), sql);
    verify_with(&store.path(), &[1, 2]).finding
}

#[tokio::test]
async fn an_audit_over_a_rotation_is_sound_also_after_opening_again() {
    let store = rotated().await;
    let outcome = verify_with(&store.path(), &[1, 2]);
    assert_eq!((outcome.entries, outcome.finding), (4, None));
    let path = store.path();
    let _folder = store.close();
    let again = SqliteStore::open(&path, check_values(&[1, 2]), Arc::new(audit_key())).unwrap();
    again.commit(vec![entry()]).await.unwrap();
    let outcome = verify_with(&path, &[1, 2]);
    assert_eq!((outcome.entries, outcome.finding), (5, None));
}

#[tokio::test]
async fn a_rotation_that_is_undone_leaves_the_audit_sound() {
    let store = rotated().await;
    let refused = store.commit(vec![entry(), activate(9), entry(), activate(1)]).await;
    assert!(refused.is_err());
    store.commit(vec![entry()]).await.unwrap();
    let outcome = verify_with(&store.path(), &[1, 2]);
    assert_eq!((outcome.entries, outcome.finding), (5, None));
}

#[tokio::test]
async fn another_generation_in_an_entry_is_found() {
    for (sequence, generation) in [(1, "2"), (3, "NULL"), (3, "1"), (4, "300"), (2, "1")] {
        let sql = format!("UPDATE audit SET generation = {generation} WHERE sequence = {sequence}");
        assert_eq!(found_after(&sql).await, Some(Finding::Changed(sequence)), "{sql}");
    }
}

/// What the entries behind it say is true, whatever it says itself.
#[tokio::test]
async fn a_later_generation_at_hand_in_one_entry_is_one_finding() {
    let store = empty_store();
    store.commit(vec![entry(), entry(), entry()]).await.unwrap();
    store.commit(vec![activate(2), entry()]).await.unwrap();
    edit(&store.path(), "UPDATE audit SET generation = 2 WHERE sequence = 2");
    let outcome = verify_with(&store.path(), &[1, 2]);
    assert_eq!((outcome.finding, outcome.findings), (Some(Finding::Changed(2)), 1));
}

/// Whoever has an earlier key can make tags of that generation; they do not pass behind a rotation.
#[tokio::test]
async fn s10_an_earlier_key_writes_no_entry_behind_the_rotation_and_seals_no_head() {
    let store = rotated().await;
    edit(&store.path(), "UPDATE audit_head SET generation = 1");
    assert_eq!(verify_with(&store.path(), &[1, 2]).finding, Some(Finding::HeadForged));

    // The same file, on which somebody with the first key alone goes on.
    let store = rotated().await;
    let path = store.path();
    edit(
        &path,
        "UPDATE master_keys SET state = 3 WHERE generation = 2; UPDATE master_keys SET state = 1 WHERE generation = 1",
    );
    let forged = SqliteStore::open(&path, check_values(&[1]), Arc::new(audit_key_of(&[1]))).unwrap();
    forged.commit(vec![entry()]).await.unwrap();
    drop(forged);
    edit(
        &path,
        "UPDATE master_keys SET state = 2 WHERE generation = 1; UPDATE master_keys SET state = 1 WHERE generation = 2",
    );
    assert!(verify_with(&path, &[1, 2]).findings >= 2);
}

#[tokio::test]
async fn entries_of_a_generation_that_is_not_at_hand_are_told_from_changed_ones() {
    let store = rotated().await;
    store.commit(vec![retire(1)]).await.unwrap();
    let first = Generation::FIRST;
    let outcome = verify_with(&store.path(), &[2]);
    assert_eq!((outcome.entries, outcome.finding, outcome.findings), (4, None, 0));
    let without = Unverifiable { generation: first, first: 1, last: 2 };
    assert_eq!(outcome.unverifiable, [without]);
    assert_eq!(verify_with(&store.path(), &[1, 2]).unverifiable, []);
    edit(&store.path(), "UPDATE audit SET count = 9 WHERE sequence = 4");
    assert_eq!(verify_with(&store.path(), &[2]).findings, 1);
    assert_eq!(verify_with(&store.path(), &[1, 2]).finding, Some(Finding::Changed(4)));
}

#[tokio::test]
async fn retention_removes_what_it_can_verify_and_nothing_else() {
    let store = rotated().await;
    store.commit(vec![retire(1)]).await.unwrap();
    let path = store.path();
    let _folder = store.close();
    let prune = || Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 3 };
    let without = SqliteStore::open(&path, check_values(&[2]), Arc::new(audit_key_of(&[2]))).unwrap();
    without.commit(vec![prune()]).await.unwrap();
    assert_eq!(verify_with(&path, &[1, 2]).entries, 4);
    drop(without);
    let with = SqliteStore::open(&path, check_values(&[1, 2]), Arc::new(audit_key())).unwrap();
    with.commit(vec![prune()]).await.unwrap();
    let outcome = verify_with(&path, &[1, 2]);
    assert_eq!((outcome.entries, outcome.first, outcome.finding), (1, 4, None));
}

#[tokio::test]
async fn a_process_without_the_key_in_force_writes_nothing() {
    let store = empty_store();
    store.commit(vec![entry()]).await.unwrap();
    let other = SqliteStore::open(&store.path(), KEY_CHECK, Arc::new(audit_key_of(&[1]))).unwrap();
    store.commit(vec![activate(2), entry()]).await.unwrap();
    let refused = other.commit(vec![entry()]).await.unwrap_err();
    let causes = with_causes(&refused);
    assert!(causes.contains("generation 2 of the master key is in force and is not at hand"), "{causes}");
    assert_eq!(verify_with(&store.path(), &[1, 2]).finding, None);
}

/// An error with its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_file_is_opened_only_with_every_key_that_it_needs() {
    let store = rotated().await;
    let path = store.path();
    let open = |keys: CheckValues| SqliteStore::open(&path, keys, Arc::new(audit_key()));
    let refused = open(check_values(&[1])).unwrap_err();
    assert!(matches!(refused, OpenError::MissingMasterKey(missing) if missing.number() == 2), "{refused:?}");
    assert!(refused.to_string().contains("generation 2"), "{refused}");
    let refused = open(check_values(&[2])).unwrap_err();
    assert!(matches!(refused, OpenError::MissingMasterKey(missing) if missing.number() == 1), "{refused:?}");
    let mut wrong = check_values(&[1, 2]);
    wrong.0.insert(Generation::FIRST, [8; 32]);
    let refused = open(wrong).unwrap_err();
    assert!(matches!(refused, OpenError::WrongMasterKey(wrong) if wrong.number() == 1), "{refused:?}");
    open(check_values(&[1, 2, 9])).unwrap();
    store.commit(vec![retire(1)]).await.unwrap();
    open(check_values(&[2])).unwrap();
}

#[tokio::test]
async fn a_new_file_takes_the_newest_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let store = SqliteStore::open(&path, check_values(&[2, 9]), Arc::new(audit_key())).unwrap();
    assert_eq!(store.master_keys().await.unwrap()[0].generation.number(), 9);
    store.commit(vec![entry()]).await.unwrap();
    assert_eq!(verify_with(&path, &[9]).finding, None);
}

#[tokio::test]
async fn what_is_written_after_another_process_rotated_is_under_the_new_generation() {
    let store = empty_store();
    store.commit(vec![entry()]).await.unwrap();
    let other = SqliteStore::open(&store.path(), check_values(&[1, 2]), Arc::new(audit_key())).unwrap();
    other.commit(vec![activate(2), entry()]).await.unwrap();
    store.commit(vec![entry()]).await.unwrap();
    let outcome = verify_with(&store.path(), &[1, 2]);
    assert_eq!((outcome.entries, outcome.finding), (3, None));
    other.commit(vec![retire(1)]).await.unwrap();
    // With the second key alone the first entry cannot be verified.
    let unverifiable = verify_with(&store.path(), &[2]).unverifiable;
    assert_eq!(unverifiable.iter().map(|some| (some.first, some.last)).collect::<Vec<_>>(), [(1, 1)]);
}

#[tokio::test]
async fn an_entry_before_the_rotation_in_one_commit_leaves_the_audit_sound() {
    let store = empty_store();
    store.commit(vec![entry(), activate(2), entry()]).await.unwrap();
    assert_eq!(verify_with(&store.path(), &[1, 2]).finding, None);
    let path = store.path();
    let _folder = store.close();
    let again = SqliteStore::open(&path, check_values(&[1, 2]), Arc::new(audit_key())).unwrap();
    again.commit(vec![entry()]).await.unwrap();
    assert_eq!(verify_with(&path, &[1, 2]).finding, None);
}

#[tokio::test]
async fn a_rotation_is_followed_by_the_keys_when_its_commit_is_answered() {
    let digits = |digit: &str| digit.repeat(32);
    let keys = MasterKeys::from_text(&format!("1:{} 2:{}", digits("0f"), digits("1e"))).unwrap();
    let ring = KeyRing::new(&MasterKeys::from_text(&digits("0f")).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let audit = Arc::new(AuditKey::derive(ring.clone()));
    let store = SqliteStore::open(&folder.path().join("db"), ring.check_values(), audit).unwrap();
    let generations = ring.add(&keys).unwrap();
    let (generation, at) = (generations[0], Millis::EPOCH);
    let check_value = ring.check_value(generation).unwrap();
    store.commit(vec![Change::ActivateMasterKey { generation, check_value, at }]).await.unwrap();
    assert_eq!(ring.active(), generation);
}

#[tokio::test]
async fn an_entry_under_an_earlier_generation_behind_a_later_one_is_found() {
    // Whoever has the first key alone and puts it back into force writes entries that hold by themselves.
    let store = rotated().await;
    let path = store.path();
    let _folder = store.close();
    edit(&path, "UPDATE master_keys SET state = 2; UPDATE master_keys SET state = 1 WHERE generation = 1");
    let again = SqliteStore::open(&path, check_values(&[1, 2]), Arc::new(audit_key())).unwrap();
    again.commit(vec![entry()]).await.unwrap();
    let outcome = verify_with(&path, &[1, 2]);
    assert_eq!((outcome.entries, outcome.finding), (5, Some(Finding::Changed(5))));
}

#[tokio::test]
async fn an_entry_of_a_generation_that_never_was_in_force_is_found_although_its_key_is_not_at_hand() {
    let store = empty_store();
    store.commit(vec![entry(), entry(), entry()]).await.unwrap();
    for (sequence, generation) in [(3_i64, "2"), (2, "255")] {
        let rewrite = "count = 9, details = '{}'";
        edit(
            &store.path(),
            &format!("UPDATE audit SET generation = {generation}, {rewrite} WHERE sequence >= {sequence}"),
        );
        let outcome = verify_with(&store.path(), &[1]);
        assert_eq!((outcome.finding, outcome.unverifiable), (Some(Finding::Changed(sequence)), vec![]));
        assert_eq!(outcome.findings, 4 - sequence.unsigned_abs());
    }
}

#[tokio::test]
async fn an_entry_of_a_generation_that_was_in_force_later_is_found_although_its_key_is_not_at_hand() {
    let store = empty_store();
    store.commit(vec![activate(2), entry(), entry(), entry(), entry()]).await.unwrap();
    store.commit(vec![activate(9), entry()]).await.unwrap();
    store.commit(vec![activate(255), retire(1), retire(2), retire(9), entry()]).await.unwrap();
    // Entries of a generation that is at hand, given to a later one that is not.
    edit(&store.path(), "UPDATE audit SET generation = 9, count = 9 WHERE sequence IN (2, 3)");
    let (keys, audit) = (check_values(&[1, 2, 9, 255]), audit_key_of(&[2, 255]));
    let outcome = verify_audit(&store.path(), keys, &audit, None, |_, _| {}).unwrap();
    assert_eq!(outcome.finding, Some(Finding::Changed(2)));
}
