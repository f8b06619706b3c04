//! What the engine refuses, as pages tell it: the status and the words. The one place for them.

use axum::http::StatusCode;
use vestibule_auth::{IneligibleReason, LogInError};
use vestibule_pages::Notice;

/// A refusal as it is told.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) notice: Notice,
    /// After how many seconds the same is worth asking again.
    pub(crate) wait: Option<u64>,
}

impl Told {
    /// The same for a page that may have nothing to tell.
    pub(crate) fn parts(told: Option<Self>) -> (StatusCode, Option<Notice>, Option<u64>) {
        told.map_or((StatusCode::OK, None, None), |told| (told.status, Some(told.notice), told.wait))
    }

    pub(crate) const fn new(status: StatusCode, notice: Notice) -> Self {
        Self { status, notice, wait: None }
    }
}

impl From<&LogInError> for Told {
    fn from(error: &LogInError) -> Self {
        let wait = error
            .retry_after()
            .map(|wait| u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX));
        let (status, notice) = match error {
            LogInError::BadCredentials => (StatusCode::FORBIDDEN, Notice::BadCredentials),
            LogInError::NotVouchedFor(id) => (StatusCode::FORBIDDEN, Notice::NotVouchedFor(id.to_string())),
            LogInError::ProviderUnavailable(id) => {
                (StatusCode::SERVICE_UNAVAILABLE, Notice::ProviderUnavailable(id.to_string()))
            }
            LogInError::PasswordTooLong => (StatusCode::BAD_REQUEST, Notice::PasswordTooLong),
            LogInError::Blocked => (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, Notice::Blocked),
            LogInError::TooMany { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, Notice::TooMany(wait.unwrap_or_default()))
            }
            LogInError::Refused(reason) => (StatusCode::FORBIDDEN, of_ineligible(*reason)),
            LogInError::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, Notice::Overloaded),
            LogInError::Store(_) if wait.is_some() => (StatusCode::SERVICE_UNAVAILABLE, Notice::Failed),
            LogInError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, Notice::Failed),
        };
        Self { status, notice, wait }
    }
}

/// Told only to somebody who proved the password.
fn of_ineligible(reason: IneligibleReason) -> Notice {
    match reason {
        IneligibleReason::Locked => Notice::Locked,
        // No person logs in as a bot.
        IneligibleReason::Disabled | IneligibleReason::BotFeatureOff | IneligibleReason::NoRole => {
            Notice::Disabled
        }
        IneligibleReason::PasswordExpired => Notice::PasswordExpired,
        IneligibleReason::MustChangePassword => Notice::MustChangePassword,
        IneligibleReason::SsoOnly => Notice::SsoOnly,
        IneligibleReason::TooManySessions => Notice::TooManySessions,
        IneligibleReason::SecondFactor => Notice::SecondFactor,
        IneligibleReason::SecondFactorNotSet => Notice::SecondFactorRequired,
    }
}
