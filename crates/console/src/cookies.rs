//! The cookies of the console. Browsers share cookies between ports: these have names of their own.

use vestibule_auth::{ATTEMPT_LASTS, FederatedAttempt};
use vestibule_serve::forms::{CookieName, CookieSet};

/// Shows a session of the console.
pub(crate) const SESSION: CookieName =
    CookieName { secure: "__Host-vestibule-console", plain: "vestibule-console" };

/// What forms are bound to before there is a session.
pub(crate) const FORM: CookieName =
    CookieName { secure: "__Host-vestibule-console-form", plain: "vestibule-console-form" };

/// Shows that the password was shown, until the code is.
pub(crate) const STEP: CookieName =
    CookieName { secure: "__Host-vestibule-console-step", plain: "vestibule-console-step" };

/// Attempts to sign in at an identity provider, each by its name.
pub(crate) const ATTEMPTS: CookieSet = CookieSet {
    secure: "__Host-vestibule-console-sso-",
    plain: "vestibule-console-sso-",
    is_key: FederatedAttempt::is_key,
    lasts: ATTEMPT_LASTS,
};
