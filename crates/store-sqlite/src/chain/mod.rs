//! The audit's chain: every entry carries a tag over itself and the tag before it, and the head is sealed.
//!
//! The tags are made under a key that is not in the database, so whoever changes the file cannot make it whole again.
//! Owns the order of entries and both ends of it; knows no meaning of what they say.

mod encoding;
mod head;
mod verify;

use std::sync::Arc;

use rusqlite::Connection;
use vestibule_model::{AuditMac, AuditRecord, Millis};
use vestibule_store::StoreError;

pub(crate) use encoding::{Field, Link};
pub(crate) use head::Head;
pub use verify::{Finding, Verification, VerifyError, Witness, verify_audit};

use crate::blocks;
use crate::error::unavailable;
use crate::write::audit::{self as rows, Columns};

/// The writer's end of the chain.
pub(crate) struct Chain {
    mac: Arc<dyn AuditMac>,
    /// As this transaction has made it; None: it has not looked yet.
    head: Option<Head>,
    /// The newest sequence before this transaction.
    before: i64,
    /// Kept for its memory.
    message: Vec<u8>,
}

/// What the chain was like before a batch.
#[derive(Clone, Copy)]
pub(crate) struct Mark(Option<Head>);

impl Chain {
    pub(crate) fn new(mac: Arc<dyn AuditMac>) -> Self {
        Self { mac, head: None, before: 0, message: Vec::new() }
    }

    /// Another transaction: another process may have written in between.
    pub(crate) fn begin(&mut self) {
        self.head = None;
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark(self.head)
    }

    /// A batch was undone.
    pub(crate) const fn undo(&mut self, mark: Mark) {
        self.head = mark.0;
    }

    /// Writes an entry behind the newest.
    pub(crate) fn append(&mut self, connection: &Connection, record: &AuditRecord) -> Result<(), StoreError> {
        self.try_append(connection, record).map_err(unavailable)
    }

    fn try_append(&mut self, connection: &Connection, record: &AuditRecord) -> rusqlite::Result<()> {
        let mut head = self.head(connection)?;
        let sequence = head.newest.sequence + 1;
        let columns = Columns::of(record);
        let fields = columns.fields(sequence, record);
        encoding::begin_entry(&mut self.message, &head.newest.mac);
        for field in fields {
            encoding::add(&mut self.message, field);
        }
        let user_name = rows::user_name(connection, record)?;
        let user_name = Field::from(user_name.as_deref());
        encoding::add_later(&mut self.message, user_name);
        let tag = self.mac.tag(&self.message);
        rows::insert(connection, &fields, &tag, user_name)?;
        head.newest = Link { sequence, mac: tag };
        self.head = Some(head);
        Ok(())
    }

    /// Removes the oldest entries that happened before a time, at most so many, as long as they are what was written:
    /// whoever puts back the time of an entry does not have it removed.
    pub(crate) fn prune(
        &mut self,
        connection: &Connection,
        before: Millis,
        limit: usize,
    ) -> Result<(), StoreError> {
        self.try_prune(connection, before, limit).map_err(unavailable)
    }

    fn try_prune(&mut self, connection: &Connection, before: Millis, limit: usize) -> rusqlite::Result<()> {
        let mut head = self.head(connection)?;
        let through = verify::sound_prefix(connection, &*self.mac, head.anchor, (before, limit))?;
        if through == head.anchor {
            return Ok(());
        }
        head.anchor = through;
        // First the head, then the entries: what is not behind the anchor cannot be removed.
        head.write(connection, &*self.mac)?;
        connection.prepare_cached("DELETE FROM audit WHERE sequence <= ?1")?.execute([through.sequence])?;
        blocks::forget_before(connection, through.sequence + 1)?;
        self.head = Some(head);
        Ok(())
    }

    /// Seals what the transaction wrote. The newest entry, if the transaction has looked for it.
    pub(crate) fn finish(&mut self, connection: &Connection) -> rusqlite::Result<Option<Link>> {
        let Some(head) = self.head.take() else { return Ok(None) };
        head.write(connection, &*self.mac)?;
        blocks::summarise(connection, self.before, head.newest.sequence)?;
        Ok(Some(head.newest))
    }

    /// The newest entry there is, whoever wrote it.
    pub(crate) fn newest(&self, connection: &Connection) -> rusqlite::Result<Link> {
        Head::read_to_write(connection, &*self.mac).map(|head| head.newest)
    }

    pub(crate) fn mac(&self) -> &dyn AuditMac {
        &*self.mac
    }

    fn head(&mut self, connection: &Connection) -> rusqlite::Result<Head> {
        if let Some(head) = self.head {
            return Ok(head);
        }
        let head = Head::read_to_write(connection, &*self.mac)?;
        self.before = head.newest.sequence;
        Ok(head)
    }
}
