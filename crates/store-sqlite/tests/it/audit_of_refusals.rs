//! Refusals in the audit: looked for in the blocks that may tell of them, and in those that were summarised before they did.

use vestibule_model::{AuditAction, AuditRecord, RefusalId};
use vestibule_store::conformance::samples::bare_audit_record;
use vestibule_store::{AuditQuery, Change, Store};

use crate::audit::edit;
use crate::temporary::{Temporary, empty_store};

const REFUSAL: &str = "00000000000000a1";

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A refusal in the first of three blocks that are full, whose summaries are then made this.
fn told_in_a_block(filter: &str) -> Temporary {
    let store = empty_store();
    let record = |number| match number {
        500 => AuditRecord {
            action: AuditAction::LogInRefused,
            details: Some(format!(r#"{{"connection":"idp","refusal":"{REFUSAL}"}}"#)),
            ..bare_audit_record(number)
        },
        number => bare_audit_record(number),
    };
    run(store.commit((1..=3_500).map(|number| Change::Audit(record(number).into())).collect())).unwrap();
    edit(&store.path(), &format!("UPDATE audit_blocks SET filter = {filter}"));
    store
}

/// The numbers of the entries that tell of it.
fn found(store: &Temporary) -> Vec<i64> {
    let query = AuditQuery { refusal: RefusalId::read(REFUSAL), limit: 10, ..AuditQuery::default() };
    let page = run(store.audit(query)).unwrap();
    assert_eq!(page.next, None);
    page.entries.into_iter().map(|entry| entry.place.number).collect()
}

#[test]
fn a_refusal_is_found_in_a_block_that_was_summarised_before_summaries_knew_of_refusals() {
    assert_eq!(found(&told_in_a_block("zeroblob(3968)")), [500]);
}

#[test]
fn a_block_that_tells_of_no_refusal_is_not_looked_at() {
    assert_eq!(found(&told_in_a_block("filter")), [500]);
    assert_eq!(found(&told_in_a_block("zeroblob(length(filter))")), [0; 0], "the index was not asked");
}
