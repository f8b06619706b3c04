//! The ring: the keys of every generation, ready for use, and which generation is used for what.
//!
//! Everything in this crate that uses a key takes it from here: what is new is made under the active generation, what is
//! there is recognised under its own. Reading takes no lock: a generation's keys are set once and never change, its state is
//! one byte.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use aes::Aes256;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use vestibule_model::{CheckValues, Generation, KeyState, MasterKeyRecord};

use crate::MasterKey;
use crate::keys::Purpose;
use crate::mac::MacKey;
use crate::master_keys::MasterKeys;

/// The keys of an installation. Clones are one ring.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    /// By the number of the generation; the first is never set.
    slots: [OnceLock<Box<Keys>>; 256],
    states: [AtomicU8; 256],
    /// One that is set.
    active: AtomicU8,
}

/// What a generation's keys are, one for each purpose.
pub(crate) struct Keys {
    pub(crate) generation: Generation,
    pub(crate) bearer: MacKey,
    pub(crate) cookie: MacKey,
    pub(crate) csrf: MacKey,
    pub(crate) wsuk: MacKey,
    pub(crate) livevox: MacKey,
    pub(crate) livevox_mac: MacKey,
    pub(crate) reference: Aes256,
    pub(crate) seal: XChaCha20Poly1305,
    pub(crate) secret_digest: MacKey,
    pub(crate) audit: MacKey,
    pub(crate) end_journal: MacKey,
    pub(crate) witness: MacKey,
    pub(crate) backup: MacKey,
    pub(crate) page_cookie: MacKey,
    pub(crate) page_csrf: MacKey,
    pub(crate) console_cookie: MacKey,
    pub(crate) console_csrf: MacKey,
    pub(crate) refresh_token: MacKey,
    check_value: [u8; 32],
}

/// Keys that do not belong to what they are to be used with. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// The database needs a generation that is not there.
    #[error(
        "generation {0} of the master key is in use and is not at hand: put it back where the master keys are"
    )]
    Missing(Generation),
    /// It is another key than the one that the number belongs to.
    #[error("generation {0} of the master key is another key than the one that was used under this number")]
    Another(Generation),
    /// The key of one number is known under another: changing over to it would be no rotation.
    #[error(
        "generations {0} and {1} of the master key are the same key: every generation needs a key of its own"
    )]
    Same(Generation, Generation),
}

impl Keys {
    fn derive(generation: Generation, master: &MasterKey) -> Self {
        let key = |purpose| MacKey::new(&master.derive(purpose));
        Self {
            generation,
            bearer: key(Purpose::Bearer),
            cookie: key(Purpose::Cookie),
            csrf: key(Purpose::Csrf),
            wsuk: key(Purpose::Wsuk),
            livevox: key(Purpose::Livevox),
            livevox_mac: key(Purpose::LivevoxMac),
            reference: Aes256::new((&*master.derive(Purpose::Reference)).into()),
            seal: XChaCha20Poly1305::new((&*master.derive(Purpose::Seal)).into()),
            secret_digest: key(Purpose::SecretDigest),
            audit: key(Purpose::Audit),
            end_journal: key(Purpose::EndJournal),
            witness: key(Purpose::Witness),
            backup: key(Purpose::Backup),
            page_cookie: key(Purpose::PageCookie),
            page_csrf: key(Purpose::PageCsrf),
            console_cookie: key(Purpose::ConsoleCookie),
            console_csrf: key(Purpose::ConsoleCsrf),
            refresh_token: key(Purpose::RefreshToken),
            check_value: master.check_value(),
        }
    }
}

impl KeyRing {
    /// A ring of these keys. Until [`Self::follow`] is told otherwise the newest is active and the others are readable.
    pub fn new(keys: &MasterKeys) -> Self {
        let ring = Ring::empty();
        for (generation, key) in keys.iter() {
            ring.put(generation, key);
        }
        ring.activate(keys.last());
        for generation in keys.generations().filter(|generation| *generation != keys.last()) {
            ring.set(generation, KeyState::Readable);
        }
        Self(Arc::new(ring))
    }

    /// Adds the keys that are new, as distributed ones, and says which. None is ever replaced or taken out.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::Another`] when one is not the key that is here under its number, [`KeyRingError::Same`] when one is here
    /// under another number.
    pub fn add(&self, keys: &MasterKeys) -> Result<Vec<Generation>, KeyRingError> {
        let is_another = |(generation, key): &(Generation, &MasterKey)| {
            self.0.get(generation.number()).is_some_and(|held| held.check_value != key.check_value())
        };
        if let Some((generation, _)) = keys.iter().find(is_another) {
            return Err(KeyRingError::Another(generation));
        }
        for (generation, key) in keys.iter() {
            self.refuse_same(generation, &key.check_value())?;
        }
        let mut added = Vec::new();
        for (generation, key) in keys.iter().filter(|(generation, _)| !self.holds(*generation)) {
            self.0.put(generation, key);
            added.push(generation);
        }
        Ok(added)
    }

    /// Uses the generations as a database says. Those that it does not know are distributed ones.
    ///
    /// # Errors
    ///
    /// [`KeyRingError`] when it needs one that is not here, or has known another key under a number.
    pub fn follow(&self, records: &[MasterKeyRecord]) -> Result<(), KeyRingError> {
        for MasterKeyRecord { generation, check_value, state, .. } in records {
            match self.0.get(generation.number()) {
                Some(held) if held.check_value != *check_value => {
                    return Err(KeyRingError::Another(*generation));
                }
                None if *state != KeyState::Retired => return Err(KeyRingError::Missing(*generation)),
                _ => {}
            }
        }
        let Some(active) = records.iter().find(|record| record.state == KeyState::Active) else {
            return Ok(());
        };
        // The new one first: there is no moment without an active one.
        self.0.activate(active.generation);
        let state = |generation| {
            let record = records.iter().find(|record| record.generation == generation);
            record.map_or(KeyState::Distributed, |record| record.state)
        };
        for generation in (1..=u8::MAX).filter_map(Generation::new) {
            self.0.set(generation, state(generation));
        }
        Ok(())
    }

    /// Refuses when this is the key of another generation that is here.
    fn refuse_same(&self, generation: Generation, check_value: &[u8; 32]) -> Result<(), KeyRingError> {
        let mut others = self.generations().filter(|other| *other != generation);
        match others.find(|other| self.check_value(*other).as_ref() == Some(check_value)) {
            Some(other) => Err(KeyRingError::Same(generation.min(other), generation.max(other))),
            None => Ok(()),
        }
    }

    /// The generation that everything new is made under.
    pub fn active(&self) -> Generation {
        self.0.active_keys().generation
    }

    /// Whether the key of a generation is here.
    pub fn holds(&self, generation: Generation) -> bool {
        self.0.get(generation.number()).is_some()
    }

    /// What a generation is used for, whether its key is here or not.
    pub fn state(&self, generation: Generation) -> KeyState {
        state_of(self.0.states[usize::from(generation.number())].load(Ordering::Acquire))
    }

    /// The generations whose keys are here, oldest first.
    pub fn generations(&self) -> impl Iterator<Item = Generation> {
        (1..=u8::MAX).filter_map(Generation::new).filter(|generation| self.holds(*generation))
    }

    /// By which a database, or a backup, knows the key of a generation; None: it is not here.
    pub fn check_value(&self, generation: Generation) -> Option<[u8; 32]> {
        self.0.get(generation.number()).map(|keys| keys.check_value)
    }

    /// By which a database knows the keys that are here.
    pub fn check_values(&self) -> CheckValues {
        let keys = (0..=u8::MAX).filter_map(|number| self.0.get(number));
        CheckValues(keys.map(|keys| (keys.generation, keys.check_value)).collect())
    }

    /// The keys that everything new is made with.
    pub(crate) fn active_keys(&self) -> &Keys {
        self.0.active_keys()
    }

    /// The keys of a generation, in whatever state it is. `number` may be anything.
    pub(crate) fn keys(&self, number: u8) -> Option<&Keys> {
        self.0.get(number)
    }

    /// The same, unless what was made with them is not accepted any more. A distributed generation is one that others may
    /// use already.
    pub(crate) fn accepted(&self, number: u8) -> Option<&Keys> {
        let state = self.0.states[usize::from(number)].load(Ordering::Acquire);
        self.0.get(number).filter(|_| state != RETIRED)
    }

    /// The keys of every generation that is here, in whatever state, from the newest on.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Keys> {
        (1..=u8::MAX).rev().filter_map(|number| self.keys(number))
    }

    /// All that are accepted, the active ones first, then from the newest on.
    pub(crate) fn all_accepted(&self) -> impl Iterator<Item = &Keys> {
        let active = self.active_keys();
        let others = (1..=u8::MAX).rev().filter_map(|number| self.accepted(number));
        std::iter::once(active).chain(others.filter(move |keys| keys.generation != active.generation))
    }
}

/// States as they are kept. What is not listed is distributed.
const ACTIVE: u8 = 1;
const READABLE: u8 = 2;
const RETIRED: u8 = 3;

const fn state_of(kept: u8) -> KeyState {
    match kept {
        ACTIVE => KeyState::Active,
        READABLE => KeyState::Readable,
        RETIRED => KeyState::Retired,
        _ => KeyState::Distributed,
    }
}

impl Ring {
    fn empty() -> Self {
        Self {
            slots: [const { OnceLock::new() }; 256],
            states: [const { AtomicU8::new(0) }; 256],
            active: AtomicU8::new(0),
        }
    }

    fn put(&self, generation: Generation, master: &MasterKey) {
        self.slots[usize::from(generation.number())]
            .get_or_init(|| Box::new(Keys::derive(generation, master)));
    }

    fn get(&self, number: u8) -> Option<&Keys> {
        self.slots[usize::from(number)].get().map(|keys| &**keys)
    }

    fn set(&self, generation: Generation, state: KeyState) {
        let kept = match state {
            KeyState::Distributed => 0,
            KeyState::Active => ACTIVE,
            KeyState::Readable => READABLE,
            KeyState::Retired => RETIRED,
        };
        self.states[usize::from(generation.number())].store(kept, Ordering::Release);
    }

    fn activate(&self, generation: Generation) {
        self.set(generation, KeyState::Active);
        self.active.store(generation.number(), Ordering::Release);
    }

    #[expect(clippy::expect_used, reason = "a ring is made with a key, and activates only what it holds")]
    fn active_keys(&self) -> &Keys {
        self.get(self.active.load(Ordering::Acquire)).expect("the active generation has no keys")
    }
}

impl From<&MasterKeys> for KeyRing {
    fn from(keys: &MasterKeys) -> Self {
        Self::new(keys)
    }
}

impl From<&MasterKey> for KeyRing {
    /// A ring of one key, as the first generation.
    fn from(key: &MasterKey) -> Self {
        let ring = Ring::empty();
        ring.put(Generation::FIRST, key);
        ring.activate(Generation::FIRST);
        Self(Arc::new(ring))
    }
}

impl From<&Self> for KeyRing {
    fn from(ring: &Self) -> Self {
        ring.clone()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states: Vec<_> =
            self.generations().map(|generation| (generation.number(), self.state(generation))).collect();
        out.debug_tuple("KeyRing").field(&states).finish()
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
