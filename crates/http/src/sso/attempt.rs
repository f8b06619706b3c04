//! The cookies of attempts: one for each, so that several tabs stand beside each other.

use vestibule_auth::{ATTEMPT_LASTS, FederatedAttempt};
use vestibule_serve::forms::CookieSet;

/// Each by the name of its attempt.
pub(super) const ATTEMPTS: CookieSet = CookieSet {
    secure: "__Host-sso-",
    plain: "sso-",
    is_key: FederatedAttempt::is_key,
    lasts: ATTEMPT_LASTS,
};
