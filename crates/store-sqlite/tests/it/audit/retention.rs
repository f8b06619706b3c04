//! Entries that retention removed, and those that it must not remove.

use super::*;

pub(super) fn prune(before: i64, limit: usize) -> Change {
    Change::PruneAudit { before: Millis::from_unix(1_780_000_000_000 + before), limit }
}

#[tokio::test]
async fn what_retention_left_is_sound() {
    let store = written().await;
    store.commit(vec![prune(4, 100)]).await.unwrap();
    let outcome = verify(&store.path());
    assert_eq!((outcome.entries, outcome.first, outcome.finding), (3, 4, None));
    store.commit(vec![prune(1_000, 100)]).await.unwrap();
    let outcome = verify(&store.path());
    assert_eq!((outcome.entries, outcome.first, outcome.finding), (0, 7, None));
    write_more(&*store).await;
    assert_eq!(verify(&store.path()).finding, None);
}

#[tokio::test]
async fn a_witness_that_retention_removed_proves_nothing() {
    let store = written().await;
    store.commit(vec![prune(4, 100)]).await.unwrap();
    let witness = Witness { sequence: 2, mac: [0; 32] };
    assert_eq!(verify_with(&store.path(), Some(witness)).finding, Some(Finding::WitnessRemoved(2)));
}

/// Whoever puts back the time of an entry would have the service itself remove it.
#[tokio::test]
async fn retention_removes_no_entry_that_was_changed() {
    let store = written().await;
    edit(&store.path(), "UPDATE audit SET at = 0 WHERE sequence <= 4");
    store.commit(vec![prune(1, 100)]).await.unwrap();
    let outcome = verify(&store.path());
    assert_eq!((outcome.entries, outcome.finding), (6, Some(Finding::Changed(1))));
}

#[tokio::test]
async fn retention_stops_where_an_entry_is_missing() {
    let store = written().await;
    edit(&store.path(), "DELETE FROM audit WHERE sequence = 2");
    store.commit(vec![prune(1_000, 100)]).await.unwrap();
    assert_eq!(verify(&store.path()).finding, Some(Finding::Missing(2, 2)));
}
