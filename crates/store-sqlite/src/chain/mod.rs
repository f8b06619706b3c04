//! The audit's chain: every entry carries a tag over itself and the tag before it, and the head is sealed.
//!
//! The tags are made under a key that is not in the database, so whoever changes the file cannot make it whole again.
//! Owns the order of entries and both ends of it; knows no meaning of what they say.

mod encoding;
mod findings;
mod head;
mod verify;

use std::sync::Arc;

use rusqlite::Connection;
use vestibule_model::{AuditMac, AuditRecord, Generation, Millis};
use vestibule_store::StoreError;

pub(crate) use encoding::{Field, Link};
pub use findings::{Finding, Unverifiable, Verification, Witness};
pub(crate) use head::ChainHead;
pub use verify::{VerifyError, verify_audit};

use crate::audit_index;
use crate::audit_keys::{self, Filling};
use crate::error::unavailable;
use crate::read;
use crate::write::audit::{self as rows, Columns};

/// The writer's end of the chain.
pub(crate) struct Chain {
    mac: Arc<dyn AuditMac>,
    /// As this transaction has made it; None: it has not looked yet.
    head: Option<ChainHead>,
    /// The generation of the master key that is in force in this transaction; None: it has not looked yet. The database says
    /// it, so that entries of all processes have the generations in their order.
    active: Option<Generation>,
    /// Whether this transaction put another generation into force.
    has_rotated: bool,
    /// The newest sequence before this transaction.
    before: i64,
    /// How far blocks without keys have been given some, as this transaction has made it; and as it was committed.
    filling: (Filling, Filling),
    /// Kept for its memory.
    message: Vec<u8>,
}

/// What the chain was like before a batch.
#[derive(Clone, Copy)]
pub(crate) struct Mark(Option<ChainHead>, Option<Generation>, Filling);

impl Chain {
    pub(crate) fn new(mac: Arc<dyn AuditMac>) -> Self {
        let filling = (Filling::Begins, Filling::Begins);
        Self { mac, head: None, active: None, has_rotated: false, before: 0, filling, message: Vec::new() }
    }

    /// Another transaction: another process may have written in between.
    pub(crate) fn begin(&mut self) {
        (self.head, self.active, self.has_rotated) = (None, None, false);
        self.filling.0 = self.filling.1;
    }

    /// Another generation of the master key is about to come into force: the head is read while that which sealed it is.
    pub(crate) fn before_rotation(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.head = Some(self.head(connection).map_err(unavailable)?);
        Ok(())
    }

    /// It has: the head is sealed anew under it.
    pub(crate) const fn after_rotation(&mut self) {
        (self.active, self.has_rotated) = (None, true);
    }

    /// The transaction was committed. What is sealed from here on, the witness of this commit first, is sealed under the
    /// generation that it put into force.
    pub(crate) fn committed(&mut self, connection: &Connection) {
        self.filling.1 = self.filling.0;
        // What cannot be read now is followed when it can.
        if std::mem::take(&mut self.has_rotated)
            && let Ok(records) = read::master_keys(connection)
        {
            self.mac.follow(&records);
        }
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark(self.head, self.active, self.filling.0)
    }

    /// A batch was undone.
    pub(crate) const fn undo(&mut self, mark: Mark) {
        (self.head, self.active, self.filling.0) = (mark.0, mark.1, mark.2);
    }

    /// Writes an entry behind the newest.
    pub(crate) fn append(&mut self, connection: &Connection, record: &AuditRecord) -> Result<(), StoreError> {
        self.try_append(connection, record).map_err(unavailable)
    }

    fn try_append(&mut self, connection: &Connection, record: &AuditRecord) -> rusqlite::Result<()> {
        let (mut head, active) = (self.head(connection)?, self.active(connection)?);
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
        let later = Some(active).filter(|active| *active != Generation::FIRST);
        let generation = Field::from(later.map(|later| i64::from(later.number())));
        encoding::add_later(&mut self.message, generation);
        let tag = self.mac.tag(active, &self.message).ok_or_else(|| not_at_hand(active))?;
        rows::insert(connection, &fields, &tag, [user_name, generation])?;
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
        let through = verify::sound_prefix(connection, &*self.mac, head.anchor, before, limit)?;
        if through == head.anchor {
            return Ok(());
        }
        head.anchor = through;
        // First the head, then the entries: what is not behind the anchor cannot be removed.
        let active = self.active(connection)?;
        head.write(connection, active, &*self.mac)?;
        connection.prepare_cached("DELETE FROM audit WHERE sequence <= ?1")?.execute([through.sequence])?;
        audit_index::forget_before(connection, through.sequence + 1)?;
        self.head = Some(head);
        Ok(())
    }

    /// Gives keys to one block that has none; answers whether there may be more such blocks.
    pub(crate) fn fill_index(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        self.filling.0 = self.try_fill_index(connection).map_err(unavailable)?;
        Ok(self.filling.0 != Filling::Done)
    }

    fn try_fill_index(&mut self, connection: &Connection) -> rusqlite::Result<Filling> {
        let head = self.head(connection)?;
        // What this transaction has written gets its keys at its end.
        audit_keys::fill(connection, self.filling.0, head.anchor.sequence + 1, self.before)
    }

    /// Seals what the transaction wrote. The newest entry, if the transaction has looked for it.
    pub(crate) fn finish(&mut self, connection: &Connection) -> rusqlite::Result<Option<Link>> {
        let Some(head) = self.head.take() else { return Ok(None) };
        let active = self.active(connection)?;
        head.write(connection, active, &*self.mac)?;
        audit_index::summarise(connection, self.before, head.newest.sequence)?;
        Ok(Some(head.newest))
    }

    /// The newest entry there is, whoever wrote it.
    pub(crate) fn newest(&self, connection: &Connection) -> rusqlite::Result<Link> {
        ChainHead::read_to_write(connection, &*self.mac).map(|head| head.newest)
    }

    pub(crate) fn mac(&self) -> &dyn AuditMac {
        &*self.mac
    }

    fn active(&mut self, connection: &Connection) -> rusqlite::Result<Generation> {
        if let Some(active) = self.active {
            return Ok(active);
        }
        let active = read::active_generation(connection)?.unwrap_or(Generation::FIRST);
        self.active = Some(active);
        Ok(active)
    }

    fn head(&mut self, connection: &Connection) -> rusqlite::Result<ChainHead> {
        if let Some(head) = self.head {
            return Ok(head);
        }
        let head = ChainHead::read_to_write(connection, &*self.mac)?;
        self.before = head.newest.sequence;
        Ok(head)
    }
}

/// Another process has rotated the master key, and this one has not the new one.
#[derive(Debug, thiserror::Error)]
#[error(
    "generation {0} of the master key is in force and is not at hand: put it where this process reads its keys"
)]
struct NotAtHand(Generation);

fn not_at_hand(generation: Generation) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(Box::new(NotAtHand(generation)))
}
