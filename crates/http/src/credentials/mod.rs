//! The credentials that a request presents, read in one place for every dialect, the gateway, self-service and administration.
//!
//! Looks headers up and does nothing else: whether what it finds opens anything is the engine's to say
//! (`Auth::authorize`). What holds for all of them:
//!
//! - a scheme is the same in any case (RFC 9110 §11.1);
//! - a header that occurs twice counts once if its values are equal, and is a contradiction if they are not; so are two that somebody
//!   on the way has joined by a comma (RFC 9110 §5.3), which no token of ours has;
//! - cookies apart: browsers send several, of which one may live.

mod target;

use axum::http::{HeaderName, header};
use vestibule_auth::Credentials;
use vestibule_serve::layers::Headers;

use crate::liveperson::session_cookies;
use crate::livevox::session_id;
use target::Target;

pub(crate) const LV_SESSION: HeaderName = HeaderName::from_static("lv-session");
pub(crate) const LV_ACCESS: HeaderName = HeaderName::from_static("lv-access");

/// A header that may have one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SingleValue<'a> {
    /// It is not there.
    Absent,
    /// Its value.
    Value(&'a str),
    /// It has a value that is no visible ASCII.
    Unreadable,
    /// It has different values.
    Contradictory,
}

impl<'a> SingleValue<'a> {
    /// The header of this name.
    pub(crate) fn of(headers: Headers<'a>, name: &HeaderName) -> Self {
        let mut values = headers.all(name);
        let Some(first) = values.next() else { return Self::Absent };
        if values.any(|other| other != first) {
            return Self::Contradictory;
        }
        visible(first).map_or(Self::Unreadable, Self::Value)
    }

    /// Its value, if it has one.
    pub(crate) const fn value(self) -> Option<&'a str> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unreadable | Self::Contradictory => None,
        }
    }
}

/// The bytes as text, if all of them are visible ASCII, a space or a tab.
pub(crate) fn visible(value: &[u8]) -> Option<&str> {
    let visible = value.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\t');
    std::str::from_utf8(value).ok().filter(|_| visible)
}

/// The token of `Authorization: Bearer`, if that is what there is.
pub(crate) fn bearer(headers: Headers<'_>) -> Option<&str> {
    bearer_of(SingleValue::of(headers, &header::AUTHORIZATION))
}

fn is_joined(token: Option<&str>) -> bool {
    token.is_some_and(|token| token.contains(','))
}

fn bearer_of(authorization: SingleValue<'_>) -> Option<&str> {
    let (scheme, token) = authorization.value()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Which header may have an application token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenHeader {
    /// In `LV-Access`.
    Access,
    /// There, or where that is absent or empty in `Authorization: Bearer`, as clients of 2017 have it.
    AccessOrBearer,
}

/// The application token of a LiveVox login, as it was written.
pub(crate) fn application_token(headers: Headers<'_>, header: TokenHeader) -> Option<&str> {
    match SingleValue::of(headers, &LV_ACCESS) {
        SingleValue::Value(token) if !token.is_empty() => Some(token),
        SingleValue::Absent | SingleValue::Value(_) if header == TokenHeader::AccessOrBearer => {
            bearer(headers)
        }
        _ => None,
    }
}

/// What a request says twice, and not in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    /// Two values of `Authorization`.
    #[error("the header Authorization has two different values")]
    Authorization,
    /// Two values of `LV-Session`.
    #[error("the header LV-Session has two different values")]
    LvSession,
    /// Several values, joined by commas, of the header of this name.
    #[error("the header {0} has several values, joined by commas")]
    Joined(&'static str),
    /// One target that names several accounts.
    #[error(
        "the path of the target names another account for one reader than for another, or has too many readings"
    )]
    Account,
}

/// The kind of the credential that is presented, which gives a refusal its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PresentedKind {
    /// None is presented.
    None,
    Bearer,
    Cookie,
    LivevoxId,
}

/// The credentials that a request presents.
#[derive(Debug)]
pub(crate) struct PresentedCredentials<'a> {
    authorization: SingleValue<'a>,
    lv_session: SingleValue<'a>,
    cookies: Vec<&'a str>,
    page_cookie: Option<&'a str>,
    target: Target<'a>,
}

impl<'a> PresentedCredentials<'a> {
    /// By its own headers.
    pub(crate) fn of(headers: Headers<'a>) -> Self {
        Self {
            authorization: SingleValue::of(headers, &header::AUTHORIZATION),
            lv_session: SingleValue::of(headers, &LV_SESSION),
            cookies: session_cookies(headers),
            page_cookie: None,
            target: Target::Absent,
        }
    }

    /// The same, and by the target of the request that a gateway asks about.
    pub(crate) fn for_target(headers: Headers<'a>, target: &'a str) -> Self {
        Self { target: Target::at(target), ..Self::of(headers) }
    }

    /// The same with the cookie of the service's own pages.
    pub(crate) fn with_page(self, page_cookie: Option<&'a str>) -> Self {
        Self { page_cookie, ..self }
    }

    /// The values of the session cookies.
    pub(crate) fn cookies(&self) -> &[&'a str] {
        &self.cookies
    }

    /// Those that are well formed.
    pub(crate) fn credentials(&self) -> Result<Credentials<'_>, Contradiction> {
        let bearer = bearer_of(self.authorization);
        let contradictions = [
            (self.authorization == SingleValue::Contradictory, Contradiction::Authorization),
            (self.lv_session == SingleValue::Contradictory, Contradiction::LvSession),
            (is_joined(bearer), Contradiction::Joined("Authorization")),
            (is_joined(self.lv_session.value()), Contradiction::Joined("LV-Session")),
            (self.target == Target::Ambiguous, Contradiction::Account),
        ];
        match contradictions.into_iter().find(|(there, _)| *there) {
            Some((_, contradiction)) => Err(contradiction),
            None => Ok(Credentials {
                bearer,
                livevox_id: self.lv_session.value().and_then(session_id),
                cookies: &self.cookies,
                bearer_in_target: self.target.bearer(),
                page_cookie: self.page_cookie,
            }),
        }
    }

    /// The account that the target names.
    pub(crate) fn account(&self) -> Option<&str> {
        self.target.account()
    }

    /// The kind of what counts first. `LV-Session` comes before a value of `Authorization` that is no bearer of ours.
    pub(crate) fn kind(&self, is_genuine: impl FnOnce(&str) -> bool) -> PresentedKind {
        let livevox = self.lv_session != SingleValue::Absent;
        if self.authorization != SingleValue::Absent
            && (!livevox || bearer_of(self.authorization).is_some_and(is_genuine))
        {
            PresentedKind::Bearer
        } else if livevox {
            PresentedKind::LivevoxId
        } else if !self.cookies.is_empty() {
            PresentedKind::Cookie
        } else if self.target.bearer().is_some() {
            PresentedKind::Bearer
        } else {
            PresentedKind::None
        }
    }
}

#[cfg(test)]
mod tests;
