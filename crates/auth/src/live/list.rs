//! Doubly linked lists through the sessions of a shard: joining and leaving cost the same however long a list is.

use super::entry::Entry;
use super::slab::{Slab, Slot};

/// No slot.
pub(crate) const NONE: Slot = Slot::MAX;

/// The neighbours in one list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links {
    pub(crate) previous: Slot,
    pub(crate) next: Slot,
}

impl Default for Links {
    fn default() -> Self {
        Self { previous: NONE, next: NONE }
    }
}

/// The lists that every session is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    /// Of its user.
    User,
    /// Of its application.
    Application,
    /// Of those that may expire at about the same time.
    Expiry,
}

/// How many there are.
pub(crate) const LISTS: usize = 3;

impl List {
    /// The neighbours of an entry in this list.
    pub(crate) fn links<H>(self, entry: &Entry<H>) -> Links {
        entry.links[self as usize]
    }

    fn links_mut<H>(self, slab: &mut Slab<Entry<H>>, slot: Slot) -> Option<&mut Links> {
        slab.get_mut(slot).map(|entry| &mut entry.links[self as usize])
    }

    /// Puts `slot` before `head`, which was the first, or NONE.
    pub(crate) fn push<H>(self, slab: &mut Slab<Entry<H>>, head: Slot, slot: Slot) {
        if let Some(links) = self.links_mut(slab, slot) {
            *links = Links { previous: NONE, next: head };
        }
        if let Some(links) = self.links_mut(slab, head) {
            links.previous = slot;
        }
    }

    /// Puts `slot` behind `before`.
    pub(crate) fn insert_behind<H>(self, slab: &mut Slab<Entry<H>>, before: Slot, slot: Slot) {
        let next =
            self.links_mut(slab, before).map_or(NONE, |links| std::mem::replace(&mut links.next, slot));
        if let Some(links) = self.links_mut(slab, slot) {
            *links = Links { previous: before, next };
        }
        if let Some(links) = self.links_mut(slab, next) {
            links.previous = slot;
        }
    }

    /// Takes `slot` out; answers its neighbours. Without one before it, it was the first.
    pub(crate) fn unlink<H>(self, slab: &mut Slab<Entry<H>>, slot: Slot) -> Links {
        let links = self.links_mut(slab, slot).map(std::mem::take).unwrap_or_default();
        if let Some(previous) = self.links_mut(slab, links.previous) {
            previous.next = links.next;
        }
        if let Some(next) = self.links_mut(slab, links.next) {
            next.previous = links.previous;
        }
        links
    }

    /// The slots from `first` on.
    pub(crate) fn iter<H>(
        self,
        slab: &Slab<Entry<H>>,
        first: Slot,
    ) -> impl Iterator<Item = (Slot, &Entry<H>)> {
        let at = move |slot: Slot| slab.get(slot).map(|entry| (slot, entry));
        std::iter::successors(at(first), move |(_, entry)| at(self.links(entry).next))
    }
}
