//! Walking the chain: which entries are what was written, and what is missing.
//!
//! The walk goes on behind what it finds, hanging what follows on the tag that is there, so that one changed entry is one
//! finding. It reads the file in pages, each in a snapshot of its own, so that a running service is not kept from folding
//! its log; what retention removes meanwhile is skipped, if the head's seal says that it was retention.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use vestibule_model::{AuditMac, CheckValues, Generation, Millis};

use super::encoding::{self, Field, Link};
use super::findings::{Finding, Unverifiable, Verification, Witness};
use super::head::ChainHead;
use crate::open::{self, OpenError};
use crate::read;
use crate::write::audit::{COLUMNS, FIELDS, GENERATION, USER_NAME};

/// How many entries are read in one snapshot.
const PAGE: i64 = 20_000;

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
    before: Millis,
    limit: usize,
) -> rusqlite::Result<Link> {
    let mut select = connection.prepare_cached(&select_behind())?;
    let mut rows = select.query((anchor.sequence, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let (mut through, mut message) = (anchor, Vec::new());
    while let Some(row) = rows.next()? {
        let (sequence, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let is_next = sequence == through.sequence + 1;
        let Due::Tag(_, tag) = due(row, &mut message, &through.mac, mac)? else { break };
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
    /// The generations of the master key that were in force until now.
    in_force: BTreeSet<Generation>,
    /// The last entry whose generation is believed.
    last_entry: LastEntry,
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
            in_force: BTreeSet::new(),
            last_entry: LastEntry { generation: Generation::FIRST, unverified_from: None },
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
        self.in_force = generations_in_force(snapshot)?;
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
        if self.witness.is_some_and(|witness| witness.sequence == sequence && stored != Some(witness.mac)) {
            self.found(Finding::NotAsWitnessed(sequence));
        }
        self.outcome.entries += 1;
        self.previous = (sequence, stored);
        Ok(())
    }

    /// What a changed entry says of its generation is not believed: it would accuse those behind it.
    fn compare(&mut self, sequence: i64, stored: Option<[u8; 32]>, due: &Due) {
        match due {
            Due::Tag(generation, tag) if stored == Some(*tag) => {
                self.follow_generation(*generation, sequence, false);
            }
            Due::NotAtHand(generation) if self.in_force.contains(generation) => {
                self.unverifiable.entry(*generation).or_insert((sequence, sequence)).1 = sequence;
                self.follow_generation(*generation, sequence, true);
            }
            Due::Tag(..) | Due::NotAtHand(_) | Due::None => self.found(Finding::Changed(sequence)),
        }
    }

    /// Generations only grow: an earlier one behind a later one was put there by somebody who has that key alone, or the
    /// later one stands in entries that were written before it, if nothing else is known of those.
    fn follow_generation(&mut self, generation: Generation, sequence: i64, is_unverified: bool) {
        let before = self.last_entry;
        if generation < before.generation {
            let suspect = before.unverified_from.filter(|_| !is_unverified).unwrap_or(sequence);
            self.found(Finding::Changed(suspect));
        }
        let same_run = before.unverified_from.filter(|_| generation == before.generation);
        let unverified_from = is_unverified.then_some(same_run.unwrap_or(sequence));
        self.last_entry = LastEntry { generation, unverified_from };
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

/// What is known of the last entry whose generation is believed.
#[derive(Clone, Copy)]
struct LastEntry {
    /// The generation of the master key that it says it was written under.
    generation: Generation,
    /// If that is not at hand: the first of the entries in a row of which the same is true.
    unverified_from: Option<i64>,
}

/// The generations of the master key that an entry may be written under: none behind the one in force, under which the
/// head is sealed.
fn generations_in_force(connection: &Connection) -> rusqlite::Result<BTreeSet<Generation>> {
    let active = read::active_generation(connection)?;
    let known = read::master_keys(connection)?.into_iter().map(|record| record.generation);
    Ok(known.filter(|generation| active.is_some_and(|active| *generation <= active)).collect())
}

/// So many entries behind a sequence.
fn select_behind() -> String {
    format!("SELECT {COLUMNS} FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")
}

/// The tag that a row ought to have, under the generation that it says it was written under.
enum Due {
    Tag(Generation, [u8; 32]),
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
    let tag = mac.tag(generation, message);
    Ok(tag.map_or(Due::NotAtHand(generation), |tag| Due::Tag(generation, tag)))
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
