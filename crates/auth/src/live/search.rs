//! Walking through the whole table a shard at a time, for whoever looks for sessions.

use vestibule_model::{Application, Millis, Session, UserId};

use super::entry::{Entry, Holder};
use super::slab::Slot;
use super::{LiveSessions, SHARDS, lock};
use crate::sync::Arc;

/// What is looked for in a shard.
pub(crate) struct Search<'a, W> {
    pub(crate) among: Among<'a>,
    /// Behind this slot.
    pub(crate) behind: Option<Slot>,
    /// Alive at this time.
    pub(crate) now: Millis,
    /// Whether a session is wanted.
    pub(crate) wants: W,
}

/// Among which sessions of a shard: no others are looked at.
#[derive(Clone, Copy)]
pub(crate) enum Among<'a> {
    All,
    OfUser(UserId),
    /// Those that were opened with one of these.
    OpenedWith(&'a [Application]),
}

/// What was found in a shard.
pub(crate) struct ShardFinds<H> {
    /// In the order of their slots, which is the same at each walk.
    pub(crate) found: Vec<Found<H>>,
    /// How many sessions were looked at.
    pub(crate) looked_at: usize,
}

/// A session that was found.
pub(crate) struct Found<H> {
    /// Its slot, as long as it is in the table.
    pub(crate) slot: Slot,
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
        Search { among, behind, now, wants }: Search<'_, impl Fn(&Entry<H>) -> bool>,
    ) -> ShardFinds<H> {
        let mut finds = ShardFinds { found: Vec::new(), looked_at: 0 };
        let Some(shard) = self.shards.get(usize::from(number)) else { return finds };
        let shard = lock(shard);
        let mut look = |(slot, entry): (Slot, &Entry<H>)| {
            finds.looked_at += 1;
            if behind.is_none_or(|behind| slot > behind) && entry.is_live(now, shard.start) && wants(entry) {
                let holder = Arc::clone(&entry.holder);
                finds.found.push(Found { slot, session: entry.session(), holder });
            }
        };
        match among {
            Among::All => shard.sessions.iter().for_each(look),
            Among::OfUser(user) => shard.of_user(user).for_each(look),
            Among::OpenedWith(applications) => {
                for application in applications {
                    shard.of_application(*application).for_each(&mut look);
                }
            }
        }
        drop(shard);
        finds.found.sort_unstable_by_key(|found| found.slot);
        finds
    }
}
