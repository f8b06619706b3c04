//! Walking through the whole table a shard at a time, for whoever looks for sessions.

use vestibule_model::{Application, Millis, Session, UserId};

use super::entry::{Entry, Holder};
use super::slab::Slot;
use super::{LiveSessions, SHARDS, lock};
use crate::sync::Arc;

/// How many sessions a walk looks at before others have their turn: half a millisecond. Workers have one thread, so a check
/// that comes meanwhile waits as long.
const LOOKS: usize = 8_192;

/// What is looked for in a shard.
pub(crate) struct Search<'a, W> {
    pub(crate) among: Among<'a>,
    /// Alive at this time.
    pub(crate) now: Millis,
    /// Whether a session is wanted.
    pub(crate) wants: W,
}

/// Among which sessions: no others are looked at.
#[derive(Clone, Copy)]
pub(crate) enum Among<'a> {
    All,
    OfUser(UserId),
    /// Those that were opened with one of these.
    OpenedWith(&'a [Application]),
}

/// A session that was found.
pub(crate) struct Found<H> {
    pub(crate) session: Session,
    pub(crate) holder: Arc<H>,
}

impl<H: Holder> LiveSessions<H> {
    /// How many shards a walk has.
    pub(crate) const WALK: u16 = SHARDS;

    /// The sessions of a shard that are looked for. With [`Among::All`] a thousandth of the table is looked at.
    pub(crate) fn search_shard(
        &self,
        number: u16,
        Search { among, now, wants }: Search<'_, impl Fn(&Entry<H>) -> bool>,
    ) -> Vec<Found<H>> {
        let mut found = Vec::new();
        self.visit_shard(number, among, now, |entry| {
            if wants(entry) {
                found.push(Found { session: entry.session(), holder: Arc::clone(&entry.holder) });
            }
        });
        found
    }

    /// Shows `visit` every session that lives at `now`, each shard as it is at one moment, and lets others have their turn in
    /// between.
    pub(crate) async fn walk(&self, among: Among<'_>, now: Millis, mut visit: impl FnMut(&mut Entry<H>)) {
        let shards = match among {
            Among::OfUser(user) => {
                let shard = self.shard_of(user);
                shard..shard + 1
            }
            Among::All | Among::OpenedWith(_) => 0..SHARDS,
        };
        let mut looks = 0;
        for shard in shards {
            // A look at a shard costs something also when it is empty.
            looks += self.visit_shard(shard, among, now, &mut visit) + 1;
            if looks >= LOOKS {
                looks = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Shows `visit` the sessions of a shard that live at `now`, which is locked meanwhile. Answers how many were looked at.
    fn visit_shard(
        &self,
        number: u16,
        among: Among<'_>,
        now: Millis,
        mut visit: impl FnMut(&mut Entry<H>),
    ) -> usize {
        let Some(shard) = self.shards.get(usize::from(number)) else { return 0 };
        let shard = &mut *lock(shard);
        let start = shard.start;
        let mut looked_at = 0;
        let mut look = |entry: &mut Entry<H>| {
            looked_at += 1;
            if entry.is_live(now, start) {
                visit(entry);
            }
        };
        let slots: Vec<Slot> = match among {
            Among::All => {
                shard.sessions.iter_mut().for_each(look);
                return looked_at;
            }
            Among::OfUser(user) => shard.of_user(user).map(|(slot, _)| slot).collect(),
            Among::OpenedWith(applications) => {
                let of_all = applications.iter().flat_map(|application| shard.of_application(*application));
                of_all.map(|(slot, _)| slot).collect()
            }
        };
        for slot in slots {
            shard.sessions.get_mut(slot).into_iter().for_each(&mut look);
        }
        looked_at
    }
}
