//! What still depends on a generation of the master key.

use vestibule_model::{AccountId, ApplicationId, ConnectionId, SigningKeyId, UserId};

use crate::{Changed, Part};

/// How many holders of digests are named.
pub const NAMED_HOLDERS: usize = 100;

/// What is lost when a generation of the master key is retired; nothing, before it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Sessions whose tokens are derived under it.
    pub sessions: u64,
    /// Whoever has a secret that is sealed under it ([`SealHolder`]), each counted once.
    pub sealed_secrets: u64,
    /// Answers to creations that are sealed under it; they are forgotten within a day.
    pub answers: u64,
    /// Secrets that are kept as digests under it, those of administration tokens that work no more left out.
    pub digests: u64,
    /// Whose they are: the first [`NAMED_HOLDERS`], by kind and id.
    pub holders: Vec<DigestHolder>,
    /// Whether the oldest entry of the audit was written under it or an earlier one, so that it is needed to verify the
    /// audit. Keeps nobody from retiring it.
    pub verifies_audit: bool,
}

/// Somebody whose secret is kept as a digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestHolder {
    /// What it is.
    pub kind: DigestKind,
    /// Its id.
    pub id: i64,
    /// In which account; None: an administration token.
    pub account: Option<AccountId>,
    /// Its name, for people.
    pub name: String,
}

/// What keeps its secret as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestKind {
    /// An application token.
    ApplicationToken,
    /// An OAuth client.
    OauthClient,
    /// An administration token.
    AdministrationToken,
}

/// Whose secret is kept sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealHolder {
    /// An API key of an account.
    ApiKey(AccountId, ApplicationId),
    /// A connection of an account.
    Connection(AccountId, ConnectionId),
    /// A user, for the second factor.
    User(AccountId, UserId),
    /// A key that tokens are signed with.
    SigningKey(SigningKeyId),
}

impl SealHolder {
    /// Which part of the directory it is; None: it is none.
    pub const fn in_directory(self) -> Option<Changed> {
        let (account, part) = match self {
            Self::ApiKey(account, key) => (account, Part::ApiKey(key)),
            Self::Connection(account, connection) => (account, Part::Connection(connection)),
            Self::User(account, user) => return Some(Changed::credentials(account, user)),
            Self::SigningKey(_) => return None,
        };
        Some(Changed::OfAccount { account, part })
    }
}

impl DigestHolder {
    /// Which part of the directory it is; None: it is none.
    pub const fn in_directory(&self) -> Option<Changed> {
        let Some(account) = self.account else { return None };
        let part = match self.kind {
            DigestKind::ApplicationToken => Part::ApplicationToken(ApplicationId(self.id)),
            DigestKind::OauthClient => Part::OauthClient(ApplicationId(self.id)),
            DigestKind::AdministrationToken => return None,
        };
        Some(Changed::OfAccount { account, part })
    }
}

impl Remains {
    /// Whether nothing of it would be lost.
    pub const fn is_nothing(&self) -> bool {
        self.sessions == 0 && self.sealed_secrets == 0 && self.answers == 0 && self.digests == 0
    }
}
