//! What a page says about what somebody has just tried.

use axum::http::StatusCode;
use vestibule_auth::{IneligibleReason, LogInError};
use vestibule_pages::Notice;

/// Something that is said above the content of a page.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) words: String,
    is_good: bool,
}

impl Said {
    pub(crate) fn good(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_good: true }
    }

    pub(crate) fn bad(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_good: false }
    }

    /// The class of its colours.
    pub(crate) const fn kind(&self) -> &'static str {
        if self.is_good { "good" } else { "bad" }
    }

    /// What tells a screen reader: a failure at once, anything else when there is a pause.
    pub(crate) const fn role(&self) -> &'static str {
        if self.is_good { "status" } else { "alert" }
    }
}

/// A login that was refused: the status, and what is said of it. Why somebody may not log in is told to whoever proved who they are.
pub(crate) fn of_log_in(error: &LogInError) -> (StatusCode, Said) {
    let seconds = wait(error).unwrap_or_default();
    let (status, notice) = match error {
        LogInError::BadCredentials => (StatusCode::FORBIDDEN, Notice::BadCredentials),
        LogInError::NotVouchedFor(id) => (StatusCode::FORBIDDEN, Notice::NotVouchedFor(id.to_string())),
        LogInError::ProviderUnavailable(id) => {
            (StatusCode::SERVICE_UNAVAILABLE, Notice::ProviderUnavailable(id.to_string()))
        }
        LogInError::Blocked => (StatusCode::FORBIDDEN, Notice::Blocked),
        LogInError::PasswordTooLong => (StatusCode::BAD_REQUEST, Notice::PasswordTooLong),
        LogInError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, Notice::TooMany(seconds)),
        LogInError::Refused(reason) => (StatusCode::FORBIDDEN, of_ineligible(*reason)),
        LogInError::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, Notice::Overloaded),
        LogInError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, Notice::Failed),
    };
    (status, Said::bad(notice.to_string()))
}

/// After how many seconds the same is worth asking again.
pub(crate) fn wait(error: &LogInError) -> Option<u64> {
    let wait = error.retry_after()?;
    Some(u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX))
}

const fn of_ineligible(reason: IneligibleReason) -> Notice {
    match reason {
        IneligibleReason::Locked => Notice::Locked,
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
