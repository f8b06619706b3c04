//! Where clients reach this server.

use std::sync::{Arc, OnceLock};

/// The origin that is told to whoever is to log something in. It is known as soon as somebody listens.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<OnceLock<String>>);

impl Clients {
    /// Says where it is. Only the first time counts.
    pub fn reached_at(&self, origin: String) {
        // Somebody has said so before.
        let _ = self.0.set(origin);
    }

    /// The origin.
    pub(crate) fn origin(&self) -> &str {
        self.0.get().map_or("https://localhost", String::as_str)
    }
}
