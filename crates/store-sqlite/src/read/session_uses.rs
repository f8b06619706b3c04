//! Reading the last uses of sessions, from the blocks in which they stand.

use std::path::Path;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use vestibule_model::Millis;
use vestibule_store::SessionNumber;

use crate::use_block::{Damaged, UseBlock, last_use};

const BLOCK: &str = "SELECT times FROM session_uses WHERE block = ?1";

/// The last uses of sessions that are asked for one after the other: a block is read once for those who follow one another in it.
pub(crate) struct LastUses<'a> {
    connection: &'a Connection,
    /// The number of the block that was read last, and what is there.
    read: Option<(u64, Option<Vec<u8>>)>,
}

impl<'a> LastUses<'a> {
    pub(crate) const fn new(connection: &'a Connection) -> Self {
        Self { connection, read: None }
    }

    /// The last use of a session that a block knows; None: none does.
    pub(crate) fn of(&mut self, number: SessionNumber) -> rusqlite::Result<Option<Millis>> {
        if self.read.as_ref().is_none_or(|(block, _)| *block != number.block()) {
            self.read = Some((number.block(), bytes(self.connection, number.block())?));
        }
        let Some((block, Some(bytes))) = &self.read else { return Ok(None) };
        if let Ok(last_use) = last_use(bytes, place(number)) {
            return Ok(last_use);
        }
        note_damage(*block);
        self.read = Some((number.block(), None));
        Ok(None)
    }
}

/// A block to be changed; None: there is none.
pub(crate) fn block(connection: &Connection, block: u64) -> rusqlite::Result<Option<UseBlock>> {
    let Some(bytes) = bytes(connection, block)? else { return Ok(None) };
    let read = UseBlock::read(&bytes);
    Ok(read.inspect_err(|Damaged| note_damage(block)).ok())
}

/// Nobody else is to wait for it: its sessions count as used when their rows were written, and it begins anew with their next uses.
fn note_damage(block: u64) {
    tracing::error!(
        block,
        "a block of last uses of sessions in the database is damaged: those in it may end early"
    );
}

/// How many sessions have been used at `since` or later, as far as blocks of last uses say. Reads all of them; a service may be using
/// the database.
pub fn count_last_uses_since(database: &Path, since: Millis) -> rusqlite::Result<usize> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = connection.prepare("SELECT times FROM session_uses")?;
    let mut rows = select.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let block = UseBlock::read(row.get_ref(0)?.as_blob()?).map_err(FromSqlError::other)?;
        count += block.count_since(since);
    }
    Ok(count)
}

fn bytes(connection: &Connection, block: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    let Ok(block) = i64::try_from(block) else { return Ok(None) };
    connection.prepare_cached(BLOCK)?.query_row([block], |row| row.get(0)).optional()
}

/// The place of a session in its block.
pub(crate) fn place(number: SessionNumber) -> usize {
    usize::try_from(number.0 % vestibule_store::BLOCK).unwrap_or_default()
}
