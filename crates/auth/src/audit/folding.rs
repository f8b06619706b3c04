//! Folding: what happens often and changes nothing is counted in memory, and written once a minute.
//!
//! One entry for each principal, address and minute, whatever the number. How many different ones a minute may have is
//! bounded too; what is beyond that is counted in one entry that names nobody, so that no attacker fills the disk, however
//! many addresses they have. A process that is killed loses what it had not written yet, a minute at most.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use vestibule_model::{
    AccountId, Actor, AdministrationTokenId, AuditAction, AuditReason, AuditRecord, ConnectionId, Dialect,
    Means, Millis, Monotonic, RefusalId, SessionReference, UserId,
};

use super::AuditTrail;
use crate::federated::Told;
use crate::login_guard::bucket;

/// How many different entries there may be at once before they are counted together.
const BURST: u32 = 2_000;

/// In which time room comes for another: 144,000 a day, some 30 MB.
const ROOM_EVERY: Duration = Duration::from_millis(600);

/// How often what is counted in a minute is written before it is over, for those who read.
const READ_EVERY: Duration = Duration::from_secs(5);

/// How many entries wait at most when the store takes none.
const WAITING: usize = 20_000;

/// What is folded into one entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    action: AuditAction,
    reason: Option<AuditReason>,
    account: Option<AccountId>,
    user: Option<UserId>,
    /// Of an actor that is no user.
    token: Option<AdministrationTokenId>,
    session: Option<SessionReference>,
    means: Means,
    dialect: Option<Dialect>,
    address: Option<IpAddr>,
    /// Of a login by one.
    connection: Option<ConnectionId>,
    /// Of what is told in words, what tells it apart.
    told: Option<u64>,
}

/// What is counted, and what waits to be written.
pub(crate) struct Folded(Mutex<State>);

struct State {
    counting: HashMap<Key, AuditRecord, RandomState>,
    /// Entries whose minute is over, and those that the store did not take.
    done: Vec<AuditRecord>,
    /// When there would be room for a full burst again.
    full_room_at: Monotonic,
    /// When it was taken for somebody who reads.
    read_at: Millis,
}

impl Default for Folded {
    fn default() -> Self {
        let full_room_at = Monotonic::default();
        let read_at = Millis::from_unix(i64::MIN);
        Self(Mutex::new(State { counting: HashMap::default(), done: Vec::new(), full_room_at, read_at }))
    }
}

impl Folded {
    /// Counts something that happened once, at `record.at`, which is `now` on the clock that nobody sets.
    pub(crate) fn add(&self, mut record: AuditRecord, now: Monotonic) {
        record.address = record.address.map(bucket);
        self.state().add(Key::of(&record), record, now);
    }

    /// The same of what is told in words. Answers under which id: that of the entry in which it is counted.
    pub(crate) fn add_told(
        &self,
        mut record: AuditRecord,
        told: Told,
        id: RefusalId,
        now: Monotonic,
    ) -> RefusalId {
        record.address = record.address.map(bucket);
        let mut state = self.state();
        let key = Key { told: Some(state.counting.hasher().hash_one(told.key())), ..Key::of(&record) };
        record.details = Some(told.details(id));
        state.add(key, record, now);
        state.counting.get(&key).and_then(id_of).unwrap_or(id)
    }

    /// Takes the entries of minutes that are over.
    pub(crate) fn take_before(&self, now: Millis) -> Vec<AuditRecord> {
        self.state().take(|record| minute(record.at) != minute(now))
    }

    /// Takes what was counted until now, so that somebody reads it. Their keys stay, so that they need no room again in
    /// their minute; at most once in [`READ_EVERY`], so that reading does not make many entries of one.
    pub(crate) fn take_for_reading(&self, now: Millis) -> Vec<AuditRecord> {
        let mut state = self.state();
        if now.since(state.read_at) < READ_EVERY && now >= state.read_at {
            return Vec::new();
        }
        state.read_at = now;
        state.take_counts()
    }

    /// Takes every entry.
    pub(crate) fn take_all(&self) -> Vec<AuditRecord> {
        self.state().take(|_| true)
    }

    /// Takes entries back that the store did not take. When too many wait, the newest are lost, which is logged.
    pub(crate) fn give_back(&self, records: &[AuditRecord]) {
        let mut state = self.state();
        let room = WAITING.saturating_sub(state.done.len());
        state.done.extend(records.iter().take(room).cloned());
        let lost = records.len().saturating_sub(room);
        if lost > 0 {
            tracing::error!(lost, "entries of the audit are lost: too many wait for the database");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, key: Key, record: AuditRecord, now: Monotonic) {
        if let Some(counted) = self.counting.get_mut(&key)
            && minute(counted.at) == minute(record.at)
        {
            // One that was taken to be read has told everything.
            if counted.count > 0 {
                count(counted, &record);
            } else {
                *counted = record;
            }
            return;
        }
        let before = self.counting.remove(&key);
        self.done.extend(before.filter(|before| before.count > 0));
        if self.has_room(now) {
            self.counting.insert(key, record);
            return;
        }
        let nobody = of_nobody(&record);
        let counted =
            self.counting.entry(Key::of(&nobody)).or_insert_with(|| AuditRecord { count: 0, ..nobody });
        count(counted, &record);
    }

    /// Whether one more entry fits; takes its room.
    fn has_room(&mut self, now: Monotonic) -> bool {
        let burst = ROOM_EVERY * BURST;
        let taken = self.full_room_at.max(now);
        let fits = taken.plus(ROOM_EVERY) <= now.plus(burst);
        self.full_room_at = if fits { taken.plus(ROOM_EVERY) } else { taken };
        fits
    }

    fn take(&mut self, is_over: impl Fn(&AuditRecord) -> bool) -> Vec<AuditRecord> {
        let mut taken = std::mem::take(&mut self.done);
        let over = self.counting.extract_if(|_, record| is_over(record)).map(|(_, record)| record);
        taken.extend(over.filter(|record| record.count > 0));
        taken.sort_by_key(|record| record.at);
        taken
    }

    fn take_counts(&mut self) -> Vec<AuditRecord> {
        let mut taken = std::mem::take(&mut self.done);
        for counted in self.counting.values_mut().filter(|counted| counted.count > 0) {
            taken.push(counted.clone());
            counted.count = 0;
        }
        taken.sort_by_key(|record| record.at);
        taken
    }
}

impl Key {
    fn of(record: &AuditRecord) -> Self {
        let token = match record.actor {
            Actor::AdministrationToken { id, .. } => Some(id),
            _ => None,
        };
        Self {
            token,
            action: record.action,
            reason: record.reason,
            account: record.account,
            user: record.user,
            session: record.session,
            means: record.means,
            dialect: record.dialect,
            address: record.address,
            connection: AuditTrail::connection_of(record),
            told: None,
        }
    }
}

/// The id of a refusal that is told in words.
fn id_of(record: &AuditRecord) -> Option<RefusalId> {
    let details: serde_json::Value = serde_json::from_str(record.details.as_deref()?).ok()?;
    RefusalId::read(details["refusal"].as_str()?)
}

fn count(counted: &mut AuditRecord, record: &AuditRecord) {
    counted.count = counted.count.saturating_add(record.count);
    counted.until = Some(counted.until.map_or(record.at, |until| until.max(record.at)));
}

/// The same, of nobody and from nowhere.
fn of_nobody(record: &AuditRecord) -> AuditRecord {
    AuditRecord {
        reason: record.reason,
        details: Some(r#"{"folded":"too many to tell apart"}"#.to_owned()),
        ..AuditRecord::new(record.at, record.action, Actor::Unknown, Means::Nothing)
    }
}

fn minute(at: Millis) -> i64 {
    at.as_unix().div_euclid(60_000)
}

#[cfg(test)]
mod tests;
