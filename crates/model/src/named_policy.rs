//! Policies by name: what a new account begins with. Copied into the account, and its own from then on.

use serde::{Deserialize, Serialize};

use crate::{Account, LockoutPolicy, PasswordPolicy, SessionPolicy, Unlock};

/// A policy that has a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NamedPolicy {
    /// Passwords that are hard to guess and stay until there is a reason to change them.
    #[default]
    Modern,
    /// What the vendor of the Login Service recommends.
    Liveperson,
    /// What a client of Session Management begins with (contract livevox §6).
    Livevox,
}

impl NamedPolicy {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Modern, Self::Liveperson, Self::Livevox];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Liveperson => "liveperson",
            Self::Livevox => "livevox",
        }
    }

    /// What it is for, in a sentence.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Modern => {
                "Passwords that are hard to guess, and stay until there is a reason to change them. The default."
            }
            Self::Liveperson => "The rules that the vendor of the Login Service recommends for passwords.",
            Self::Livevox => "The rules that a client of LiveVox begins with.",
        }
    }

    /// What a new password must satisfy and how long it lasts.
    pub fn password_policy(self) -> PasswordPolicy {
        let rules = PasswordPolicy::default();
        match self {
            Self::Modern => {
                PasswordPolicy { require_letter: false, require_digit: false, min_strength: 3, ..rules }
            }
            Self::Liveperson => PasswordPolicy { max_sequence: 4, max_repeat: 4, min_strength: 2, ..rules },
            Self::Livevox => PasswordPolicy { expiry_days: 90, history: 4, min_strength: 2, ..rules },
        }
    }

    /// When failed logins lock a user.
    pub fn lockout_policy(self) -> LockoutPolicy {
        match self {
            Self::Modern | Self::Liveperson => LockoutPolicy::default(),
            Self::Livevox => LockoutPolicy { failures: 5, unlock: Unlock::ByAdministrator },
        }
    }

    /// When failed logins lock an agent.
    pub fn agent_lockout_policy(self) -> LockoutPolicy {
        match self {
            Self::Modern | Self::Liveperson => LockoutPolicy::default(),
            Self::Livevox => LockoutPolicy { failures: 3, unlock: Unlock::ByAdministrator },
        }
    }

    /// How long sessions of the LivePerson dialect live.
    pub fn session_policy(self) -> SessionPolicy {
        SessionPolicy::default()
    }

    /// How long sessions of the LiveVox dialect live.
    pub fn livevox_session_policy(self) -> SessionPolicy {
        SessionPolicy::livevox()
    }

    /// The account with this policy in place of its own.
    #[must_use]
    pub fn copied_into(self, account: Account) -> Account {
        Account {
            password_policy: self.password_policy(),
            lockout_policy: self.lockout_policy(),
            agent_lockout_policy: self.agent_lockout_policy(),
            session_policy: self.session_policy(),
            livevox_session_policy: self.livevox_session_policy(),
            ..account
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_files_and_bodies() {
        for policy in NamedPolicy::ALL {
            assert_eq!(serde_json::to_value(policy).unwrap(), policy.name());
        }
    }

    #[test]
    fn livevox_is_that_of_the_contract() {
        let policy = NamedPolicy::Livevox;
        let password = policy.password_policy();
        assert_eq!((password.expiry_days, password.history, password.min_length), (90, 4, 8));
        let (users, agents) = (policy.lockout_policy(), policy.agent_lockout_policy());
        assert_eq!((users.failures, agents.failures), (5, 3));
        assert_eq!((users.unlock, agents.unlock), (Unlock::ByAdministrator, Unlock::ByAdministrator));
    }

    #[test]
    fn modern_asks_for_strength_and_nothing_else() {
        let policy = NamedPolicy::default().password_policy();
        assert_eq!((policy.min_strength, policy.expiry_days, policy.history), (3, 0, 0));
    }
}
