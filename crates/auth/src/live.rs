//! The live-session table: every session that may be used, found by id and by user, without the store.
//!
//! Sharded by id, so that a check waits for nobody but a login in the same shard, and for nanoseconds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::{Millis, Session, SessionId, UserId};
use vestibule_store::Touch;

const SHARDS: usize = 64;

/// A session in the table.
pub(crate) struct Live {
    /// As it was when it was put into the table; [`Live::session`] has today's `last_used`.
    pub(crate) opened: Session,
    last_used: AtomicI64,
    touched: AtomicBool,
    names: [Name; 2],
}

/// A name under which a session is found besides its id: its LiveVox id, or its reference.
pub(crate) type Name = [u8; 16];

impl Live {
    fn new(session: Session, names: [Name; 2]) -> Self {
        let last_used = AtomicI64::new(session.last_used.as_unix());
        Self { opened: session, last_used, touched: AtomicBool::new(false), names }
    }

    /// The session as it is now.
    pub(crate) fn session(&self) -> Session {
        Session { last_used: self.last_used(), ..self.opened.clone() }
    }

    fn last_used(&self) -> Millis {
        Millis::from_unix(self.last_used.load(Ordering::Relaxed))
    }

    fn is_live(&self, now: Millis) -> bool {
        now < self.opened.expires_after(self.last_used())
    }
}

/// One shard of the table.
type Shard = HashMap<SessionId, Arc<Live>, RandomState>;

/// Every live session.
pub(crate) struct LiveSessions {
    shards: Vec<RwLock<Shard>>,
    by_user: Vec<Mutex<HashMap<UserId, Vec<SessionId>>>>,
    by_name: RwLock<HashMap<Name, SessionId, RandomState>>,
    touched: Mutex<Vec<SessionId>>,
}

impl LiveSessions {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            by_user: (0..SHARDS).map(|_| Mutex::default()).collect(),
            by_name: RwLock::default(),
            touched: Mutex::default(),
        }
    }

    /// Puts a session into the table, to be found by these names too.
    pub(crate) fn insert(&self, session: Session, names: [Name; 2]) {
        let (id, user) = (session.id, session.user);
        let live = Arc::new(Live::new(session, names));
        write(self.shard(id)).insert(id, live);
        lock(self.user_shard(user)).entry(user).or_default().push(id);
        write(&self.by_name).extend(names.map(|name| (name, id)));
    }

    /// The id of the session that has this name.
    pub(crate) fn named(&self, name: &Name) -> Option<SessionId> {
        read(&self.by_name).get(name).copied()
    }

    /// The session of this id if it lives at `now`.
    pub(crate) fn get(&self, id: SessionId, now: Millis) -> Option<Arc<Live>> {
        let live = read(self.shard(id)).get(&id).cloned()?;
        live.is_live(now).then_some(live)
    }

    /// Takes a session out of the table; None: it was not there.
    pub(crate) fn remove(&self, id: SessionId) -> Option<Session> {
        let live = write(self.shard(id)).remove(&id)?;
        let user = live.opened.user;
        {
            let mut by_name = write(&self.by_name);
            for name in &live.names {
                by_name.remove(name);
            }
        }
        let mut by_user = lock(self.user_shard(user));
        if let Some(ids) = by_user.get_mut(&user) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                by_user.remove(&user);
            }
        }
        Some(live.session())
    }

    /// The sessions of a user that live at `now`.
    pub(crate) fn of_user(&self, user: UserId, now: Millis) -> Vec<Session> {
        let ids = lock(self.user_shard(user)).get(&user).cloned().unwrap_or_default();
        ids.into_iter().filter_map(|id| self.get(id, now)).map(|live| live.session()).collect()
    }

    /// Slides a session's idle limit; a clock that stepped back does not slide it back.
    pub(crate) fn touch(&self, live: &Live, now: Millis) {
        let before = live.last_used.fetch_max(now.as_unix(), Ordering::Relaxed);
        if before < now.as_unix() && !live.touched.swap(true, Ordering::Relaxed) {
            lock(&self.touched).push(live.opened.id);
        }
    }

    /// What was touched since this was called last.
    pub(crate) fn take_touched(&self) -> Vec<Touch> {
        let ids = std::mem::take(&mut *lock(&self.touched));
        ids.into_iter()
            .filter_map(|id| {
                let live = read(self.shard(id)).get(&id).cloned()?;
                live.touched.store(false, Ordering::Relaxed);
                Some(Touch { session: id, last_used: live.last_used() })
            })
            .collect()
    }

    /// Gives touches back that could not be stored.
    pub(crate) fn return_touched(&self, touches: &[Touch]) {
        let ids = touches.iter().filter_map(|touch| {
            let live = read(self.shard(touch.session)).get(&touch.session).cloned()?;
            (!live.touched.swap(true, Ordering::Relaxed)).then_some(touch.session)
        });
        let ids: Vec<SessionId> = ids.collect();
        lock(&self.touched).extend(ids);
    }

    /// The ids of sessions that are dead at `now`.
    pub(crate) fn expired(&self, now: Millis) -> Vec<SessionId> {
        let dead_in = |shard: &RwLock<Shard>| -> Vec<SessionId> {
            read(shard).values().filter(|live| !live.is_live(now)).map(|live| live.opened.id).collect()
        };
        self.shards.iter().flat_map(dead_in).collect()
    }

    /// How many sessions there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).len()).sum()
    }

    fn shard(&self, id: SessionId) -> &RwLock<Shard> {
        &self.shards[usize::from(id.0[15]) % SHARDS]
    }

    fn user_shard(&self, user: UserId) -> &Mutex<HashMap<UserId, Vec<SessionId>>> {
        &self.by_user[usize::from(user.0.to_le_bytes()[0]) % SHARDS]
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
