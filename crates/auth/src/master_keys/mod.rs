//! The master keys of the running service: where they come from, which of them is in force, and what is made anew under it.
//!
//! The ring (`vestibule-crypto`) holds the keys; the database says which generation is used for what; this is what brings the
//! two together, at the start and whenever another process may have changed something. Who may ask for a change is a question
//! for `administration/master_keys.rs`.

mod redo;
mod reseal;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as AsyncMutex;
use vestibule_crypto::{KeyRing, KeyRingError, MasterKey, MasterKeys, Sealer, SecretHasher, TokenKeys};
use vestibule_model::{Generation, KeyState, MasterKeyRecord};
use vestibule_store::{Store, StoreError};

use redo::UnderRedoing;

use crate::service::Auth;

/// Where master keys are read from again while the service runs: a file, an environment variable.
pub trait KeySource: Send + Sync + 'static {
    /// The keys that are there now.
    fn read(&self) -> Result<MasterKeys, KeySourceError>;
}

/// Why keys cannot be read. Says nothing of what is there.
pub type KeySourceError = Box<dyn Error + Send + Sync>;

/// The master keys that an engine is started with, and where others are to be found.
pub struct Keys {
    /// Those that are at hand.
    pub ring: KeyRing,
    /// Where to look for others; None: there never are any.
    pub source: Option<Arc<dyn KeySource>>,
}

impl From<&MasterKey> for Keys {
    /// One key, and never another.
    fn from(key: &MasterKey) -> Self {
        Self { ring: key.into(), source: None }
    }
}

impl From<&KeyRing> for Keys {
    fn from(ring: &KeyRing) -> Self {
        Self { ring: ring.clone(), source: None }
    }
}

/// The keys of a running engine, and what is derived, hashed and sealed under them.
pub(crate) struct KeyMaterial {
    ring: KeyRing,
    /// These three take their keys from the ring.
    tokens: TokenKeys,
    secrets: SecretHasher,
    sealer: Sealer,
    store: Arc<dyn Store>,
    source: Option<Arc<dyn KeySource>>,
    /// The generations that the source had when it was read last. The ring may have more: those that were taken out since.
    in_source: Mutex<BTreeSet<Generation>>,
    /// Whoever reads what the database says holds this until it is followed: what was read before must not be followed later.
    following: AsyncMutex<()>,
    /// What the database said last.
    records: Mutex<Vec<MasterKeyRecord>>,
    redoing: UnderRedoing,
}

impl KeyMaterial {
    pub(crate) fn new(Keys { ring, source }: Keys, store: Arc<dyn Store>) -> Self {
        let in_source = Mutex::new(ring.generations().collect());
        Self {
            tokens: TokenKeys::derive(&ring),
            secrets: SecretHasher::derive(&ring),
            sealer: Sealer::derive(&ring),
            store,
            ring,
            source,
            in_source,
            following: AsyncMutex::default(),
            records: Mutex::default(),
            redoing: UnderRedoing::default(),
        }
    }

    /// The generations of the master key that there are.
    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Under which the credentials of a session are derived.
    pub(crate) const fn tokens(&self) -> &TokenKeys {
        &self.tokens
    }

    /// Under which secrets are hashed.
    pub(crate) const fn secrets(&self) -> &SecretHasher {
        &self.secrets
    }

    /// Under which secrets are sealed.
    pub(crate) const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Reads the source again; answers which generations are new.
    pub(crate) fn read_again(&self) -> Result<Vec<Generation>, KeySourceError> {
        let Some(source) = &self.source else { return Ok(Vec::new()) };
        let keys = source.read()?;
        let added = self.ring.add(&keys)?;
        *self.in_source() = keys.generations().collect();
        for generation in &added {
            tracing::info!(%generation, "a master key was added");
        }
        self.warn_of_missing();
        Ok(added)
    }

    /// Whether the source had the generation when it was read last, and a start would find it there.
    pub(crate) fn is_in_source(&self, generation: Generation) -> bool {
        self.in_source().contains(&generation)
    }

    fn in_source(&self) -> MutexGuard<'_, BTreeSet<Generation>> {
        self.in_source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self) -> MutexGuard<'_, Vec<MasterKeyRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys that the database needs, which this process has and the next one would not find.
    fn missing(&self) -> Vec<(Generation, KeyState)> {
        let records = self.records().clone();
        let in_use = records.into_iter().filter(|record| record.state != KeyState::Retired);
        let missing = in_use.filter(|record| !self.is_in_source(record.generation));
        missing.map(|record| (record.generation, record.state)).collect()
    }

    fn warn_of_missing(&self) {
        for (generation, state) in self.missing() {
            tracing::warn!(
                    %generation, %state,
                    "a master key that is in use was taken out of where the keys are: put it back, or the next start \
                     is refused"
            );
        }
    }

    /// Follows rotations, of this process or another.
    pub(crate) async fn follow_store(&self) -> Result<(), StoreError> {
        self.follow_what(self.store.master_keys()).await
    }

    /// Reads what the database says, and follows it.
    async fn follow_what(
        &self,
        read: impl Future<Output = Result<Vec<MasterKeyRecord>, StoreError>>,
    ) -> Result<(), StoreError> {
        let _turn = self.following.lock().await;
        let records = read.await?;
        self.follow(records).map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    /// Uses the generations as the database says. What is missing is looked for where the keys come from.
    pub(crate) fn follow(&self, records: Vec<MasterKeyRecord>) -> Result<(), KeyRingError> {
        if *self.records() == records {
            return Ok(());
        }
        let is_missing = |record: &MasterKeyRecord| {
            record.state != KeyState::Retired && !self.ring.holds(record.generation)
        };
        if records.iter().any(is_missing)
            && let Err(error) = self.read_again()
        {
            tracing::error!(%error, "the master keys cannot be read again");
        }
        self.ring.follow(&records)?;
        let mut known = self.records();
        // Not the ring's: whoever writes the audit turns it on with the commit of the rotation.
        if let (Some(before), Some(after)) = (active_of(&known), active_of(&records))
            && before != after
        {
            tracing::info!(generation = %after, before = %before, "the master key was rotated");
        }
        *known = records;
        drop(known);
        self.warn_of_missing();
        Ok(())
    }
}

fn active_of(records: &[MasterKeyRecord]) -> Option<Generation> {
    let active = records.iter().find(|record| record.state == KeyState::Active);
    active.map(|record| record.generation)
}

impl Auth {
    /// Reads the master keys again from where they came, as after a signal; answers which generations are new.
    pub fn read_master_keys_again(&self) -> Result<Vec<Generation>, KeySourceError> {
        self.keys.read_again()
    }

    /// What the next start would not find among the master keys, in words; None: it would find all that the database needs.
    pub fn missing_master_keys(&self) -> Option<String> {
        let missing = self.keys.missing();
        let missing = missing.iter().map(|(generation, state)| {
            format!(
                "generation {generation} of the master key is {state} and was not where the keys are when they were read \
                 last: put it back, or the next start is refused"
            )
        });
        Some(missing.collect::<Vec<_>>().join("; ")).filter(|words| !words.is_empty())
    }

    /// Follows rotations, of this process or another.
    pub async fn follow_master_keys(&self) -> Result<(), StoreError> {
        self.keys.follow_store().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8, state: KeyState, keys: &MasterKeys) -> MasterKeyRecord {
        let generation = Generation::new(number).unwrap();
        let check_value = keys.check_values().0[&generation];
        MasterKeyRecord { generation, check_value, state, activated_at: None, retired_at: None }
    }

    #[tokio::test]
    async fn what_was_read_before_a_rotation_is_not_followed_after_it() {
        let text = format!("1:{} 2:{}", "0f".repeat(32), "1e".repeat(32));
        let keys = MasterKeys::from_text(&text).unwrap();
        let before = vec![record(1, KeyState::Active, &keys)];
        let after = vec![record(1, KeyState::Readable, &keys), record(2, KeyState::Active, &keys)];
        let store = Arc::new(vestibule_store::MemoryStore::default());
        let running = KeyMaterial::new(Keys::from(&KeyRing::new(&keys)), store);
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let slow = running.follow_what(async {
            let _ = gone.await;
            Ok(before)
        });
        let quick = running.follow_what(async { Ok(after) });
        let (slow, quick, _) = tokio::join!(slow, quick, async { go.send(()) });
        assert!(slow.is_ok() && quick.is_ok());
        assert_eq!(running.ring.active().number(), 2);
    }
}
