//! The live-session table: every session that may be used, found without the store.
//!
//! A session stands in the shard of its user (`shard`), found through indexes by id and by LiveVox lookup (`index`). Locks are held for the time of a lookup, never over a hash, a commit or an await, and always in the order
//! index by id, other indexes, shard, directory. ADR 12 tells the sizes.
//!
//! Knows no rules: who may stay is asked by the engine (`eligibility`), within [`LiveSessions::with`]. Depends on nothing of
//! the engine but its locks, so that tests can put them into every order.

mod entry;
mod heads;
mod index;
mod list;
mod loading;
mod search;
mod shard;
mod slab;
mod start;
mod unproven;
mod view;
mod wheel;

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use vestibule_model::{AccountId, Application, Dialect, Millis, Session, SessionId, UserId};
use vestibule_store::{ApplicationTouch, LastUse, StoredSession};

pub(crate) use entry::{Entry, Holder};
pub(crate) use index::Name;
pub(crate) use search::{Among, Search};
pub(crate) use start::{Setting, Start};

use crate::sync::{Arc, Mutex, MutexGuard, PoisonError};
use index::Index;
use loading::Loading;
use shard::Shard;
use slab::Slot;
use unproven::Unproven;
pub(crate) use view::Live;
use view::Traffic;

/// 1,024 shards: at ten million sessions a growing index moves ten thousand items, some 100 µs, and few wait for it.
const SHARD_BITS: u32 = 10;
const SHARDS: u16 = 1 << SHARD_BITS;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SlotAddress {
    shard: u16,
    slot: Slot,
}

/// Last uses are written in so many turns: a block of numbers, and with it every session in it, has one of them.
pub(crate) const TURNS: usize = 15;

/// The list of those that are written at the next turn, whichever it is. The lists before it are those of the turns.
pub(crate) const URGENT: usize = TURNS;

/// Those who were used since last uses were written, by list.
type UsedLists = [Vec<Slot>; TURNS + 1];

/// A session that was used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    pub(crate) last_use: LastUse,
    place: SlotAddress,
}

/// Gives sessions the names under which they are found besides their ids.
pub(crate) trait Namer: Send + Sync {
    /// Under which a LiveVox id is looked up.
    fn livevox_lookup(&self, id: SessionId) -> Name;
}

/// Is told of sessions that left the table before their time, when it has them no more.
pub(crate) trait EndObserver: Send + Sync {
    /// These did.
    fn ended(&self, sessions: &mut dyn Iterator<Item = (AccountId, SessionId)>);
}

/// Every live session.
pub(crate) struct LiveSessions<H> {
    shards: Box<[Mutex<Shard<H>>]>,
    by_id: Index,
    by_livevox_lookup: Index,
    hasher: RandomState,
    namer: Box<dyn Namer>,
    observer: Box<dyn EndObserver>,
    loading: Loading,
    unproven: Unproven,
}

impl<H: Holder> LiveSessions<H> {
    /// A table that is to be filled from the store, from this start on.
    pub(crate) fn new(namer: Box<dyn Namer>, observer: Box<dyn EndObserver>, start: Start) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(Shard::new(start))).collect(),
            by_id: Index::new(),
            by_livevox_lookup: Index::new(),
            hasher: RandomState::default(),
            namer,
            observer,
            loading: Loading::default(),
            unproven: Unproven::default(),
        }
    }

    /// Puts a session that has just been opened into the table, unless it is there.
    pub(crate) fn insert(&self, stored: &StoredSession, holder: Arc<H>) {
        let session = &stored.session;
        let shard = self.shard_of(session.user);
        let put = || {
            let slot = self.shard(shard).insert(Entry::new(stored, holder));
            let place = SlotAddress { shard, slot };
            if session.dialect == Dialect::LiveVox {
                self.unproven.note_insert(session.id);
                self.by_livevox_lookup.insert(&self.namer.livevox_lookup(session.id), place);
            }
            place
        };
        // The index stays locked, so that a session that comes from two sides is put in once, and one that ends in the
        // same moment loses its names after it has them.
        self.by_id.insert_unless(&session.id.0, |place| self.is_at(place, session.id), put);
    }

    /// Puts a session that was read from the store into the table, unless it is there or has ended since.
    pub(crate) fn insert_stored(&self, stored: &StoredSession, holder: Arc<H>) {
        self.insert(stored, holder);
        if self.loading.has_ended(stored.session.id) {
            self.remove(stored.session.id);
        }
    }

    /// Sorts sessions into the order of their shards: putting them in one after the other, what a shard needs stays in the
    /// processor's cache.
    pub(crate) fn sort(&self, sessions: &mut [StoredSession]) {
        sessions.sort_by_cached_key(|stored| self.shard_of(stored.session.user));
    }

    /// Whether the table has every session there is, so that a miss is a no.
    pub(crate) fn is_complete(&self) -> bool {
        self.loading.is_complete()
    }

    /// Every session of the store has been put in.
    pub(crate) fn complete(&self) {
        self.loading.complete();
    }

    /// What `work` answers of the session of this id, if it lives at `now`. The session is locked meanwhile.
    pub(crate) fn with<R>(
        &self,
        id: SessionId,
        now: Millis,
        work: impl FnOnce(&mut Live<'_, H>) -> R,
    ) -> Option<R> {
        self.find(
            &self.by_id,
            &id.0,
            |entry| entry.id == id,
            |shard, place| shard.live(place.slot, now).map(|mut live| work(&mut live)),
        )?
    }

    /// Whether there may be a session whose LiveVox id carries no MAC. If not, none that carries none is looked up.
    pub(crate) fn may_have_unproven(&self) -> bool {
        // Asked first: what is read from the store after it may come is put in before the table is complete.
        let is_complete = self.is_complete();
        self.unproven.may_be() || !is_complete && self.unproven.may_come()
    }

    /// The store has no session whose LiveVox id carries no MAC.
    pub(crate) fn expect_no_unproven(&self) {
        self.unproven.none_comes();
    }

    /// The same by the name under which a LiveVox id is looked up.
    pub(crate) fn with_livevox_lookup<R>(
        &self,
        name: &Name,
        now: Millis,
        work: impl FnOnce(&mut Live<'_, H>) -> R,
    ) -> Option<R> {
        let is_named = |entry: &Entry<H>| self.namer.livevox_lookup(entry.id) == *name;
        self.find(&self.by_livevox_lookup, name, is_named, |shard, place| {
            shard.live(place.slot, now).map(|mut live| work(&mut live))
        })?
    }

    /// The session of this id as long as it is in the table, where the dead stay until they are removed.
    pub(crate) fn present(&self, id: SessionId) -> Option<Session> {
        self.find(
            &self.by_id,
            &id.0,
            |entry| entry.id == id,
            |shard, place| shard.sessions.get(place.slot).map(Entry::session),
        )?
    }

    /// A session that is not in the table has ended: it is not put in. Whether that is news, as long as the table is not
    /// complete.
    pub(crate) fn note_end(&self, id: SessionId) -> bool {
        self.loading.note_end(id)
    }

    /// Takes a session out of the table; None: it was not there.
    pub(crate) fn remove(&self, id: SessionId) -> Option<Session> {
        self.loading.note_end(id);
        let (place, entry) = self.find(
            &self.by_id,
            &id.0,
            |entry| entry.id == id,
            |shard, place| Some((place, shard.remove(place.slot)?)),
        )??;
        self.forget(place, &entry);
        self.observer.ended(&mut std::iter::once((entry.holder.account(), id)));
        Some(entry.session())
    }

    /// Whether the session stands in the table.
    pub(crate) fn has(&self, id: SessionId) -> bool {
        let mut is_there = false;
        self.by_id.find(&id.0, |place| {
            is_there = self.is_at(place, id);
            is_there
        });
        is_there
    }

    /// Takes sessions of a user out of the table, those that are meant.
    pub(crate) fn remove_of_user(&self, user: UserId, is_meant: impl Fn(&Session) -> bool) -> Vec<Session> {
        let number = self.shard_of(user);
        let slots = |shard: &Shard<H>| -> Vec<Slot> {
            let meant = shard.of_user(user).filter(|(_, entry)| is_meant(&entry.session()));
            meant.map(|(slot, _)| slot).collect()
        };
        self.remove_slots(number, slots)
    }

    /// Takes sessions out of a shard of the table, those that are meant: a thousandth of all is looked at.
    pub(crate) fn remove_of_shard(&self, number: u16, is_meant: impl Fn(&Session) -> bool) -> Vec<Session> {
        let slots = |shard: &Shard<H>| -> Vec<Slot> {
            let at = |slot: &Slot| shard.sessions.get(*slot).is_some_and(|entry| is_meant(&entry.session()));
            shard.sessions.slots().filter(at).collect()
        };
        self.remove_slots(number, slots)
    }

    fn remove_slots(&self, number: u16, slots: impl Fn(&Shard<H>) -> Vec<Slot>) -> Vec<Session> {
        let removed: Vec<(SlotAddress, Entry<H>)> = {
            let mut shard = self.shard(number);
            let slots = slots(&shard);
            let ids = slots.iter().filter_map(|slot| shard.sessions.get(*slot)).map(|entry| entry.id);
            for id in ids {
                self.loading.note_end(id);
            }
            let place = |slot| SlotAddress { shard: number, slot };
            slots.into_iter().filter_map(|slot| Some((place(slot), shard.remove(slot)?))).collect()
        };
        for (place, entry) in &removed {
            self.forget(*place, entry);
        }
        self.observer.ended(&mut removed.iter().map(|(_, entry)| (entry.holder.account(), entry.id)));
        removed.iter().map(|(_, entry)| entry.session()).collect()
    }

    /// The sessions of a user that live at `now`.
    pub(crate) fn of_user(&self, user: UserId, now: Millis) -> Vec<Session> {
        let shard = self.shard(self.shard_of(user));
        let all = shard.of_user(user).map(|(_, entry)| entry);
        all.filter(|entry| entry.is_live(now, shard.start)).map(Entry::session).collect()
    }

    /// The sessions of a user with one application that live at `now`.
    pub(crate) fn of_user_with(&self, user: UserId, application: Application, now: Millis) -> Vec<Session> {
        let shard = self.shard(self.shard_of(user));
        let all = shard.of_user_with(user, application);
        all.filter(|entry| entry.is_live(now, shard.start)).map(Entry::session).collect()
    }

    /// Who was used since this was called last, of a list, in the order of their numbers.
    pub(crate) fn take_used(&self, list: usize) -> Vec<Used> {
        let mut used = Vec::new();
        for (number, shard) in (0..).zip(&self.shards) {
            let mut of_shard = Vec::new();
            lock(shard).take_used(list, &mut of_shard);
            let place = |slot| SlotAddress { shard: number, slot };
            used.extend(of_shard.into_iter().map(|(slot, last_use)| Used { last_use, place: place(slot) }));
        }
        used.sort_unstable_by_key(|used| used.last_use.number);
        used
    }

    /// Gives last uses back that could not be stored: they are urgent from here on.
    pub(crate) fn return_used(&self, used: &[Used]) {
        for Used { place, last_use } in used {
            self.shard(place.shard).return_used(place.slot, last_use.number);
        }
    }

    /// What the applications' sessions did since this was called last.
    pub(crate) fn take_traffic(&self) -> Vec<ApplicationTouch> {
        let mut all = Traffic::default();
        for shard in &self.shards {
            lock(shard).take_traffic().into_values().for_each(|touch| view::add(&mut all, touch));
        }
        all.into_values().collect()
    }

    /// Gives traffic back that could not be stored.
    pub(crate) fn return_traffic(&self, touches: &[ApplicationTouch]) {
        for touch in touches {
            self.shard(0).return_traffic(*touch);
        }
    }

    /// Takes sessions out of the table that are dead at `now`; those that died in the last seconds may stay until the
    /// next time. Costs what is taken out, and a look at every shard. Nobody is told: when a session would end was known.
    pub(crate) fn remove_expired(&self, now: Millis) -> Vec<Session> {
        let mut removed = Vec::new();
        for (number, shard) in (0..).zip(&self.shards) {
            let dead = lock(shard).remove_expired(now);
            for (slot, entry) in dead {
                self.loading.note_end(entry.id);
                self.forget(SlotAddress { shard: number, slot }, &entry);
                removed.push(entry.session());
            }
        }
        removed
    }

    /// When a session of the table ends if it is not used again, as it is told at `now`.
    pub(crate) fn expires_at(&self, session: &Session, now: Millis) -> Millis {
        let start = self.shard(self.shard_of(session.user)).start;
        start.expires_at(session, now)
    }

    /// Somebody set the clock: what happened in this process happened at other times by it.
    pub(crate) fn move_times(&self, setting: Setting) {
        self.shards.iter().for_each(|shard| lock(shard).move_times(setting));
    }

    /// How many sessions there are, dead ones that were not removed yet included.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).sessions.len()).sum()
    }

    /// Finds a session by a name, and works on it under the locks of index and shard.
    fn find<R>(
        &self,
        index: &Index,
        name: &Name,
        is_named: impl Fn(&Entry<H>) -> bool,
        work: impl FnOnce(&mut Shard<H>, SlotAddress) -> R,
    ) -> Option<R> {
        let (mut work, mut result) = (Some(work), None);
        index.find(name, |place| {
            let mut shard = self.shard(place.shard);
            let found = shard.sessions.get(place.slot).is_some_and(&is_named);
            if found {
                result = work.take().map(|work| work(&mut shard, place));
            }
            found
        });
        result
    }

    /// Takes the names of a session that has left its shard out of the indexes.
    fn forget(&self, place: SlotAddress, entry: &Entry<H>) {
        self.by_id.remove(&entry.id.0, place);
        if entry.dialect == Dialect::LiveVox {
            self.by_livevox_lookup.remove(&self.namer.livevox_lookup(entry.id), place);
            self.unproven.note_removal(entry.id);
        }
    }

    fn is_at(&self, place: SlotAddress, id: SessionId) -> bool {
        self.shard(place.shard).sessions.get(place.slot).is_some_and(|entry| entry.id == id)
    }

    fn shard(&self, number: u16) -> MutexGuard<'_, Shard<H>> {
        lock(&self.shards[usize::from(number)])
    }

    pub(crate) fn shard_of(&self, user: UserId) -> u16 {
        u16::try_from(self.hasher.hash_one(user) & u64::from(SHARDS - 1)).unwrap_or_default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
