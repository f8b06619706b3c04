//! The audit while things move: retention during a walk, and a clock that is set back.

use rusqlite::Connection;
use vestibule_model::{AuditRecord, Millis};
use vestibule_store::conformance::samples::bare_audit_record;
use vestibule_store::{AuditOrder, AuditQuery, Change, Store};
use vestibule_store_sqlite::{Finding, Verification, verify_audit};

use crate::audit::edit;
use crate::temporary::{KEY_CHECK, Temporary, audit_key, empty_store};

/// What a walk reads in one snapshot, and what there is: three snapshots' worth, the last not full.
const PAGE: u64 = 20_000;
const MANY: i64 = 45_000;

/// The time of the sample entry number 0.
const BEGINNING: i64 = 1_780_000_000_000;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn write(store: &Temporary, numbers: impl Iterator<Item = i64>) {
    let records: Vec<_> = numbers.map(|number| Change::Audit(bare_audit_record(number).into())).collect();
    for some in records.chunks(1_000) {
        run(store.commit(some.to_vec())).unwrap();
    }
}

/// Retention of the oldest entries.
fn prune(store: &Temporary, entries: i64) {
    let before = Millis::from_unix(BEGINNING + entries + 1);
    run(store.commit(vec![Change::PruneAudit { before, limit: 1_000_000 }])).unwrap();
}

/// Walks a long audit; `meanwhile` happens once, after the first snapshot.
fn verify_while(meanwhile: impl FnOnce(&Temporary)) -> Verification {
    let store = empty_store();
    write(&store, 1..=MANY);
    let mut meanwhile = Some(meanwhile);
    verify_audit(&store.path(), KEY_CHECK, &audit_key(), None, |done, _| {
        if let Some(meanwhile) = meanwhile.take() {
            assert_eq!(done, PAGE, "the walk was to be in its middle");
            meanwhile(&store);
        }
    })
    .unwrap()
}

#[test]
fn retention_during_a_walk_is_no_finding() {
    // Behind the walk, just where it is, ahead of it.
    for (removed, left) in [(15_000, 45_000), (20_000, 45_000), (30_000, 35_000)] {
        let outcome = verify_while(|store| prune(store, removed));
        assert_eq!((outcome.finding, outcome.findings), (None, 0), "{removed}");
        assert_eq!(outcome.entries, left, "{removed}");
    }
}

#[test]
fn retention_of_all_that_a_walk_is_about_is_no_finding() {
    for further in [0, 10] {
        let outcome = verify_while(|store| {
            write(store, MANY + 1..=MANY + further);
            prune(store, MANY);
        });
        assert_eq!((outcome.finding, outcome.entries), (None, PAGE), "{further} further ones");
    }
}

#[test]
fn what_is_written_during_a_walk_is_no_finding() {
    let outcome = verify_while(|store| write(store, MANY + 1..=MANY + 10));
    assert_eq!((outcome.finding, outcome.entries), (None, 45_000));
}

#[test]
fn what_somebody_else_removes_during_a_walk_is_found() {
    let outcome = verify_while(|store| edit(&store.path(), "DELETE FROM audit WHERE sequence <= 30000"));
    assert_eq!(outcome.finding, Some(Finding::Missing(20_001, 30_000)));
}

/// Retention ends where an entry was changed; what comes before it is gone rightly.
#[test]
fn what_somebody_else_changes_ahead_of_a_walk_is_found_behind_retention() {
    let outcome = verify_while(|store| {
        edit(&store.path(), "UPDATE audit SET count = 7 WHERE sequence = 40000");
        prune(store, 30_000);
    });
    assert_eq!((outcome.finding, outcome.findings), (Some(Finding::Changed(40_000)), 1));
}

/// When entry number `number` happened, by a clock that is set back by an hour in the middle of a block of 1,024 entries,
/// and forward by two in the middle of another.
fn shown(number: i64) -> Millis {
    let set = match number {
        0..1_500 => 0,
        1_500..2_600 => -3_600_000,
        _ => 3_600_000,
    };
    Millis::from_unix(BEGINNING + number * 100 + set)
}

fn at_odd_times() -> Temporary {
    let store = empty_store();
    let record = |number| AuditRecord { at: shown(number), ..bare_audit_record(number) };
    let changes = (0..4_000).map(|number| Change::Audit(record(number).into()));
    run(store.commit(changes.collect())).unwrap();
    let blocks = "SELECT count(*) FROM audit_blocks";
    let summarised: i64 =
        Connection::open(store.path()).unwrap().query_row(blocks, [], |row| row.get(0)).unwrap();
    assert_eq!(summarised, 3, "the index was not asked");
    store
}

/// The sequences that a question by time is answered with, in all its pages.
fn found(store: &Temporary, order: AuditOrder, (since, until): (Millis, Millis)) -> Vec<i64> {
    let mut query =
        AuditQuery { order, since: Some(since), until: Some(until), limit: 100, ..AuditQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = run(store.audit(query.clone())).unwrap();
        all.extend(page.entries.iter().map(|entry| entry.place.number));
        query.behind = page.next;
        if page.next.is_none() {
            return all;
        }
    }
}

#[test]
fn a_question_by_time_finds_every_entry_although_the_clock_was_set() {
    let store = at_odd_times();
    let (least, most) = (shown(1_500).as_unix(), shown(3_999).as_unix());
    for from in (least - 60_000..most + 60_000).step_by(47_777) {
        let span = (Millis::from_unix(from), Millis::from_unix(from + 50_000));
        // The entry number 0 has the sequence 1.
        let expected: Vec<i64> = (0..4_000)
            .filter(|number| (span.0..span.1).contains(&shown(*number)))
            .map(|number| number + 1)
            .collect();
        assert_eq!(found(&store, AuditOrder::OldestFirst, span), expected, "{span:?}");
        let mut backwards = found(&store, AuditOrder::NewestFirst, span);
        backwards.reverse();
        assert_eq!(backwards, expected, "{span:?}");
    }
}

#[test]
fn the_edges_of_what_the_clock_showed_are_found() {
    let store = at_odd_times();
    for number in [0, 1_023, 1_024, 1_499, 1_500, 2_047, 2_048, 2_599, 2_600, 3_999] {
        let at = shown(number);
        let span = (at, Millis::from_unix(at.as_unix() + 1));
        assert_eq!(found(&store, AuditOrder::OldestFirst, span), [number + 1], "{number}");
    }
}
