//! The audit's chain: every entry carries a tag over itself and the tag before it, and the head is sealed.
//!
//! The tags are made under a key that is not in the database, so whoever changes the file cannot make it whole again.
//! Owns the order of entries and both ends of it; knows no meaning of what they say.

mod encoding;
mod head;
mod verify;

use std::sync::Arc;

use rusqlite::{Connection, params};
use vestibule_model::{AuditMac, AuditRecord, Millis};
use vestibule_store::StoreError;

pub(crate) use encoding::{Field, Link};
pub(crate) use head::Head;
pub use verify::{Finding, Verification, VerifyError, Witness, verify_audit};

use crate::error::unavailable;
use crate::write::audit::{self as rows, Columns};

/// How many bits of a sequence are its place in its part; the schema's indexes know it too.
pub(crate) const PART_BITS: u32 = 14;

/// The writer's end of the chain.
pub(crate) struct Chain {
    mac: Arc<dyn AuditMac>,
    /// As this transaction has made it; None: it has not looked yet.
    head: Option<Head>,
    /// The parts that were written to, and the times of what was written.
    spans: Vec<Span>,
    /// Kept for its memory.
    message: Vec<u8>,
}

/// What the chain was like before a batch.
#[derive(Clone, Copy)]
pub(crate) struct Mark(Option<Head>);

struct Span {
    part: i64,
    earliest: Millis,
    latest: Millis,
}

const WIDEN: &str = "
    INSERT INTO audit_parts (part, earliest, latest) VALUES (?1, ?2, ?3)
    ON CONFLICT (part) DO UPDATE SET
        earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)";

impl Chain {
    pub(crate) fn new(mac: Arc<dyn AuditMac>) -> Self {
        Self { mac, head: None, spans: Vec::new(), message: Vec::new() }
    }

    /// Another transaction: another process may have written in between.
    pub(crate) fn begin(&mut self) {
        self.head = None;
        self.spans.clear();
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark(self.head)
    }

    /// A batch was undone. Spans that it widened stay wide, which makes questions look at more than they need.
    pub(crate) const fn undo(&mut self, mark: Mark) {
        if mark.0.is_some() {
            self.head = mark.0;
        } else {
            self.head = None;
        }
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
        fields.iter().for_each(|field| encoding::add(&mut self.message, *field));
        let tag = self.mac.tag(&self.message);
        rows::insert(connection, &fields, &tag)?;
        head.newest = Link { sequence, mac: tag };
        self.head = Some(head);
        self.widen(sequence >> PART_BITS, record.at);
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
        let first_part = (through.sequence + 1) >> PART_BITS;
        connection.prepare_cached("DELETE FROM audit_parts WHERE part < ?1")?.execute([first_part])?;
        self.head = Some(head);
        Ok(())
    }

    /// Seals what the transaction wrote.
    pub(crate) fn finish(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        head.write(connection, &*self.mac)?;
        for span in self.spans.drain(..) {
            let row = params![span.part, span.earliest.as_unix(), span.latest.as_unix()];
            connection.prepare_cached(WIDEN)?.execute(row)?;
        }
        Ok(())
    }

    fn head(&self, connection: &Connection) -> rusqlite::Result<Head> {
        self.head.map_or_else(|| Head::read_to_write(connection, &*self.mac), Ok)
    }

    fn widen(&mut self, part: i64, at: Millis) {
        match self.spans.last_mut().filter(|span| span.part == part) {
            Some(span) => {
                span.earliest = span.earliest.min(at);
                span.latest = span.latest.max(at);
            }
            None => self.spans.push(Span { part, earliest: at, latest: at }),
        }
    }
}
