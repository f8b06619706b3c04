//! The keys of OpenID providers, read again when a token has another: providers change them.
//!
//! What comes from outside decides when, so it is seldom: at most once a minute for each connection, whatever comes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use vestibule_model::{ConnectionId, Monotonic};
use vestibule_oidc::Keys;

use crate::directory::UsableConnection;
use crate::outgoing::OutgoingRequest;
use crate::service::Auth;

/// How long nobody asks again.
const PAUSE: Duration = Duration::from_mins(1);

/// What was read of each connection.
#[derive(Default)]
pub(crate) struct ProviderKeys(Mutex<HashMap<ConnectionId, Read>>);

struct Read {
    /// For which state of the connection: another one brings keys of its own.
    of: Weak<UsableConnection>,
    asked: Monotonic,
    keys: Option<Arc<Keys>>,
}

impl ProviderKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys that were read since the connection is as it is; None: its own count.
    pub(super) fn of(&self, usable: &Arc<UsableConnection>) -> Option<Arc<Keys>> {
        let all = self.lock();
        let read = all.get(&usable.connection.id)?;
        read.keys.clone().filter(|_| is_of(read, usable))
    }

    /// Whether somebody may ask the provider now, which is noted.
    fn may_ask(&self, usable: &Arc<UsableConnection>, now: Monotonic) -> bool {
        let mut all = self.lock();
        // Deleted ones go, so that there are no more than connections.
        all.retain(|_, read| read.of.strong_count() > 0);
        let before = all.get(&usable.connection.id).filter(|read| is_of(read, usable));
        if before.is_some_and(|read| now < read.asked.plus(PAUSE)) {
            return false;
        }
        let keys = before.and_then(|read| read.keys.clone());
        let of = Arc::downgrade(usable);
        all.insert(usable.connection.id, Read { of, asked: now, keys });
        true
    }

    fn put(&self, usable: &Arc<UsableConnection>, keys: Keys) {
        if let Some(read) = self.lock().get_mut(&usable.connection.id).filter(|read| is_of(read, usable)) {
            read.keys = Some(Arc::new(keys));
        }
    }
}

fn is_of(read: &Read, usable: &Arc<UsableConnection>) -> bool {
    read.of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, usable))
}

impl Auth {
    /// Reads the keys of a provider again, unless somebody did within a minute. Answers whether there are others now.
    pub(super) async fn read_keys_again(&self, usable: &Arc<UsableConnection>) -> bool {
        let uri = usable.connection.oidc().and_then(|oidc| oidc.jwks_uri.clone());
        let Some(uri) = uri else { return false };
        if !self.provider_keys.may_ask(usable, self.clock.monotonic()) {
            return false;
        }
        let name = &usable.connection.name;
        let answer = match self.outgoing().send(OutgoingRequest::get(uri)).await {
            Ok(answer) if answer.status == 200 => answer,
            Ok(answer) => {
                tracing::warn!(connection = %name, status = answer.status, "the keys of a provider cannot be read");
                return false;
            }
            Err(error) => {
                tracing::warn!(connection = %name, %error, "the keys of a provider cannot be read");
                return false;
            }
        };
        match Keys::read(&answer.body) {
            Ok(keys) => {
                self.provider_keys.put(usable, keys);
                true
            }
            Err(error) => {
                tracing::warn!(connection = %name, %error, "the keys of a provider cannot be read");
                false
            }
        }
    }
}
