//! The cookies of pages: the session's, and those that forms are bound to before there is a session.

use axum::http::HeaderMap;
use vestibule_serve::forms::CookieName;
use vestibule_serve::layers::Headers;

/// A cookie of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageCookie {
    /// Shows a page session.
    Session,
    /// What forms are bound to before there is one.
    Form,
    /// Shows that the password was shown, until the code is.
    Step,
}

impl PageCookie {
    const fn name(self) -> CookieName {
        match self {
            Self::Session => CookieName { secure: "__Host-vestibule", plain: "vestibule" },
            Self::Form => CookieName { secure: "__Host-vestibule-form", plain: "vestibule-form" },
            Self::Step => CookieName { secure: "__Host-vestibule-step", plain: "vestibule-step" },
        }
    }

    /// Its value in a request.
    pub(crate) fn value(self, headers: Headers<'_>, secure: bool) -> Option<&str> {
        self.name().value(headers, secure)
    }

    /// Sets it for as long as the browser is open.
    pub(crate) fn set(self, headers: &mut HeaderMap, value: &str, secure: bool) {
        self.name().set(headers, value, secure);
    }

    /// Has the browser forget it.
    pub(crate) fn clear(self, headers: &mut HeaderMap, secure: bool) {
        self.name().clear(headers, secure);
    }
}
