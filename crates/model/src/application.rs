//! Applications: what a program proves itself with.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{ApplicationId, ClientMetadata, Generation, Millis, SecretVersion, Superseded};

/// An OAuth 1.0 API key of an account (contract liveperson §3). Issued for the site, not for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique in the installation.
    pub id: ApplicationId,
    /// The consumer key, 32 hexadecimal digits when generated; unique within the account. Not a secret.
    pub app_key: String,
    /// The consumer secret, sealed.
    pub sealed_secret: Vec<u8>,
    /// The token. Not a secret.
    pub access_token: String,
    /// The token secret, sealed.
    pub sealed_access_token_secret: Vec<u8>,
    /// Which of its secrets these are.
    pub secret_version: SecretVersion,
    /// Its values before those, for as long as both work.
    pub superseded: Option<Superseded<ApiKeyValues>>,
    /// The application's name, for people.
    pub name: String,
    /// Who made the application, for people.
    pub developer: String,
    /// What it is for, for people.
    pub description: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// What it may be used for.
    pub privileges: Vec<Privilege>,
    /// The addresses it may be used from; empty: any.
    pub addresses: Vec<IpNet>,
}

impl ApiKey {
    /// How many an account may have (contract liveperson §3).
    pub const MAX_PER_ACCOUNT: usize = 100;

    /// Every secret that is sealed in it.
    pub fn seals(&self) -> impl Iterator<Item = &Vec<u8>> {
        let before = self.superseded.as_ref().map(|before| &before.values);
        let before =
            before.into_iter().flat_map(|values| [&values.sealed_secret, &values.sealed_access_token_secret]);
        [&self.sealed_secret, &self.sealed_access_token_secret].into_iter().chain(before)
    }

    /// What it proves itself by.
    pub fn values(&self) -> ApiKeyValues {
        ApiKeyValues {
            sealed_secret: self.sealed_secret.clone(),
            access_token: self.access_token.clone(),
            sealed_access_token_secret: self.sealed_access_token_secret.clone(),
        }
    }
}

/// What an API key proves itself by: always all three of one set, never one of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyValues {
    /// The consumer secret, sealed.
    pub sealed_secret: Vec<u8>,
    /// The token. Not a secret.
    pub access_token: String,
    /// The token secret, sealed.
    pub sealed_access_token_secret: Vec<u8>,
}

/// An OAuth 2.0 client of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthClient {
    /// Unique in the installation.
    pub id: ApplicationId,
    /// The client id; unique within the account. Not a secret.
    pub client_id: String,
    /// A keyed hash of the client secret.
    pub secret: SecretDigest,
    /// Which of its secrets this is.
    pub secret_version: SecretVersion,
    /// Its secret before that one, for as long as both work.
    pub superseded: Option<Superseded<SecretDigest>>,
    /// The client's name, for people.
    pub name: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// What it may be used for.
    pub privileges: Vec<Privilege>,
    /// The addresses it may be used from; empty: any.
    pub addresses: Vec<IpNet>,
    /// What it may ask the sentinel for, and how.
    pub metadata: ClientMetadata,
}

impl OauthClient {
    /// Every secret that is kept of it.
    pub fn digests(&self) -> impl Iterator<Item = SecretDigest> {
        std::iter::once(self.secret).chain(self.superseded.map(|before| before.values))
    }
}

/// An application token of an account (contract livevox §2): what a program shows when it logs somebody in, so that its
/// traffic can be told from that of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationToken {
    /// Unique in the installation.
    pub id: ApplicationId,
    /// The application's name, for people; unique within the account.
    pub name: String,
    /// A keyed hash of the token, unique in the installation: the token finds its account by it.
    pub token: SecretDigest,
    /// Which of its tokens this is.
    pub secret_version: SecretVersion,
    /// Its token before that one, for as long as both work; as unique as the token itself.
    pub superseded: Option<Superseded<SecretDigest>>,
    /// Whether it may be used.
    pub enabled: bool,
    /// When a session opened with it was last used.
    pub last_used: Option<Millis>,
    /// How many requests its sessions have made.
    pub requests: u64,
}

impl ApplicationToken {
    /// The longest token, in characters (contract livevox §2).
    pub const LONGEST: usize = 64;

    /// Every secret that is kept of it.
    pub fn digests(&self) -> impl Iterator<Item = SecretDigest> {
        std::iter::once(self.token).chain(self.superseded.map(|before| before.values))
    }

    /// Whether this may be a token: 1 to [`Self::LONGEST`] characters of `0-9`, `A-Z`, `a-z` and `-`.
    pub fn is_token(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(fits)
    }
}

/// A keyed hash of a secret that is long and random, so that no slow hash is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretDigest {
    /// The hash.
    pub tag: [u8; 32],
    /// The generation of the master key that its key is derived from.
    pub generation: Generation,
}

impl From<[u8; 32]> for SecretDigest {
    /// Under the first generation.
    fn from(tag: [u8; 32]) -> Self {
        Self { tag, generation: Generation::FIRST }
    }
}

/// A tick-box of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Privilege {
    /// Category Agent Interactions, User Login: bots may log in with the key.
    UserLogin,
    /// Read the account's configuration.
    AccountConfigRead,
    /// Change the account's configuration.
    AccountConfigWrite,
    /// Read reports and histories.
    DataRead,
    /// Manage API keys.
    AppKeyManagement,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_neither_empty_nor_long() {
        let is_token = |length| ApplicationToken::is_token(&"a".repeat(length));
        assert_eq!([0, 1, 64, 65].map(is_token), [false, true, true, false]);
    }

    #[test]
    fn a_token_has_letters_digits_and_hyphens() {
        assert!(ApplicationToken::is_token("123e4567-e89b-12d3-A456-426614174000"));
        for text in ["a b", "a_b", "ä", "a\n", "a+"] {
            assert!(!ApplicationToken::is_token(text), "{text:?}");
        }
    }
}
