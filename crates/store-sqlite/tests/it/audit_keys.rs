//! The keys of the audit's blocks, beside the entries that they are made of.

use proptest::prelude::*;
use rusqlite::Connection;
use vestibule_model::{AuditAction, AuditEntry, AuditPlace, AuditRecord, Millis};
use vestibule_store::conformance::audit_filters::{varied_audit_queries, varied_audit_record};
use vestibule_store::{AuditCount, AuditOrder, AuditPage, AuditQuery, Change, Store};

use crate::audit::edit;
use crate::temporary::{KEY_CHECK, Temporary, empty_store};

/// Entries as they were written, from the oldest that is left on.
type Written = Vec<AuditEntry>;

async fn write(store: &dyn Store, records: impl IntoIterator<Item = AuditRecord>, written: &mut Written) {
    let records: Vec<AuditRecord> = records.into_iter().collect();
    for records in records.chunks(700) {
        store
            .commit(records.iter().cloned().map(|record| Change::Audit(record.into())).collect())
            .await
            .unwrap();
    }
    let next = written.last().map_or(1, |entry| entry.place.number + 1);
    let place = AuditPlace::in_first;
    written.extend((next..).zip(records).map(|(number, record)| AuditEntry { place: place(number), record }));
}

async fn prune(store: &dyn Store, limit: usize, written: &mut Written) {
    let prune = Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit };
    store.commit(vec![prune]).await.unwrap();
    written.drain(..limit.min(written.len()));
}

/// Fills in what is missing; answers in how many turns.
async fn fill(store: &dyn Store) -> usize {
    let mut turns = 1;
    while store.commit(vec![Change::IndexAudit]).await.unwrap().more_to_index {
        turns += 1;
    }
    turns
}

async fn places(store: &dyn Store, mut query: AuditQuery) -> Vec<i64> {
    let mut all = Vec::new();
    loop {
        let AuditPage { entries, next } = store.audit(query.clone()).await.unwrap();
        all.extend(entries.iter().map(|entry| entry.place.number));
        query.behind = next;
        if next.is_none() {
            return all;
        }
    }
}

/// Whether every question finds and counts what the entries say.
async fn assert_true(store: &dyn Store, written: &Written) {
    for query in varied_audit_queries() {
        let wanted = written.iter().filter(|entry| query.wants(entry)).map(|entry| entry.place.number);
        let mut wanted: Vec<i64> = wanted.collect();
        let count = store.count_audit(query.clone()).await.unwrap();
        assert_eq!(count, AuditCount::Exact(wanted.len().try_into().unwrap()), "{query:?}");
        let oldest_first = AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..query.clone() };
        assert_eq!(places(store, oldest_first).await, wanted, "{query:?}");
        wanted.reverse();
        assert_eq!(places(store, AuditQuery { limit: 77, ..query.clone() }).await, wanted, "{query:?}");
    }
}

/// How many blocks have keys.
fn indexed(store: &Temporary) -> i64 {
    let connection = Connection::open(store.path()).unwrap();
    connection.query_row("SELECT count(*) FROM audit_keys WHERE kind = 0", [], |row| row.get(0)).unwrap()
}

/// So that ends, logins, accounts and users come in another order each time, and the clock steps back now and then.
fn scattered(seed: u64, count: i64) -> impl Iterator<Item = AuditRecord> {
    let mut state = seed | 1;
    (0..count).map(move |number| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let varied = varied_audit_record(i64::try_from(state % 1_000).unwrap());
        let back = if state.is_multiple_of(500) { 3_000 } else { 0 };
        AuditRecord { at: Millis::from_unix(1_780_000_000_000 + number / 60 - back), ..varied }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn keys_agree_with_the_entries_however_they_were_written_pruned_and_filled_in(
        seed in any::<u64>(),
        count in 3_000_i64..6_500,
        pruned in 0_usize..3_000,
        lost in 0_i64..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, mut written) = (empty_store(), Written::new());
            write(&*store, scattered(seed, count), &mut written).await;
            assert_true(&*store, &written).await;
            prune(&*store, pruned, &mut written).await;
            assert_true(&*store, &written).await;
            edit(&store.path(), &format!("DELETE FROM audit_keys WHERE part = {lost} OR chunk = 1"));
            assert_true(&*store, &written).await;
            fill(&*store).await;
            assert_true(&*store, &written).await;
        });
    }
}

#[tokio::test]
async fn a_block_has_keys_once_it_is_full() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..1_022).map(varied_audit_record), &mut written).await;
    assert_eq!(indexed(&store), 0);
    write(&*store, (0..1).map(varied_audit_record), &mut written).await;
    assert_eq!(indexed(&store), 1);
    write(&*store, (0..2_048).map(varied_audit_record), &mut written).await;
    assert_eq!(indexed(&store), 3);
}

/// A database that an earlier version has written.
#[tokio::test]
async fn blocks_of_before_get_their_keys_one_in_a_turn() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..4_500).map(varied_audit_record), &mut written).await;
    let path = store.path();
    edit(&path, "DELETE FROM audit_keys");
    assert_eq!(fill(&*store).await, 5, "four blocks, and that there is no other");
    assert_eq!(indexed(&store), 4);
    assert_eq!(fill(&*store).await, 1);
    assert_true(&*store, &written).await;
}

/// One that has not had the step of the schema by which there are keys.
#[tokio::test]
async fn a_database_from_before_there_were_keys_is_opened_and_filled_in() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..2_500).map(varied_audit_record), &mut written).await;
    edit(&store.path(), "DROP TABLE audit_keys; DELETE FROM migrations WHERE name = 'audit_keys'");
    let store = store.reopen(KEY_CHECK).unwrap();
    assert_eq!(indexed(&store), 0);
    assert_true(&*store, &written).await;
    fill(&*store).await;
    assert_eq!(indexed(&store), 2);
    assert_true(&*store, &written).await;
}

#[tokio::test]
async fn keys_that_are_lost_are_made_anew_by_the_next_process() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..4_500).map(varied_audit_record), &mut written).await;
    fill(&*store).await;
    edit(&store.path(), "DELETE FROM audit_keys WHERE part = 1");
    let store = store.reopen(KEY_CHECK).unwrap();
    assert_eq!(indexed(&store), 3);
    fill(&*store).await;
    assert_eq!(indexed(&store), 4);
    assert_true(&*store, &written).await;
}

#[tokio::test]
async fn nothing_is_kept_of_entries_that_were_pruned() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..6_000).map(varied_audit_record), &mut written).await;
    assert_eq!(indexed(&store), 5);
    for (limit, left) in [(1, 4), (1_022, 4), (1, 3), (1_023, 3), (4_000, 0)] {
        prune(&*store, limit, &mut written).await;
        fill(&*store).await;
        assert_eq!(indexed(&store), left, "{limit}");
    }
    let connection = Connection::open(store.path()).unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM audit_keys", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

/// Keys are no evidence, and nothing is decided by them; what is no set of places is said to be none.
#[tokio::test]
async fn damaged_keys_are_an_error_and_no_answer() {
    let (store, mut written) = (empty_store(), Written::new());
    write(&*store, (0..1_500).map(varied_audit_record), &mut written).await;
    edit(&store.path(), "UPDATE audit_keys SET keys = x'ff' WHERE kind > 0");
    let query = AuditQuery { action: Some(AuditAction::SessionEnded), ..AuditQuery::default() };
    store.count_audit(query.clone()).await.unwrap_err();
    store.audit(query).await.unwrap_err();
}
