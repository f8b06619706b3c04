//! Why no token is given.

use std::time::Duration;

use vestibule_store::StoreError;

use crate::attempt::Failed;
use crate::eligibility::IneligibleReason;
use crate::log_in::{LogInError, RETRY_AFTER};
use crate::signing_keys::SignError;

/// Why no token is given. Nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Unknown account, unknown client, wrong secret, a client that is disabled or may not come from there: nobody is told which.
    #[error("bad client credentials")]
    InvalidClient,
    /// The client may not use this grant.
    #[error("the client may not use this grant")]
    UnauthorizedClient,
    /// The client may not ask what tokens are.
    #[error("the client is no resource server")]
    NoResourceServer,
    /// The token is a signed one, which is not taken back before it is over.
    #[error("a signed token is not revoked")]
    UnsupportedTokenType,
    /// The code or the token is not genuine, over, used, or another client's; or what goes with it is not what it was given for.
    #[error("the grant does not count")]
    InvalidGrant,
    /// Something is asked for that the client may not ask for.
    #[error("a scope that the client does not have")]
    InvalidScope,
    /// The account or the client is on the block list.
    #[error("blocked")]
    Blocked,
    /// Too many failures from this address, or at this client.
    #[error("too many failures")]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The account is disabled, or the user may not be logged in now.
    #[error("refused: {0}")]
    Refused(IneligibleReason),
    /// Too many wait for the same.
    #[error("too many wait")]
    Overloaded {
        /// How long to wait.
        retry_after: Duration,
    },
    /// It could not be made durable.
    #[error("it could not be stored")]
    Store(#[source] StoreError),
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Sign(#[source] SignError),
}

impl TokenError {
    /// How long to wait before the same is worth asking again; None: it would be refused again, or it is a fault of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } | Self::Overloaded { retry_after } => Some(*retry_after),
            Self::Store(error) => error.is_temporary().then_some(RETRY_AFTER),
            _ => None,
        }
    }
}

impl Failed for TokenError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::InvalidClient)
    }
}

impl From<LogInError> for TokenError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Blocked => Self::Blocked,
            LogInError::TooMany { retry_after } => Self::TooMany { retry_after },
            LogInError::Refused(reason) => Self::Refused(reason),
            LogInError::Overloaded { retry_after } => Self::Overloaded { retry_after },
            LogInError::Store(error) => Self::Store(error),
            _ => Self::InvalidClient,
        }
    }
}

impl From<SignError> for TokenError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Overloaded => Self::Overloaded { retry_after: RETRY_AFTER },
            SignError::Store(error) => Self::Store(error),
            error @ SignError::Key(_) => Self::Sign(error),
        }
    }
}
