//! API keys with their secrets opened, and the sealing of those secrets.

use vestibule_crypto::{SealContext, SealError, Sealer, constant_time_eq};
use vestibule_model::{ApiKey, Rng};
use zeroize::Zeroizing;

/// An API key with its secrets opened, as comparing them needs.
pub(crate) struct UsableApiKey {
    pub(crate) key: ApiKey,
    pub(crate) secret: Zeroizing<Vec<u8>>,
    pub(crate) access_token_secret: Zeroizing<Vec<u8>>,
}

impl UsableApiKey {
    pub(super) fn open(key: ApiKey, sealer: &Sealer) -> Result<Self, SealError> {
        let row = key.id.0.to_be_bytes();
        let secret = sealer.open(&seal_context("sealed_secret", &row), &key.sealed_secret)?;
        let access_token_secret = sealer
            .open(&seal_context("sealed_access_token_secret", &row), &key.sealed_access_token_secret)?;
        Ok(Self { key, secret, access_token_secret })
    }
}

/// Seals the secrets of an API key for the places where they are kept.
pub fn seal_api_key(sealer: &Sealer, rng: &dyn Rng, key: &mut ApiKey, secret: &str, token_secret: &str) {
    let row = key.id.0.to_be_bytes();
    key.sealed_secret = sealer.seal(rng, &seal_context("sealed_secret", &row), secret.as_bytes());
    key.sealed_access_token_secret =
        sealer.seal(rng, &seal_context("sealed_access_token_secret", &row), token_secret.as_bytes());
}

/// Whether these are the secrets sealed in an API key; one that does not open has other secrets.
pub fn api_key_has_secrets(sealer: &Sealer, key: &ApiKey, secret: &str, token_secret: &str) -> bool {
    UsableApiKey::open(key.clone(), sealer).is_ok_and(|usable| {
        constant_time_eq(&usable.secret, secret.as_bytes())
            & constant_time_eq(&usable.access_token_secret, token_secret.as_bytes())
    })
}

/// What binds a sealed secret of an API key to its place.
fn seal_context<'a>(column: &'a str, row: &'a [u8; 8]) -> SealContext<'a> {
    SealContext { table: "api_keys", column, row }
}
