//! Traffic: how many requests the sessions of each application token made. Counted in memory, written in batches.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use vestibule_model::{Application, ApplicationId, Millis};
use vestibule_store::ApplicationTouch;

/// What was counted since it was written last.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<HashMap<ApplicationId, ApplicationTouch, RandomState>>);

impl Traffic {
    /// Counts a request of a session that was opened with `application`; only application tokens are counted.
    pub(crate) fn count(&self, application: Application, now: Millis) {
        if let Application::Token(application) = application {
            self.add(ApplicationTouch { application, last_used: now, requests: 1 });
        }
    }

    /// Adds to what was counted.
    pub(crate) fn add(&self, touch: ApplicationTouch) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = ApplicationTouch { requests: 0, ..touch };
        let entry = counted.entry(touch.application).or_insert(empty);
        entry.requests = entry.requests.saturating_add(touch.requests);
        entry.last_used = entry.last_used.max(touch.last_used);
    }

    /// Takes what was counted.
    pub(crate) fn take(&self) -> Vec<ApplicationTouch> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *counted).into_values().collect()
    }
}
