//! API keys with their secrets opened, and the sealing of those secrets.

use vestibule_crypto::{SealContext, SealError, Sealer, constant_time_eq};
use vestibule_model::{AccountId, ApiKey, ApiKeyValues, ApplicationId, Millis, Rng, Superseded};
use vestibule_oauth1::KeySecrets;
use vestibule_store::SealHolder;
use zeroize::Zeroizing;

use super::sealed::SealedSecret;

/// An API key with its secrets opened, as comparing them needs.
pub(crate) struct UsableApiKey {
    pub(crate) key: ApiKey,
    pub(crate) values: OpenedValues,
    pub(crate) superseded: Option<Superseded<OpenedValues>>,
}

/// What an API key proves itself by, opened.
pub(crate) struct OpenedValues {
    secret: Zeroizing<Vec<u8>>,
    access_token: String,
    access_token_secret: Zeroizing<Vec<u8>>,
}

/// Which of its values a sealed secret of an API key is one of: each has columns of its own.
#[derive(Clone, Copy)]
enum SecretSet {
    Present,
    Superseded,
}

impl SecretSet {
    /// The columns of secret and token secret.
    const fn columns(self) -> [&'static str; 2] {
        match self {
            Self::Present => ["sealed_secret", "sealed_access_token_secret"],
            Self::Superseded => ["sealed_superseded_secret", "sealed_superseded_access_token_secret"],
        }
    }

    fn seal(self, sealer: &Sealer, rng: &dyn Rng, key: ApplicationId, secrets: [&[u8]; 2]) -> [Vec<u8>; 2] {
        let (row, [first, second]) = (key.0.to_be_bytes(), self.columns());
        let seal = |column, secret| sealer.seal(rng, &seal_context(column, &row), secret);
        [seal(first, secrets[0]), seal(second, secrets[1])]
    }

    /// What is sealed of the values.
    fn sealed(self, account: AccountId, key: ApplicationId, values: &ApiKeyValues) -> [SealedSecret; 2] {
        let [first, second] = self.columns();
        let holder = SealHolder::ApiKey(account, key);
        let sealed = |column, sealed: &Vec<u8>| SealedSecret { holder, column, sealed: sealed.clone() };
        [sealed(first, &values.sealed_secret), sealed(second, &values.sealed_access_token_secret)]
    }

    fn open(
        self,
        sealer: &Sealer,
        key: ApplicationId,
        values: &ApiKeyValues,
    ) -> Result<OpenedValues, SealError> {
        let (row, [first, second]) = (key.0.to_be_bytes(), self.columns());
        let open = |column, sealed| sealer.open(&seal_context(column, &row), sealed);
        Ok(OpenedValues {
            secret: open(first, &values.sealed_secret)?,
            access_token: values.access_token.clone(),
            access_token_secret: open(second, &values.sealed_access_token_secret)?,
        })
    }
}

impl OpenedValues {
    /// In the order in which callers show them: secret, token, token secret.
    pub(crate) fn in_order(&self) -> [&[u8]; 3] {
        [&self.secret, self.access_token.as_bytes(), &self.access_token_secret]
    }

    /// As signatures are verified with them; None: a secret is no text.
    pub(crate) fn secrets(&self) -> Option<KeySecrets<'_>> {
        Some(KeySecrets {
            token: &self.access_token,
            consumer_secret: std::str::from_utf8(&self.secret).ok()?,
            token_secret: std::str::from_utf8(&self.access_token_secret).ok()?,
        })
    }
}

impl UsableApiKey {
    pub(super) fn open(key: ApiKey, sealer: &Sealer) -> Result<Self, SealError> {
        let values = SecretSet::Present.open(sealer, key.id, &key.values())?;
        let superseded = match &key.superseded {
            Some(Superseded { values, until }) => {
                let values = SecretSet::Superseded.open(sealer, key.id, values)?;
                Some(Superseded { values, until: *until })
            }
            None => None,
        };
        Ok(Self { key, values, superseded })
    }

    /// The values that work at `now`, the present ones first.
    pub(crate) fn values_at(&self, now: Millis) -> impl Iterator<Item = &OpenedValues> {
        let before = self.superseded.as_ref().filter(|before| before.counts(now));
        std::iter::once(&self.values).chain(before.map(|before| &before.values))
    }

    /// Whether values that work at `now` have this token.
    pub(crate) fn has_token(&self, token: &str, now: Millis) -> bool {
        self.values_at(now).any(|values| values.access_token == token)
    }

    /// Its present values as those before others, which work until then: sealed for the place where those are kept.
    pub(crate) fn superseded_until(
        &self,
        until: Millis,
        sealer: &Sealer,
        rng: &dyn Rng,
    ) -> Superseded<ApiKeyValues> {
        let OpenedValues { secret, access_token, access_token_secret } = &self.values;
        let [sealed_secret, sealed_access_token_secret] =
            SecretSet::Superseded.seal(sealer, rng, self.key.id, [secret, access_token_secret]);
        let access_token = access_token.clone();
        Superseded { values: ApiKeyValues { sealed_secret, access_token, sealed_access_token_secret }, until }
    }
}

/// Seals the secrets of an API key for the places where they are kept.
pub fn seal_api_key(sealer: &Sealer, rng: &dyn Rng, key: &mut ApiKey, secret: &str, token_secret: &str) {
    [key.sealed_secret, key.sealed_access_token_secret] =
        SecretSet::Present.seal(sealer, rng, key.id, [secret.as_bytes(), token_secret.as_bytes()]);
}

/// Secret and token secret of an API key, opened.
///
/// # Errors
///
/// They are sealed under another master key, or were changed.
pub fn open_api_key(sealer: &Sealer, key: &ApiKey) -> Result<[Zeroizing<Vec<u8>>; 2], SealError> {
    let opened = SecretSet::Present.open(sealer, key.id, &key.values())?;
    Ok([opened.secret, opened.access_token_secret])
}

/// Whether everything that is sealed of an API key can be opened, as a start does.
///
/// # Errors
///
/// Something is sealed under another master key, or was changed.
pub fn check_api_key(sealer: &Sealer, key: &ApiKey) -> Result<(), SealError> {
    UsableApiKey::open(key.clone(), sealer).map(drop)
}

/// Every secret that is sealed of an API key.
pub(crate) fn secrets_of_api_key(account: AccountId, key: &ApiKey) -> Vec<SealedSecret> {
    let before = key.superseded.iter();
    let before = before.flat_map(|before| SecretSet::Superseded.sealed(account, key.id, &before.values));
    SecretSet::Present.sealed(account, key.id, &key.values()).into_iter().chain(before).collect()
}

/// The values of an API key that somebody names, in clear; None: any will do.
#[derive(Clone, Copy)]
pub struct NamedValues<'a> {
    /// The token.
    pub access_token: Option<&'a str>,
    /// The secret and the token secret.
    pub secrets: Option<(&'a str, &'a str)>,
}

/// Which values of an API key those are that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownValues {
    /// Those that it has.
    Present,
    /// Those that it had before, which still work.
    Superseded,
    /// None of them.
    Others,
}

impl NamedValues<'_> {
    /// Whose values these are at `now`. A secret that does not open is another one.
    pub fn of(self, key: &ApiKey, sealer: &Sealer, now: Millis) -> KnownValues {
        let are_these = |set: SecretSet, values: &ApiKeyValues| {
            if self.secrets.is_none() {
                return self.access_token.is_none_or(|token| token == values.access_token);
            }
            set.open(sealer, key.id, values).is_ok_and(|opened| self.are(&opened))
        };
        let before = key.superseded.as_ref().filter(|before| before.counts(now));
        if are_these(SecretSet::Present, &key.values()) {
            KnownValues::Present
        } else if before.is_some_and(|before| are_these(SecretSet::Superseded, &before.values)) {
            KnownValues::Superseded
        } else {
            KnownValues::Others
        }
    }

    fn are(self, opened: &OpenedValues) -> bool {
        let secrets = self.secrets.is_none_or(|(secret, token_secret)| {
            constant_time_eq(&opened.secret, secret.as_bytes())
                & constant_time_eq(&opened.access_token_secret, token_secret.as_bytes())
        });
        self.access_token.is_none_or(|token| token == opened.access_token) && secrets
    }
}

/// What binds a sealed secret of an API key to its place.
fn seal_context<'a>(column: &'a str, row: &'a [u8; 8]) -> SealContext<'a> {
    SealContext { table: "api_keys", column, row }
}
