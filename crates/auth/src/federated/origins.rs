//! Under which origins browsers reach this service.

use std::sync::{Arc, OnceLock};

use thiserror::Error;

/// Scheme, host and port, without a path, of the listener for users and of that for administrators.
#[derive(Clone, Debug)]
pub struct Origins {
    public: Arc<str>,
    administration: Arc<OnceLock<String>>,
}

/// Nobody has said under which origin the administration listener is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "administrators' connections have no addresses yet: set admin.public_origin in the configuration to the origin under which browsers reach the console, and start the service again"
)]
pub struct NoAdministrationOrigin;

impl Origins {
    /// Those of a service whose public listener is reached under this one.
    pub fn of(public: impl Into<Arc<str>>) -> Self {
        Self { public: public.into(), administration: Arc::default() }
    }

    /// Says under which origin the administration listener is reached, for every clone; None: nobody knows. It may be known no sooner
    /// than somebody listens. Only the first time counts.
    pub fn administration_reached_at(&self, origin: Option<String>) {
        if let Some(origin) = origin {
            // Somebody may have said so before.
            let _ = self.administration.set(origin);
        }
    }

    /// That of the public listener.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// That of the administration listener (`admin.public_origin`).
    ///
    /// # Errors
    ///
    /// Nobody has said what it is.
    pub fn administration(&self) -> Result<&str, NoAdministrationOrigin> {
        self.administration.get().map(String::as_str).ok_or(NoAdministrationOrigin)
    }
}
