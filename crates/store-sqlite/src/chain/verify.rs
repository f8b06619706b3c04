//! Walking the chain: which entries are what was written, and what is missing.
//!
//! The walk goes on behind what it finds, hanging what follows on the tag that is there, so that one changed entry is one
//! finding. It reads the file in pages, each in a snapshot of its own, so that a running service is not kept from folding
//! its log; what retention removes meanwhile is skipped, if the head's seal says that it was retention.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use vestibule_model::{AuditMac, CheckValues, Generation, Millis};

use super::encoding::{self, Field, Link};
use super::head::ChainHead;
use crate::open::{self, OpenError};
use crate::write::audit::{COLUMNS, FIELDS, GENERATION, USER_NAME};

/// How many entries are read in one snapshot.
const PAGE: i64 = 20_000;

/// An entry's place and tag, kept somewhere else than the database: whoever can say it later can tell that nothing up
/// to it was changed, not even by somebody with the master key, and that the database was not put back to before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The entry's place.
    pub sequence: i64,
    /// Its tag.
    pub mac: [u8; 32],
}

/// What is wrong with an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The head is missing, or was not sealed under this master key.
    HeadForged,
    /// This entry is not what was written there, or the one before it is not the one that was there.
    Changed(i64),
    /// Entries from the one to the other are missing.
    Missing(i64, i64),
    /// This entry stands outside of what was written: behind the newest, or before what retention left.
    Added(i64),
    /// The entry that the witness saw is another one now, or is missing.
    NotAsWitnessed(i64),
    /// Retention has removed the entry that the witness saw: it proves nothing any more.
    WitnessRemoved(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadForged => out.write_str("the head of the audit was changed or removed"),
            Self::Changed(at) => {
                write!(out, "entry {at} is not what was written, or does not follow what was before it")
            }
            Self::Missing(from, to) if from == to => write!(out, "entry {from} is missing"),
            Self::Missing(from, to) => write!(out, "entries {from} to {to} are missing"),
            Self::Added(at) => write!(out, "entry {at} was added from outside"),
            Self::WitnessRemoved(at) => {
                write!(
                    out,
                    "entry {at}, which was witnessed, was removed by retention: ask with a newer witness"
                )
            }
            Self::NotAsWitnessed(at) => {
                write!(out, "entry {at} is not the one that was there when it was witnessed")
            }
        }
    }
}

/// Entries of which nothing can be said: the generation of the master key that they were written under is not at hand. That
/// nothing of them was removed or put in another order is known from what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unverifiable {
    /// The generation.
    pub generation: Generation,
    /// The first of them.
    pub first: i64,
    /// The last of them.
    pub last: i64,
}

impl fmt::Display for Unverifiable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, first, last } = self;
        if first == last {
            write!(out, "entry {first} cannot be verified")?;
        } else {
            write!(out, "entries {first} to {last} cannot be verified")?;
        }
        write!(out, ": generation {generation} of the master key is not at hand")
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many entries were looked at.
    pub entries: u64,
    /// The place of the first of them, or of the one that will be the first.
    pub first: i64,
    /// The first thing that is wrong; None: nothing is.
    pub finding: Option<Finding>,
    /// How many things are wrong.
    pub findings: u64,
    /// What could not be looked at for want of a key, by generation; no finding.
    pub unverifiable: Vec<Unverifiable>,
    /// The newest entry, to be kept elsewhere; None: the head is forged, or there never was an entry.
    pub newest: Option<Witness>,
}

/// Why an audit was not verified at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file is not there, is no database of this program, or belongs to another master key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file cannot be read.
    #[error("the database cannot be read")]
    Read(#[from] rusqlite::Error),
}

/// Walks the audit of a database file, which a service may be using, from its first entry to the newest. Tells its
/// progress as it goes: how many entries were looked at, and how many there are.
pub fn verify_audit(
    path: &Path,
    keys: impl Into<CheckValues>,
    mac: &dyn AuditMac,
    witness: Option<Witness>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verification, VerifyError> {
    let mut connection = open::reader_of(path, &keys.into())?;
    let mut walk = Walk::new(mac, witness);
    loop {
        let snapshot = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let done = walk.page(&snapshot)?;
        let total = u64::try_from(walk.last - walk.first + 1).unwrap_or(0).max(walk.outcome.entries);
        progress(walk.outcome.entries, total);
        if done {
            return Ok(walk.outcome);
        }
    }
}

/// The newest of the oldest entries that happened before a time, at most so many, that are what was written.
pub(super) fn sound_prefix(
    connection: &Connection,
    mac: &dyn AuditMac,
    anchor: Link,
    (before, limit): (Millis, usize),
) -> rusqlite::Result<Link> {
    let mut select = connection.prepare_cached(&select_behind())?;
    let mut rows = select.query((anchor.sequence, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let (mut through, mut message) = (anchor, Vec::new());
    while let Some(row) = rows.next()? {
        let (sequence, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let is_next = sequence == through.sequence + 1;
        let Due::Tag(tag) = due(row, &mut message, &through.mac, mac)? else { break };
        if at >= before.as_unix() || !is_next || stored_tag(row)? != Some(tag) {
            break;
        }
        through = Link { sequence, mac: tag };
    }
    Ok(through)
}

/// A walk under way.
struct Walk<'a> {
    mac: &'a dyn AuditMac,
    witness: Option<Witness>,
    /// The entry before the next; None: its tag is not known, so the next cannot be checked.
    previous: (i64, Option<[u8; 32]>),
    /// The generation of the master key that the newest entry was written under.
    generation: Generation,
    /// From where to where entries were written under each generation that is not at hand.
    unverifiable: BTreeMap<Generation, (i64, i64)>,
    /// The first and the last sequence that this walk is about.
    first: i64,
    last: i64,
    begun: bool,
    message: Vec<u8>,
    outcome: Verification,
}

impl<'a> Walk<'a> {
    fn new(mac: &'a dyn AuditMac, witness: Option<Witness>) -> Self {
        let previous = (0, Some([0; 32]));
        let outcome = Verification::default();
        Self {
            mac,
            witness,
            previous,
            generation: Generation::FIRST,
            unverifiable: BTreeMap::new(),
            first: 1,
            last: 0,
            begun: false,
            message: Vec::new(),
            outcome,
        }
    }

    /// Looks at some entries; answers whether those were the last.
    fn page(&mut self, snapshot: &Transaction<'_>) -> rusqlite::Result<bool> {
        let head = ChainHead::read(snapshot, self.mac)?;
        if !self.begun {
            self.begin(snapshot, head)?;
        }
        if let Some(head) = head.filter(|head| head.anchor.sequence > self.previous.0) {
            self.previous = (head.anchor.sequence, Some(head.anchor.mac)); // Retention was faster.
        }
        let mut select = snapshot.prepare_cached(&select_behind())?;
        let mut rows = select.query((self.previous.0, PAGE))?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            seen += 1;
            if self.previous.0 >= self.last {
                break;
            }
            self.entry(row)?;
        }
        drop(rows);
        let done = self.previous.0 >= self.last || seen < PAGE;
        if done {
            self.arrive(snapshot, head)?;
        }
        Ok(done)
    }

    /// Where the walk begins and where it is to end: what is written while it goes on is left to the next.
    fn begin(&mut self, snapshot: &Connection, head: Option<ChainHead>) -> rusqlite::Result<()> {
        self.begun = true;
        if let Some(head) = head {
            (self.first, self.last) = (head.anchor.sequence + 1, head.newest.sequence);
            self.previous = (head.anchor.sequence, Some(head.anchor.mac));
            self.outcome.newest = Some(Witness { sequence: head.newest.sequence, mac: head.newest.mac })
                .filter(|newest| newest.sequence > 0);
        } else {
            self.found(Finding::HeadForged);
            let ends = "SELECT coalesce(min(sequence), 1), coalesce(max(sequence), 0) FROM audit";
            (self.first, self.last) = snapshot.query_row(ends, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let before = self.first.saturating_sub(1);
            // Of the first of all it is known what it hangs on.
            self.previous = (before, (before == 0).then_some([0; 32]));
        }
        self.outcome.first = self.first;
        Ok(())
    }

    fn entry(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let sequence: i64 = row.get(0)?;
        let (before, link) = self.previous;
        let mut link = link;
        if sequence > before + 1 {
            self.missing(before + 1, sequence - 1);
            link = None;
        }
        let stored = stored_tag(row)?;
        if let Some(link) = link {
            let due = due(row, &mut self.message, &link, self.mac)?;
            self.compare(sequence, stored, &due);
        }
        self.follow_generation(row, sequence)?;
        if self.witness.is_some_and(|witness| witness.sequence == sequence && stored != Some(witness.mac)) {
            self.found(Finding::NotAsWitnessed(sequence));
        }
        self.outcome.entries += 1;
        self.previous = (sequence, stored);
        Ok(())
    }

    fn compare(&mut self, sequence: i64, stored: Option<[u8; 32]>, due: &Due) {
        match due {
            Due::Tag(tag) if stored == Some(*tag) => {}
            Due::NotAtHand(generation) => {
                self.unverifiable.entry(*generation).or_insert((sequence, sequence)).1 = sequence;
            }
            Due::Tag(_) | Due::None => self.found(Finding::Changed(sequence)),
        }
    }

    /// Generations only grow: an earlier one behind a later one was put there by somebody who has that key alone.
    fn follow_generation(&mut self, row: &Row<'_>, sequence: i64) -> rusqlite::Result<()> {
        if let Some(generation) = generation(row)? {
            if generation < self.generation {
                self.found(Finding::Changed(sequence));
            }
            self.generation = generation;
        }
        Ok(())
    }

    /// Whether the walk ended where the head says.
    fn arrive(&mut self, snapshot: &Connection, head: Option<ChainHead>) -> rusqlite::Result<()> {
        if self.previous.0 < self.last {
            self.missing(self.previous.0 + 1, self.last);
        } else if let Some(newest) = self.outcome.newest.filter(|newest| newest.sequence == self.previous.0)
            && self.outcome.entries > 0
            && self.previous.1 != Some(newest.mac)
        {
            self.found(Finding::Changed(newest.sequence));
        }
        if let Some(head) = head {
            let outside =
                "SELECT sequence FROM audit WHERE sequence > ?1 OR sequence <= ?2 ORDER BY sequence LIMIT 1";
            let ends = (head.newest.sequence, head.anchor.sequence);
            let outside = snapshot.query_row(outside, ends, |row| row.get(0)).optional()?;
            if let Some(sequence) = outside {
                self.found(Finding::Added(sequence));
            }
        }
        match self.witness {
            Some(Witness { sequence, .. }) if sequence > self.last => {
                self.found(Finding::NotAsWitnessed(sequence));
            }
            Some(Witness { sequence, .. }) if sequence < self.first => {
                self.found(Finding::WitnessRemoved(sequence));
            }
            _ => {}
        }
        let unverifiable = self.unverifiable.iter();
        self.outcome.unverifiable = unverifiable
            .map(|(&generation, &(first, last))| Unverifiable { generation, first, last })
            .collect();
        Ok(())
    }

    fn missing(&mut self, from: i64, to: i64) {
        self.found(Finding::Missing(from, to));
        if let Some(witness) = self.witness.filter(|witness| (from..=to).contains(&witness.sequence)) {
            self.found(Finding::NotAsWitnessed(witness.sequence));
        }
    }

    fn found(&mut self, finding: Finding) {
        self.outcome.findings += 1;
        self.outcome.finding.get_or_insert(finding);
    }
}

/// So many entries behind a sequence.
fn select_behind() -> String {
    format!("SELECT {COLUMNS} FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")
}

/// The tag that a row ought to have.
enum Due {
    Tag([u8; 32]),
    /// It was written under a generation of the master key that is not at hand.
    NotAtHand(Generation),
    /// It says that it was written under something that is no generation.
    None,
}

fn due(
    row: &Row<'_>,
    message: &mut Vec<u8>,
    previous: &[u8; 32],
    mac: &dyn AuditMac,
) -> rusqlite::Result<Due> {
    encoding::begin_entry(message, previous);
    for index in 0..FIELDS {
        encoding::add(message, Field(row.get_ref(index)?));
    }
    encoding::add_later(message, Field(row.get_ref(USER_NAME)?));
    encoding::add_later(message, Field(row.get_ref(GENERATION)?));
    let Some(generation) = generation(row)? else { return Ok(Due::None) };
    Ok(mac.tag(generation, message).map_or(Due::NotAtHand(generation), Due::Tag))
}

/// The generation that a row says it was written under; None: that is none.
fn generation(row: &Row<'_>) -> rusqlite::Result<Option<Generation>> {
    Ok(match row.get_ref(GENERATION)? {
        ValueRef::Null => Some(Generation::FIRST),
        ValueRef::Integer(number) => u8::try_from(number).ok().and_then(Generation::new),
        _ => None,
    })
}

/// The tag that the row has; None: it has something else in its place.
fn stored_tag(row: &Row<'_>) -> rusqlite::Result<Option<[u8; 32]>> {
    Ok(row.get_ref(FIELDS)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok()))
}
