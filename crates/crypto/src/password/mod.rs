//! Passwords hashed and verified with Argon2id (RFC 9106), stored as PHC strings.
//!
//! A [`PasswordHasher`] belongs to one hash thread and reuses its memory. Which code computes the tags is a
//! setting ([`Engine`]); every engine passes [`self_check`] before it is used.

#[cfg(test)]
mod emulated;
mod engine;
mod params;
mod phc;
mod self_check;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use vestibule_model::Rng;
use zeroize::Zeroizing;

use engine::Argon2id;
pub use params::{Argon2Params, MAX_ITERATIONS, MAX_MEMORY_KIB, MAX_PARALLELISM, MAX_WORK_KIB};
use phc::Phc;
pub use self_check::self_check;

/// The length of a new hash's tag, in bytes (RFC 9106 §4 recommends 256 bits).
const TAG_LENGTH: usize = 32;

/// The length of a new hash's salt, in bytes (RFC 9106 §4 recommends 128 bits).
const SALT_LENGTH: usize = 16;

/// The code that computes Argon2id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// `simd`: picks the widest vector instructions that the processor has. About twice as fast.
    #[default]
    Simd,
    /// `portable`: the implementation of `RustCrypto`, older and more widely used.
    Portable,
}

impl Engine {
    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simd => "simd",
            Self::Portable => "portable",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// A name that no engine has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown password engine {0:?}: there are \"simd\" and \"portable\"")]
pub struct UnknownEngine(pub String);

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        match name {
            "simd" => Ok(Self::Simd),
            "portable" => Ok(Self::Portable),
            other => Err(UnknownEngine(other.to_owned())),
        }
    }
}

/// Why a password could not be hashed or verified. A wrong password is no error.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored text is no hash that this crate can verify.
    #[error("the stored password hash is unusable: {0}")]
    Malformed(&'static str),
    /// The cost is below what Argon2 allows, or above the ceilings.
    #[error("Argon2id cost out of bounds: {0}")]
    Cost(Argon2Params),
    /// The machine has not enough memory now.
    #[error("no {0} KiB of memory for Argon2id")]
    OutOfMemory(u32),
    /// The engine refused its input, which does not happen within the bounds that are checked before.
    #[error("the Argon2id engine failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The engine computed a wrong tag for a known input: this machine must not use it.
    #[error("the Argon2id engine {0:?} fails its known-answer check; choose the other one")]
    WrongAnswer(Engine),
}

/// Hashes and verifies passwords, one at a time, reusing its memory between hashes.
///
/// Owned by one thread. Holds no memory before its first hash, then what the largest hash needed, up to
/// 64 MiB; more is given back after each hash. The memory is wiped after every hash.
pub struct PasswordHasher {
    engine: Box<dyn Argon2id>,
    filled_kib: u64,
}

impl PasswordHasher {
    /// A hasher that holds no memory yet.
    pub fn new(engine: Engine) -> Self {
        Self { engine: engine::build(engine), filled_kib: 0 }
    }

    /// Hashes a password into a PHC string. The salt must be fresh and random. Every password is allowed,
    /// the empty one and those with NUL bytes too.
    pub fn hash(
        &mut self,
        params: Argon2Params,
        salt: [u8; SALT_LENGTH],
        password: &[u8],
    ) -> Result<String, PasswordError> {
        let mut tag = Zeroizing::new([0; TAG_LENGTH]);
        self.compute(params, &salt, password, tag.as_mut_slice())?;
        phc::write(params, &salt, tag.as_slice())
    }

    /// Whether `password` is the one that was hashed, at the hash's own cost. Ceilings on that cost are checked
    /// before anything is allocated; tags are compared in constant time.
    pub fn verify(&mut self, phc: &str, password: &[u8]) -> Result<bool, PasswordError> {
        let stored = Phc::read(phc)?;
        let mut tag = Zeroizing::new([0; phc::MAX_TAG_LENGTH]);
        let tag = &mut tag[..stored.tag.len()];
        self.compute(stored.params, &stored.salt, password, tag)?;
        Ok(tag.ct_eq(stored.tag.as_bytes()).into())
    }

    fn compute(
        &mut self,
        params: Argon2Params,
        salt: &[u8],
        password: &[u8],
        tag: &mut [u8],
    ) -> Result<(), PasswordError> {
        self.engine.compute(params.checked()?, salt, password, tag)?;
        self.filled_kib += u64::from(params.memory_kib) * u64::from(params.iterations);
        Ok(())
    }

    /// The work done so far: memory times passes of every hash, in KiB.
    pub fn filled_kib(&self) -> u64 {
        self.filled_kib
    }

    /// How much memory is held between hashes, in KiB.
    pub fn held_kib(&self) -> usize {
        self.engine.held_kib()
    }
}

/// Whether a verified password should be hashed anew: its hash is not what [`PasswordHasher::hash`] would make
/// with `params`, whether stronger or weaker.
pub fn needs_rehash(phc: &str, params: Argon2Params) -> bool {
    Phc::read(phc).map_or(true, |stored| {
        stored.params != params || stored.salt.len() != SALT_LENGTH || stored.tag.len() != TAG_LENGTH
    })
}

/// Whether passwords can be verified against a hash, which costs nothing to find out.
///
/// # Errors
///
/// It is no PHC string of Argon2id, or one that costs more than is allowed.
pub fn check_hash(phc: &str) -> Result<(), PasswordError> {
    Phc::read(phc)?.params.checked().map(drop)
}

/// What verifying a password against this hash costs; None: it cannot be verified.
pub fn cost_of(phc: &str) -> Option<Argon2Params> {
    Phc::read(phc).ok()?.params.checked().ok()
}

/// A hash that no password is known for, made without hashing. Verifying against it makes an unknown user cost
/// what a known one does.
pub fn decoy(params: Argon2Params, rng: &dyn Rng) -> Result<String, PasswordError> {
    let (mut salt, mut tag) = ([0; SALT_LENGTH], [0; TAG_LENGTH]);
    rng.fill(&mut salt);
    rng.fill(&mut tag);
    phc::write(params.checked()?, &salt, &tag)
}
