//! Counting entries of the audit: most of them without reading them.

use rusqlite::Connection;
use vestibule_store::{AuditCount, AuditQuery};

use super::audit::range;
use super::audit_blocks::{Blocks, Candidates};
use crate::audit_index;

/// How many steps of `SQLite`'s machine a count may take before it is cut short: some 100 ms.
const STEPS: i32 = 6_000_000;

/// How many entries a question wants.
pub(crate) fn count_audit(snapshot: &Connection, query: &AuditQuery) -> rusqlite::Result<AuditCount> {
    let query = &AuditQuery { behind: None, ..query.clone() };
    let Some((first, last)) = range(snapshot, query)? else { return Ok(AuditCount::Exact(0)) };
    let mut blocks = Blocks::of(snapshot, query, STEPS);
    let mut counted: u64 = 0;
    // The newest first: those are what a count that is cut short should have.
    for block in ((first >> audit_index::BITS)..=(last >> audit_index::BITS)).rev() {
        if blocks.are_enough() {
            return Ok(AuditCount::AtLeast(counted));
        }
        let (from, to) = audit_index::sequences(block);
        let within = (from.max(first), to.min(last));
        match blocks.candidates(block, within)? {
            Candidates::None => {}
            Candidates::All => counted += u64::try_from(within.1 - within.0 + 1).unwrap_or_default(),
            Candidates::At(places) => counted += u64::from(places.count()),
            Candidates::Perhaps => blocks.scan(within, |_| {
                counted += 1;
                true
            })?,
        }
    }
    Ok(AuditCount::Exact(counted))
}
