//! Why something that an administrator asked for is not done.

use std::borrow::Cow;
use std::time::Duration;

use vestibule_store::StoreError;

use crate::eligibility::IneligibleReason;
use crate::federated::NoAdministrationOrigin;
use crate::log_in::{LogInError, RETRY_AFTER};
use crate::rules::{Kind, Violation};
use crate::signing_keys::SignError;

/// Why it was not done. Nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// The caller did not prove who they are: nothing shown, forged, expired, revoked, ended, or of a user without a
    /// role.
    #[error("the caller is not known")]
    NotProved,
    /// The caller's role does not allow it. The same for an account that does not exist.
    #[error("the caller's role does not allow this")]
    NotAllowed,
    /// The caller has to set up a second factor before anything else.
    #[error("a second factor has to be set up before anything else")]
    SecondFactorToBeSetUp,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A value breaks a rule.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value, by its name in the request.
        field: Cow<'static, str>,
        /// What is wrong with it. Never the value itself.
        reason: String,
    },
    /// A value that must be unique is taken: that of the field.
    #[error("{0}: this is taken")]
    Taken(&'static str),
    /// The present state forbids it.
    #[error("{0}")]
    Conflict(String),
    /// Too many passwords are waiting to be hashed, or too many exports are under way.
    #[error("too busy, try again later")]
    Overloaded,
    /// A cursor that was not made for this question, or before the last start.
    #[error("cursor: it belongs to no answer to this question")]
    Cursor,
    /// It is not as it was when the caller looked.
    #[error("it was changed in the meantime")]
    Changed,
    /// It does not say upon which state the change is to be made.
    #[error("the change does not say what it is made upon")]
    Unconditional,
    /// The login of an administrator was refused.
    #[error("the login was refused")]
    LogIn(#[source] LogInError),
    /// The database does not answer, or somebody else goes on changing the directory.
    #[error("the change could not be stored")]
    Store(#[source] StoreError),
}

impl AdministrationError {
    /// A login of an administrator that was refused. Who has no role is refused as for everything else.
    pub(super) fn of_log_in(error: LogInError) -> Self {
        match error {
            LogInError::Refused(IneligibleReason::NoRole) => Self::NotAllowed,
            error => Self::LogIn(error),
        }
    }

    /// A value breaks a rule.
    pub fn invalid(field: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into() }
    }

    /// How long to wait before the same is worth asking again; None: it would be refused again, or it is a fault of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::LogIn(error) => error.retry_after(),
            Self::Overloaded => Some(RETRY_AFTER),
            Self::Store(error) => error.is_temporary().then_some(RETRY_AFTER),
            _ => None,
        }
    }
}

impl From<StoreError> for AdministrationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(what) => Self::Conflict(what),
            other => Self::Store(other),
        }
    }
}

impl From<NoAdministrationOrigin> for AdministrationError {
    fn from(error: NoAdministrationOrigin) -> Self {
        Self::Conflict(error.to_string())
    }
}

impl From<SignError> for AdministrationError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Overloaded => Self::Overloaded,
            SignError::Store(error) => error.into(),
            SignError::Key(error) => Self::Store(StoreError::Unavailable(Box::new(error))),
        }
    }
}

impl From<Violation> for AdministrationError {
    fn from(Violation { rule, reason }: Violation) -> Self {
        match rule.kind() {
            Kind::Invalid => Self::Invalid { field: Cow::Borrowed(rule.field()), reason },
            Kind::Taken => Self::Taken(rule.field()),
            Kind::Conflict => Self::Conflict(reason),
        }
    }
}
