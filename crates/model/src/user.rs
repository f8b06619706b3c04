//! Users: people and bots.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{AccountId, Identity, Millis, UserId};

/// Somebody, or some bot, that logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Unique in the installation.
    pub id: UserId,
    /// The account the user belongs to.
    pub account: AccountId,
    /// Universally unique; `userPid` on the wire.
    pub pid: Uuid,
    /// The LiveVox user number, int32 on the wire; unique within the account.
    pub number: i32,
    /// Which of the account's two namespaces the login name stands in.
    pub population: Population,
    /// Human, bot or system.
    pub kind: UserKind,
    /// What the user types; unique within account and population.
    pub login_name: String,
    /// The full name, for people.
    pub full_name: String,
    /// What consumers see.
    pub nickname: String,
    /// The address for mail; may be empty.
    pub email: String,
    /// Whether the user may log in and keep sessions.
    pub enabled: bool,
    /// Of a bot: the `app_key` of the one API key (or the client id of the one OAuth client) it logs in with.
    pub allowed_app_key: Option<String>,
    /// How many chats at once.
    pub max_chats: i32,
    /// How many asynchronous conversations at once.
    pub max_async_chats: i32,
    /// Profile ids, ascending.
    pub profiles: Vec<i64>,
    /// Skill ids, ascending.
    pub skills: Vec<i64>,
    /// The group the user is a member of.
    pub member_of: Option<i64>,
    /// The groups the user manages, ascending.
    pub manager_of: Vec<i64>,
    /// Whether the password must be changed before the next user login.
    pub must_change_password: bool,
    /// The password, hashed. Bots have none.
    pub password: Option<PasswordCredential>,
    /// Grows with every change after which older sessions must not live on: password, disabling, key.
    pub credential_version: i64,
    /// As whom identity providers know the user, in order.
    pub identities: Vec<Identity>,
    /// Since when too many failed logins have locked the user.
    pub locked_at: Option<Millis>,
    /// What the user shows on the pages besides the password.
    pub second_factor: Option<Box<SecondFactor>>,
}

impl User {
    /// Whether sessions that were opened before the change to this must end.
    pub fn invalidates_sessions_of(&self, before: &Self) -> bool {
        let hash = |user: &Self| user.password.as_ref().map(|password| password.hash.clone());
        before.enabled && !self.enabled
            || before.allowed_app_key != self.allowed_app_key
            || before.profiles != self.profiles
            || !before.must_change_password && self.must_change_password
            || hash(before) != hash(self)
    }
}

/// A user's second factor at rest: time-based one-time passwords (RFC 6238), and codes for when their device is lost.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The shared secret, sealed.
    pub sealed: Vec<u8>,
    /// When it was set up.
    pub since: Millis,
    /// The digests of the recovery codes that were not used yet.
    pub recovery: Vec<[u8; 32]>,
}

impl fmt::Debug for SecondFactor {
    /// Not its secrets: debug output ends up in logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, recovery, .. } = self;
        out.debug_struct("SecondFactor")
            .field("since", since)
            .field("codes", &recovery.len())
            .finish_non_exhaustive()
    }
}

/// A user's password at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordCredential {
    /// PHC string, e.g. `$argon2id$v=19$m=19456,t=2,p=1$…`.
    pub hash: String,
    /// When it was set; expiry counts from here.
    pub changed_at: Millis,
    /// The hashes of earlier passwords, newest first, as many as the policy has asked to keep.
    pub history: Vec<String>,
}

/// The two namespaces of login names of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Population {
    /// Names are case-sensitive.
    User,
    /// Names are case-insensitive.
    Agent,
}

impl Population {
    /// The form of a login name under which it is unique and found: however Unicode composes it, it is one name
    /// (normalization form C, as RFC 8265 §3 has it for user names).
    pub fn name_key(self, login_name: &str) -> String {
        match self {
            // ASCII is composed as it stands, and most names are.
            Self::User if login_name.is_ascii() => login_name.to_owned(),
            Self::Agent if login_name.is_ascii() => login_name.to_ascii_lowercase(),
            Self::User => login_name.nfc().collect(),
            Self::Agent => login_name.nfc().collect::<String>().to_lowercase().nfc().collect(),
        }
    }

    /// The form under which it was unique before compositions of Unicode were one name. Names that were different then
    /// and are one now are still told apart by it.
    pub fn spelling(self, login_name: &str) -> String {
        match self {
            Self::User => login_name.to_owned(),
            Self::Agent => login_name.to_lowercase(),
        }
    }
}

/// What kind of user it is (contract liveperson §5, `userTypeId`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserKind {
    /// 0
    System,
    /// 1
    Human,
    /// 2: logs in with an API key, has no password.
    Bot,
}
