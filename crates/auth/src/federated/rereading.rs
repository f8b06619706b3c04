//! What identity providers say of themselves, read once more when a message needs it: they change keys and certificates.
//!
//! What comes from outside decides when, so it is seldom: of each address of a connection at most once a minute, and once
//! however many wait for it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use vestibule_model::{AccountId, ConnectionId, Millis, Monotonic};
use vestibule_oidc::Keys;

use crate::detach_on_drop::DetachOnDrop;
use crate::directory::UsableConnection;
use crate::service::Auth;

/// How long nobody asks again.
const PAUSE: Duration = Duration::from_mins(1);

/// When somebody asked last, held by whoever asks.
type Asked = tokio::sync::Mutex<Option<Monotonic>>;

/// Who may ask when.
#[derive(Default)]
pub(crate) struct Rereadings(Mutex<HashMap<ConnectionId, (String, Arc<Asked>)>>);

impl Rereadings {
    /// Runs `read` unless it was run within a minute. Whoever comes while it runs waits for its end; if whoever runs it goes away, the
    /// next one does.
    async fn seldom<F: Future<Output = ()>>(
        &self,
        (connection, url): (ConnectionId, &str),
        now: Monotonic,
        read: impl FnOnce() -> F,
    ) {
        let asked = self.of(connection, url, now);
        let mut asked = asked.lock().await;
        if asked.is_some_and(|asked| now < asked.plus(PAUSE)) {
            return;
        }
        read().await;
        *asked = Some(now);
    }

    /// That of an address. Those of a minute ago go, so that there are no more than connections that were used.
    fn of(&self, connection: ConnectionId, url: &str, now: Monotonic) -> Arc<Asked> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |asked: &Asked| {
            asked.try_lock().map_or(true, |asked| asked.is_none_or(|asked| now < asked.plus(PAUSE)))
        };
        all.retain(|id, (_, asked)| *id == connection || is_recent(asked));
        match all.get(&connection) {
            Some((known, asked)) if known == url => Arc::clone(asked),
            _ => {
                let asked = Arc::<Asked>::default();
                all.insert(connection, (url.to_owned(), Arc::clone(&asked)));
                asked
            }
        }
    }
}

/// The keys of `OpenID` providers that were read since, each for one state of the connection: another brings keys of its own, unless
/// those are the same.
#[derive(Default)]
pub(crate) struct ProviderKeys(Mutex<HashMap<ConnectionId, ReadKeys>>);

struct ReadKeys {
    of: Weak<UsableConnection>,
    /// From where.
    url: String,
    /// The keys that the connection has itself, as it says.
    instead_of: String,
    at: Monotonic,
    keys: Arc<Keys>,
}

impl ProviderKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, ReadKeys>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys that were read since the connection has those that it has; None: its own count.
    pub(super) fn of(&self, usable: &Arc<UsableConnection>) -> Option<Arc<Keys>> {
        let oidc = usable.connection.oidc()?;
        let mut all = self.lock();
        let read = all.get_mut(&usable.connection.id)?;
        if !std::ptr::eq(read.of.as_ptr(), Arc::as_ptr(usable)) {
            let is_same = oidc.jwks_uri.as_ref() == Some(&read.url) && oidc.jwks == read.instead_of;
            if !is_same {
                return None;
            }
            read.of = Arc::downgrade(usable);
        }
        Some(Arc::clone(&read.keys))
    }

    fn put(&self, usable: &Arc<UsableConnection>, url: &str, at: Monotonic, keys: Keys) {
        let mut all = self.lock();
        // Those of connections that are no longer go, so that there are no more than connections. While nobody asks again, a
        // change of a connection may be all that happened.
        all.retain(|_, read| read.of.strong_count() > 0 || at < read.at.plus(PAUSE));
        let instead_of = usable.connection.oidc().map_or_else(String::new, |oidc| oidc.jwks.clone());
        let (of, keys) = (Arc::downgrade(usable), Arc::new(keys));
        all.insert(usable.connection.id, ReadKeys { of, url: url.to_owned(), instead_of, at, keys });
    }
}

impl Auth {
    /// Other keys of the provider than those that a token was examined by, if it has some now.
    pub(super) async fn other_keys(
        &self,
        usable: &Arc<UsableConnection>,
        known: Option<&Arc<Keys>>,
    ) -> Option<Arc<Keys>> {
        let url = usable.connection.oidc()?.jwks_uri.clone()?;
        let now = self.clock.monotonic();
        self.federated
            .rereadings
            .seldom((usable.connection.id, &url), now, || self.read_keys_again(usable, &url, now))
            .await;
        let present = self.federated.keys.of(usable)?;
        (!known.is_some_and(|known| Arc::ptr_eq(known, &present))).then_some(present)
    }

    async fn read_keys_again(&self, usable: &Arc<UsableConnection>, url: &str, now: Monotonic) {
        let read = self.jwks(usable.account, url).await.and_then(|text| Ok(Keys::read(&text)?));
        match read {
            Ok(keys) => self.federated.keys.put(usable, url, now, keys),
            Err(error) => {
                let name = &usable.connection.name;
                tracing::warn!(connection = %name, %error, "the keys of a provider cannot be read");
            }
        }
    }

    /// The connection as its identity provider's metadata has it now, if that has other certificates than a message was examined
    /// by.
    pub(super) async fn with_other_certificates(
        self: &Arc<Self>,
        account: AccountId,
        usable: &UsableConnection,
        now: Millis,
    ) -> Option<Arc<UsableConnection>> {
        let url = usable.connection.saml()?.metadata_url.clone()?;
        // A test of a connection that nobody uses changes nothing of it.
        let id = Some(usable.connection.id).filter(|_| usable.connection.enabled)?;
        let read = || {
            let auth = Arc::clone(self);
            // To its end, whoever still waits: what is read is stored.
            DetachOnDrop::new(async move { auth.read_metadata_again(account, id, now).await })
        };
        self.federated.rereadings.seldom((id, &url), self.clock.monotonic(), read).await;
        let entry = self.directory.account(account)?;
        let present = entry.connection(id)?;
        let is_same = present.connection.saml()?.certificates == usable.connection.saml()?.certificates;
        (!is_same).then(|| Arc::clone(present))
    }

    async fn read_metadata_again(&self, account: AccountId, id: ConnectionId, now: Millis) {
        let entry = self.directory.account(account);
        let Some(usable) = entry.as_ref().and_then(|entry| entry.connection(id)) else { return };
        let connection = &usable.connection;
        if let Err(error) = self.follow_identity_provider(account, connection, now).await {
            tracing::error!(%account, connection = %connection.name, %error, "what an identity provider says of itself cannot be stored");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const ID: ConnectionId = ConnectionId(1);

    fn at(seconds: u64) -> Monotonic {
        Monotonic::after_beginning(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn an_address_is_read_once_a_minute_and_another_one_at_once() {
        let (rereadings, read) = (Rereadings::default(), AtomicUsize::new(0));
        for (url, seconds, count) in [("a", 0, 1), ("a", 59, 1), ("b", 59, 2), ("b", 118, 2), ("b", 119, 3)] {
            let reading = || async {
                read.fetch_add(1, Ordering::Relaxed);
            };
            rereadings.seldom((ID, url), at(seconds), reading).await;
            assert_eq!(read.load(Ordering::Relaxed), count, "{url} at {seconds}");
        }
    }

    #[tokio::test]
    async fn whoever_comes_meanwhile_waits_for_what_is_read() {
        let (rereadings, is_read) = (Rereadings::default(), AtomicUsize::new(0));
        let first = rereadings.seldom((ID, "a"), at(0), || async {
            tokio::task::yield_now().await;
            is_read.store(1, Ordering::Relaxed);
        });
        let second = async {
            rereadings.seldom((ID, "a"), at(0), || async { panic!("it is read already") }).await;
            is_read.load(Ordering::Relaxed)
        };
        let ((), found) = tokio::join!(first, second);
        assert_eq!(found, 1);
    }
}
