//! Administrators: who may change the installation or an account, and by what they prove it.

use serde::{Deserialize, Serialize};

use crate::{AccountId, AdministrationTokenId, Millis, SecretDigest, UserId};

/// What an administrator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", content = "account", rename_all = "kebab-case")]
pub enum AdministratorRole {
    /// Everything, everywhere.
    Owner,
    /// Everything in one account.
    Administrator(AccountId),
    /// Reads only: one account, or everything.
    Auditor(Option<AccountId>),
}

impl AdministratorRole {
    /// The account that the role is limited to; None: it is not limited.
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Owner => None,
            Self::Administrator(account) => Some(account),
            Self::Auditor(account) => account,
        }
    }
}

/// A user who administers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administrator {
    /// Who.
    pub user: UserId,
    /// What they may do.
    #[serde(flatten)]
    pub role: AdministratorRole,
}

/// A secret by which a program administers, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdministrationToken {
    /// Unique in the installation, and never given twice.
    pub id: AdministrationTokenId,
    /// What it is for, for people; unique in the installation.
    pub name: String,
    /// A keyed hash of the secret, unique in the installation.
    pub secret: SecretDigest,
    /// What its holder may do.
    pub role: AdministratorRole,
    /// Who made it, for people.
    pub created_by: String,
    /// When it was made.
    pub created: Millis,
    /// When it stops working.
    pub expires: Millis,
    /// When it was last used.
    pub last_used: Option<Millis>,
    /// When somebody made it stop working before its time.
    pub revoked: Option<Millis>,
}

impl AdministrationToken {
    /// Whether it works at `now`. It stops at its end exactly.
    pub fn is_valid(&self, now: Millis) -> bool {
        self.revoked.is_none() && now < self.expires
    }
}

/// What was answered to a request that may come again, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedAnswer {
    /// Names the caller and the key that they gave the request.
    pub key: SecretDigest,
    /// Names the request, so that another one under the same key is told apart.
    pub request: SecretDigest,
    /// When it was answered.
    pub at: Millis,
    /// The answer, sealed: it may hold a secret that was shown once.
    pub sealed: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> AdministrationToken {
        AdministrationToken {
            id: AdministrationTokenId(1),
            name: "deploy".into(),
            secret: SecretDigest::from([1; 32]),
            role: AdministratorRole::Owner,
            created_by: "admin".into(),
            created: Millis::EPOCH,
            expires: Millis::from_unix(1_000),
            last_used: None,
            revoked: None,
        }
    }

    #[test]
    fn a_token_stops_at_its_end_to_the_millisecond() {
        assert!(token().is_valid(Millis::from_unix(999)));
        assert!(!token().is_valid(Millis::from_unix(1_000)));
    }

    #[test]
    fn a_revoked_token_works_no_more() {
        let token = AdministrationToken { revoked: Some(Millis::from_unix(5)), ..token() };
        assert!(!token.is_valid(Millis::from_unix(5)));
    }

    #[test]
    fn a_role_is_written_with_its_account() {
        let here = AdministratorRole::Administrator("here".parse().unwrap());
        let text = serde_json::to_string(&Administrator { user: UserId(7), role: here }).unwrap();
        assert_eq!(text, r#"{"user":7,"role":"administrator","account":"here"}"#);
        assert_eq!(serde_json::from_str::<Administrator>(&text).unwrap().role, here);
    }
}
