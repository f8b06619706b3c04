//! Numbered places for values, in chunks: growing moves nothing, and a free place is used again.

/// Places per chunk: 1,792 bytes of sessions, which allocators keep many of in a page, and leave little of it unused.
const CHUNK: usize = 16;

/// A place's number.
pub(crate) type Slot = u32;

/// Values by their slots.
pub(crate) struct Slab<T> {
    chunks: Vec<Box<[Option<T>; CHUNK]>>,
    free: Vec<Slot>,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T> Slab<T> {
    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a value into a free place.
    pub(crate) fn insert(&mut self, value: T) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| self.grow());
        if let Some(place) = self.place(slot) {
            *place = Some(value);
            self.len += 1;
        }
        slot
    }

    /// Takes a value out of its place.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        let value = self.place(slot)?.take()?;
        self.free.push(slot);
        self.len -= 1;
        Some(value)
    }

    /// The value of a place.
    pub(crate) fn get(&self, slot: Slot) -> Option<&T> {
        let index = index(slot);
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)?.as_ref()
    }

    /// Every value, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flat_map(|chunk| chunk.iter_mut()).filter_map(Option::as_mut)
    }

    /// Every place there is, taken or free.
    pub(crate) fn slots(&self) -> std::ops::Range<Slot> {
        0..Slot::try_from(self.chunks.len() * CHUNK).unwrap_or(Slot::MAX)
    }

    /// The value of a place, to be changed.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.place(slot)?.as_mut()
    }

    fn place(&mut self, slot: Slot) -> Option<&mut Option<T>> {
        let index = index(slot);
        self.chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
    }

    /// One more chunk; its first place is for the caller, the others are free.
    fn grow(&mut self) -> Slot {
        let first = self.chunks.len() * CHUNK;
        self.chunks.push(Box::new([const { None }; CHUNK]));
        let slot = |index: usize| Slot::try_from(index).unwrap_or(Slot::MAX);
        // In falling order, so that they are taken in rising order.
        self.free.extend((first + 1..first + CHUNK).rev().map(slot));
        slot(first)
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_place_is_used_again() {
        let mut slab = Slab::default();
        let first = slab.insert("a");
        slab.insert("b");
        assert_eq!(slab.remove(first), Some("a"));
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.insert("c"), first);
        assert_eq!(slab.len(), 2);
    }

    #[test]
    fn places_do_not_move_when_it_grows() {
        let mut slab = Slab::default();
        let slots: Vec<Slot> = (0..1_000).map(|value| slab.insert(value)).collect();
        assert!(slots.iter().zip(0..).all(|(slot, value)| slab.get(*slot) == Some(&value)));
        assert_eq!(slab.len(), 1_000);
    }
}
