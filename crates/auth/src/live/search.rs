//! Walking through the whole table a shard at a time, for whoever looks for sessions.

use vestibule_model::{Application, Millis, Session};

use super::entry::{Entry, Holder};
use super::{LiveSessions, Name, SHARDS, lock};
use crate::sync::Arc;

/// A session that was found.
pub(crate) struct Found<H> {
    pub(crate) reference: Name,
    pub(crate) session: Session,
    pub(crate) holder: Arc<H>,
}

impl<H: Holder> LiveSessions<H> {
    /// How many shards a walk has.
    pub(crate) const WALK: u16 = SHARDS;

    /// The sessions of a shard that live at `now` and that `wants` wants, in the order of their references, which is the
    /// same at each walk; and how many were looked at: all of the shard, a thousandth of the table.
    pub(crate) fn of_shard(
        &self,
        number: u16,
        now: Millis,
        wants: impl Fn(&Entry<H>) -> bool,
    ) -> (Vec<Found<H>>, usize) {
        let Some(shard) = self.shards.get(usize::from(number)) else { return (Vec::new(), 0) };
        let shard = lock(shard);
        let found = shard
            .sessions
            .iter()
            .filter(|entry| entry.is_live(now, shard.start) && wants(entry))
            .map(found)
            .collect();
        let looked_at = shard.sessions.len();
        drop(shard);
        (in_order(found), looked_at)
    }

    /// The same of those that were opened with one of these applications: no others are looked at.
    pub(crate) fn of_shard_with(
        &self,
        number: u16,
        now: Millis,
        (applications, wants): (&[Application], impl Fn(&Entry<H>) -> bool),
    ) -> (Vec<Found<H>>, usize) {
        let Some(shard) = self.shards.get(usize::from(number)) else { return (Vec::new(), 0) };
        let shard = lock(shard);
        let mut looked_at = 0;
        let all = applications.iter().flat_map(|application| shard.of_application(*application));
        let all = all.inspect(|_| looked_at += 1);
        let found = all.filter(|entry| entry.is_live(now, shard.start) && wants(entry)).map(found).collect();
        drop(shard);
        (in_order(found), looked_at)
    }
}

fn found<H: Holder>(entry: &Entry<H>) -> Found<H> {
    Found { reference: entry.reference, session: entry.session(), holder: Arc::clone(&entry.holder) }
}

fn in_order<H>(mut found: Vec<Found<H>>) -> Vec<Found<H>> {
    found.sort_unstable_by_key(|found| found.reference);
    found
}
