//! Whether somebody whom a genuine message names may be logged in, or made a user: decided once, for logins and for tests of
//! connections.

use uuid::Builder;
use vestibule_model::{AccountId, AccountState, Connection, Millis, Refusal, User, UserId};

use super::Told;
use super::provisioning::{Newcomer, NotMade};
use crate::administration::{new_user, ten_digits};
use crate::audit::Attempt;
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::{self, IneligibleReason};
use crate::log_in::LogInError;
use crate::login_guard::TurnedAway;
use crate::rules::{Ruled as _, next_user_number};
use crate::service::Auth;

/// Why somebody is kept out whom a genuine message names.
pub(crate) enum KeptOut {
    /// The account or the login name is on the block list.
    Blocked,
    /// The state of a user, or of their account.
    Ineligible(UserId, IneligibleReason),
    /// Nobody is made in an account that is disabled.
    AccountDisabled,
    /// A rule of users keeps them from being made.
    NotMade(NotMade),
}

impl KeptOut {
    /// The check that refuses them, as the audit and reports of tests call it; why, and what to do about it.
    pub(super) fn told(self) -> (&'static str, String, &'static str) {
        let (why, fix) = match self {
            Self::NotMade(NotMade { why, fix }) => return ("provisioning", why, fix),
            Self::Blocked => (
                "the account or the login name is on the block list".to_owned(),
                "take it out of blocked_accounts or blocked_user_names in the configuration",
            ),
            Self::Ineligible(_, reason @ IneligibleReason::Locked) => {
                (reason.to_string(), "unlock the user, or wait until the lock ends")
            }
            Self::Ineligible(_, reason) => (reason.to_string(), "enable the user, and the account"),
            Self::AccountDisabled => ("the account is disabled".to_owned(), "enable the account"),
        };
        ("login", why, fix)
    }
}

impl Auth {
    /// Whether a user may be logged in.
    pub(super) fn may_log_in(&self, user: &UserEntry, now: Millis) -> Result<(), KeptOut> {
        self.expect_unblocked(user.account().account.id, &user.login_name)?;
        // Failures that locked somebody keep out whoever logs in as them, by whatever means.
        if self.login_guard.is_locked(user, now) {
            return Err(KeptOut::Ineligible(user.id, IneligibleReason::Locked));
        }
        eligibility::of_federated(user.account(), user).map_err(|reason| KeptOut::Ineligible(user.id, reason))
    }

    /// The newcomer as a user of the account, if they may be made one.
    pub(super) fn may_be_made(
        &self,
        entry: &AccountEntry,
        connection: &Connection,
        newcomer: &Newcomer,
    ) -> Result<User, KeptOut> {
        self.expect_unblocked(entry.account.id, &newcomer.login_name)?;
        if entry.account.state != AccountState::Enabled {
            return Err(KeptOut::AccountDisabled);
        }
        let refused = |violation: &_| KeptOut::NotMade(NotMade::from(violation));
        let number =
            next_user_number(entry.highest_user_number()).map_err(|violation| refused(&violation))?;
        let pid = Builder::from_random_bytes(self.random_bytes()).into_uuid();
        let blank = new_user(UserId(ten_digits(&*self.rng)), entry.account.id, pid);
        let user = newcomer.user(connection, User { number, ..blank });
        match user.violations(None, entry).first() {
            Some(violation) => Err(refused(violation)),
            None => Ok(user),
        }
    }

    /// Counts that somebody was kept out of a login, and gives the error that is told. `told` says by which connection.
    pub(super) fn kept_out(&self, attempt: Attempt, told: Told, kept: KeptOut) -> LogInError {
        let why = match &kept {
            KeptOut::Blocked => return self.turned_away(attempt, TurnedAway::Blocked),
            KeptOut::Ineligible(user, reason) => return self.audit.refused(attempt, *user, *reason),
            KeptOut::AccountDisabled => Refusal::Disabled,
            KeptOut::NotMade(_) => Refusal::UnknownUser,
        };
        let (check, because, fix) = kept.told();
        self.refuse_federated(attempt, None, why, told.by(check).because(because).advising(fix))
    }

    /// By the name, which is known only now.
    fn expect_unblocked(&self, account: AccountId, login_name: &str) -> Result<(), KeptOut> {
        if self.login_guard.blocks(account, login_name) { Err(KeptOut::Blocked) } else { Ok(()) }
    }
}
