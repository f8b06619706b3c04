//! Sessions whose LiveVox ids carry no MAC, because their ids are of the first form: how many the table has, and whether the
//! store may bring more. Where there are none, a LiveVox id without a MAC is forged.

use vestibule_model::SessionId;

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// Begins with none in the table, and a store that may have some.
#[derive(Default)]
pub(crate) struct Unproven {
    count: AtomicUsize,
    none_comes: AtomicBool,
}

impl Unproven {
    /// To be told of a session of the LiveVox dialect before it gets its name.
    pub(crate) fn note_insert(&self, id: SessionId) {
        if id.is_of_first_form() {
            self.count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// To be told of it after its name is gone.
    pub(crate) fn note_removal(&self, id: SessionId) {
        if id.is_of_first_form() {
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Whether the table has one.
    pub(crate) fn may_be(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// Whether the store may bring one.
    pub(crate) fn may_come(&self) -> bool {
        !self.none_comes.load(Ordering::Acquire)
    }

    /// The store has none. None is made any more.
    pub(crate) fn none_comes(&self) {
        self.none_comes.store(true, Ordering::Release);
    }
}
