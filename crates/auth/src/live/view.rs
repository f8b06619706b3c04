//! What the engine may do with a session while it is locked.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use vestibule_model::{Application, ApplicationId, Millis};
use vestibule_store::ApplicationTouch;

use super::entry::{Entry, Holder};
use super::slab::Slot;
use super::start::Start;
use super::{URGENT, UsedLists};

/// A session under its locks.
pub(crate) struct Live<'a, H> {
    pub(crate) entry: &'a mut Entry<H>,
    pub(super) slot: Slot,
    pub(super) start: Start,
    pub(super) used: &'a mut UsedLists,
    pub(super) traffic: &'a mut Traffic,
}

/// How many requests the sessions of application tokens made since that was written last.
pub(super) type Traffic = HashMap<ApplicationId, ApplicationTouch, RandomState>;

impl<H: Holder> Live<'_, H> {
    /// When it ends if it is not used again, as it is told at `now`.
    pub(crate) fn expires_at(&self, now: Millis) -> Millis {
        self.entry.expires_as_of(now, self.start)
    }

    /// Slides the session's idle limit; a clock that stepped back does not slide it back. It is written at its turn, and after a pause
    /// of an eighth of the idle limit at the next: a crash before would bring the end nearer by the whole pause.
    pub(crate) fn touch(&mut self, now: Millis) {
        if self.entry.last_used < now {
            let is_urgent = self.entry.has_paused(now);
            self.entry.last_used = now;
            if is_urgent {
                self.note_urgent_use();
            } else {
                self.note_use();
            }
        }
    }

    /// Marks it as one whose last use is to be written at the next turn.
    pub(super) fn note_urgent_use(&mut self) {
        self.entry.set_used();
        self.used[URGENT].push(self.slot);
    }

    /// Marks it as one whose last use is not written.
    pub(super) fn note_use(&mut self) {
        if !self.entry.set_used() {
            self.used[self.entry.turn()].push(self.slot);
        }
    }

    /// Counts a request for the application token it was opened with, if it was.
    pub(crate) fn count(&mut self, now: Millis) {
        if let Application::Token(application) = self.entry.application() {
            add(self.traffic, ApplicationTouch { application, last_used: now, requests: 1 });
        }
    }
}

/// Adds to what was counted.
pub(super) fn add(traffic: &mut Traffic, touch: ApplicationTouch) {
    let counted = traffic.entry(touch.application).or_insert(ApplicationTouch { requests: 0, ..touch });
    counted.requests = counted.requests.saturating_add(touch.requests);
    counted.last_used = counted.last_used.max(touch.last_used);
}
