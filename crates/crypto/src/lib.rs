//! Tokens minted and recognised, passwords hashed and verified, secrets sealed at rest.
//!
//! Owns every key and every use of one: nothing outside this crate computes a MAC, derives a key or compares
//! a secret. Does no I/O but asking the operating system for random bytes ([`OsRng`]), keeps no state but keys
//! and the memory of a hash thread, and never logs. What is recognised here is only *genuine*; whether a session
//! lives is a question for the caller.

mod audit;
mod backup;
mod digest;
mod hex;
mod keys;
mod mac;
mod master_keys;
mod one_time;
mod password;
mod pkce;
mod random;
mod record_sealer;
mod ring;
mod seal;
mod signing;
#[cfg(test)]
mod testing;
mod tokens;

pub use audit::AuditKey;
pub use backup::{BackupKey, BackupMac};
pub use digest::{SecretHasher, constant_time_eq};
pub use keys::{MasterKey, MasterKeyError};
pub use master_keys::{MasterKeys, MasterKeysError};
pub use one_time::{OneTimeSecret, OneTimeStep, recovery_code, recovery_digest};
pub use password::{
    Argon2Params, Engine, MAX_ITERATIONS, MAX_MEMORY_KIB, MAX_PARALLELISM, MAX_WORK_KIB, PasswordError,
    PasswordHasher, UnknownEngine, check_hash, cost_of, decoy, needs_rehash, self_check,
};
pub use pkce::{is_pkce_text, pkce_matches};
pub use random::{OsRng, random_hex};
pub use record_sealer::RecordSealer;
pub use ring::{KeyRing, KeyRingError};
pub use seal::{SealContext, SealError, Sealer};
pub use signing::{PublicNumbers, SigningError, SigningPair};
pub use tokens::{LivevoxId, TokenKeys, TokenText};
