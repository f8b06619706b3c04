//! What gateways that keep answers are told.

use vestibule_model::{AccountId, Application, SessionId, UserId};
use vestibule_store::Part;

/// Something after which a check may say no where it said yes, or says other things of who it is. Told when it holds in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayEvent {
    /// A session ended before its time.
    SessionEnded {
        /// Whose it was.
        account: AccountId,
        /// Which.
        session: SessionId,
    },
    /// A user changed, or is gone.
    UserChanged {
        /// In which account.
        account: AccountId,
        /// Which.
        user: UserId,
    },
    /// What sessions are opened with changed, or is gone.
    ApplicationChanged {
        /// In which account.
        account: AccountId,
        /// Which.
        application: Application,
    },
    /// Anything else of an account changed, or so much that it is not named, or the account is gone.
    AccountChanged {
        /// Which.
        account: AccountId,
    },
    /// The rules of the gate changed.
    RulesChanged,
    /// Everything may have changed.
    Reset,
}

impl GatewayEvent {
    /// The account that it is about; None: all of them.
    pub(super) const fn account(&self) -> Option<AccountId> {
        match self {
            Self::SessionEnded { account, .. }
            | Self::UserChanged { account, .. }
            | Self::ApplicationChanged { account, .. }
            | Self::AccountChanged { account } => Some(*account),
            Self::RulesChanged | Self::Reset => None,
        }
    }

    /// That of a part of an account.
    pub(super) const fn of_part(account: AccountId, part: Part) -> Self {
        let application = match part {
            Part::User(user) | Part::Credentials(user) => return Self::UserChanged { account, user },
            Part::ApiKey(id) => Application::ApiKey(id),
            Part::OauthClient(id) => Application::OauthClient(id),
            Part::ApplicationToken(id) => Application::Token(id),
            Part::Everything
            | Part::Account
            | Part::Profile(_)
            | Part::Group(_)
            | Part::Skill(_)
            | Part::Connection(_) => return Self::AccountChanged { account },
        };
        Self::ApplicationChanged { account, application }
    }
}
