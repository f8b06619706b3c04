//! When sessions have to be looked at because they may have expired: a ring of buckets, each for some seconds.
//!
//! A session stands in the bucket of the time at which it would expire as far as was known when it was put there. Use
//! only moves that time back, so using a session costs nothing here: it is put elsewhere when its bucket's turn comes.
//! What is further away than the ring reaches stands in the farthest bucket. Looking costs as much as there is in the
//! buckets whose time has passed.

use vestibule_model::Millis;

use super::entry::Entry;
use super::list::{List, NONE};
use super::slab::{Slab, Slot};
use super::start::Start;

/// Milliseconds per bucket.
const SPAN: i64 = 8_000;

/// Buckets: a ring of 68 minutes.
const BUCKETS: u16 = 512;

/// The ring.
pub(crate) struct Wheel {
    heads: Box<[Slot]>,
    /// The newest time, in spans, whose bucket has been looked at.
    looked_at: i64,
}

impl Wheel {
    /// A ring that begins at the start.
    pub(crate) fn new(start: Start) -> Self {
        let looked_at = start.at().as_unix().div_euclid(SPAN).saturating_sub(1);
        Self { heads: vec![NONE; usize::from(BUCKETS)].into_boxed_slice(), looked_at }
    }

    /// Files a session that is in no bucket.
    pub(crate) fn file<H>(&mut self, slab: &mut Slab<Entry<H>>, slot: Slot, start: Start) {
        let Some(entry) = slab.get_mut(slot) else { return };
        let expires = entry.expires_at(start).as_unix().div_euclid(SPAN);
        let farthest = self.looked_at.saturating_add(i64::from(BUCKETS) - 1);
        let bucket = bucket_of(expires.clamp(self.looked_at.saturating_add(1), farthest));
        entry.bucket = bucket;
        if let Some(head) = self.heads.get_mut(usize::from(bucket)) {
            List::Expiry.push(slab, *head, slot);
            *head = slot;
        }
    }

    /// Takes a session out of its bucket.
    pub(crate) fn remove<H>(&mut self, slab: &mut Slab<Entry<H>>, slot: Slot) {
        let Some(bucket) = slab.get(slot).map(|entry| entry.bucket) else { return };
        let links = List::Expiry.unlink(slab, slot);
        if links.previous == NONE
            && let Some(head) = self.heads.get_mut(usize::from(bucket))
        {
            *head = links.next;
        }
    }

    /// Looks at the buckets whose time is over at `now`, and answers who of those there is dead. All are filed anew.
    pub(crate) fn look<H>(&mut self, slab: &mut Slab<Entry<H>>, now: Millis, start: Start) -> Vec<Slot> {
        let over = now.as_unix().div_euclid(SPAN).saturating_sub(1);
        if over < self.looked_at.saturating_sub(i64::from(BUCKETS)) {
            // The clock was far ahead, and has been set right: everything is looked at from here on.
            self.looked_at = over.saturating_sub(i64::from(BUCKETS));
        }
        // Once round is everything there is.
        let first = over.saturating_sub(i64::from(BUCKETS) - 1).max(self.looked_at.saturating_add(1));
        let mut due = Vec::new();
        for time in first..=over {
            let Some(head) = self.heads.get_mut(usize::from(bucket_of(time))) else { continue };
            due.extend(List::Expiry.iter(slab, std::mem::replace(head, NONE)).map(|(slot, _)| slot));
        }
        self.looked_at = self.looked_at.max(over);
        for slot in &due {
            self.file(slab, *slot, start);
        }
        due.retain(|slot| slab.get(*slot).is_some_and(|entry| !entry.is_live(now, start)));
        due
    }
}

fn bucket_of(time: i64) -> u16 {
    u16::try_from(time.rem_euclid(i64::from(BUCKETS))).unwrap_or(0)
}
