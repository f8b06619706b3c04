//! Where browsers reach the console.

use std::sync::{Arc, OnceLock};

/// The origin that identity providers send administrators back to; without one nobody signs in by them. It may be known no sooner than
/// somebody listens.
#[derive(Clone, Debug, Default)]
pub struct ConsoleOrigin(Arc<OnceLock<String>>);

impl ConsoleOrigin {
    /// Says what it is; None: there is none. Only the first time counts.
    pub fn reached_at(&self, origin: Option<String>) {
        // Somebody may have said so before.
        if let Some(origin) = origin {
            let _ = self.0.set(origin);
        }
    }

    /// The origin.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
