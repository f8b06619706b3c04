//! Writing the last uses of sessions, a block at a time: it is read, moved forward, and written as a whole.

use rusqlite::{Connection, params};
use vestibule_model::Millis;
use vestibule_store::{BLOCK, LastUse, SessionNumber, StoreError};

use super::execute;
use crate::error::of_change;
use crate::read::session_uses::{block, place};
use crate::use_block::UseBlock;

/// How often those who ended are left out of a block that is used: whenever its newest use comes into another span of so many
/// milliseconds, some four minutes.
const PRUNED_EVERY: i64 = 1 << 18;

/// How much later the spans of a block begin than those of the block before it, in milliseconds: so that not all have their time
/// together.
const APART: i64 = 17_477;

const PUT: &str = "
    INSERT INTO session_uses (block, times) VALUES (?1, ?2) ON CONFLICT (block) DO UPDATE SET times = excluded.times";

/// Moves last uses forward.
pub(super) fn note(connection: &Connection, uses: &[LastUse]) -> Result<(), StoreError> {
    let mut uses = uses.to_vec();
    uses.sort_unstable_by_key(|last_use| last_use.number);
    uses.chunk_by(|one, other| one.number.block() == other.number.block())
        .try_for_each(|of_block| note_in_block(connection, of_block))
}

/// The last uses of one block. One that begins, and one that has not been looked through for a while, is left with the sessions that
/// are there.
fn note_in_block(connection: &Connection, uses: &[LastUse]) -> Result<(), StoreError> {
    let Some(number) = uses.first().map(|last_use| last_use.number.block()) else { return Ok(()) };
    let stored = block(connection, number).map_err(of_change)?;
    let newest_before = stored.as_ref().and_then(UseBlock::newest);
    let mut times = stored.unwrap_or_default();
    for last_use in uses {
        times.note(place(last_use.number), last_use.at);
    }
    let shift = row(number).wrapping_mul(APART);
    let span = |at: Millis| at.as_unix().wrapping_add(shift).div_euclid(PRUNED_EVERY);
    if times.newest().map(span) != newest_before.map(span) {
        times.retain(&places(connection, number)?);
    }
    if times.is_empty() {
        return Ok(());
    }
    execute(connection, PUT, params![row(number), times.write()]).map(drop)
}

/// The places in a block of the sessions that are there.
fn places(connection: &Connection, block: u64) -> Result<Vec<usize>, StoreError> {
    let sql = "SELECT number FROM sessions WHERE number >= ?1 AND number < ?2 ORDER BY number";
    let mut select = connection.prepare_cached(sql).map_err(of_change)?;
    let number =
        |row: &rusqlite::Row<'_>| row.get(0).map(|number: i64| SessionNumber(number.cast_unsigned()));
    let numbers = select.query_map(bounds(block), number).map_err(of_change)?;
    numbers.map(|number| number.map(place)).collect::<Result<_, _>>().map_err(of_change)
}

/// Forgets the block of a session that has ended, if it was the last one in it.
pub(super) fn forget_of_ended(connection: &Connection, ended: SessionNumber) -> Result<(), StoreError> {
    let sql = "DELETE FROM session_uses WHERE block = ?1
               AND NOT EXISTS (SELECT 1 FROM sessions WHERE number >= ?2 AND number < ?3)";
    let (first, behind) = bounds(ended.block());
    execute(connection, sql, params![row(ended.block()), first, behind]).map(drop)
}

/// The first number of a block, and the one behind its last.
fn bounds(block: u64) -> (i64, i64) {
    let first = block.saturating_mul(BLOCK);
    (row(first), row(first.saturating_add(BLOCK)))
}

/// As the database counts. Numbers that it has not given are behind all others.
fn row(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
