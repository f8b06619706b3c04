//! Logout tokens: a provider says that somebody is logged out (OpenID Connect Back-Channel Logout 1.0 §2.6).

use vestibule_model::Millis;

use crate::id_token::{IdToken, Kind, check_audience, check_issuer, check_time, signed};
use crate::jwks::Keys;
use crate::refusal::LogoutRefusal;
use crate::report::Report;

/// The member of `events` that makes a token one of logout.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The types that a logout token may say it has.
const TYPES: [&str; 2] = ["logout+jwt", "jwt"];

/// Whose sessions end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logout {
    /// Those that were opened from this session at the provider.
    OfSession(String),
    /// All of this subject.
    OfSubject(String),
}

/// What a logout token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// Whose sessions end.
    pub logout: Logout,
    /// Its id: it is taken once.
    pub id: String,
    /// When it was made, by the provider's clock.
    pub issued: Millis,
    /// Until when the id has to be remembered.
    pub single_use_until: Millis,
}

impl LogoutToken {
    /// Looks at a token; `expected` is what an ID token of the connection has to be, its nonce left aside.
    pub fn examine(
        token: &str,
        expected: &IdToken<'_>,
        keys: &Keys,
        now: Millis,
    ) -> Result<Self, LogoutRefusal> {
        let mut report = Report::default();
        let claims =
            signed(token, keys, Kind { algorithms: expected.algorithms, types: &TYPES }, &mut report);
        if let Some(claims) = &claims {
            check_issuer(claims, expected.issuer, &mut report);
            check_audience(claims, expected.client_id, &mut report);
            report.counts_until = Some(check_time(claims, expected.clock_skew, now, &mut report));
        }
        report.claims = claims;
        let login = report.outcome().map_err(LogoutRefusal::from)?;
        let claims = login.claims;
        let event = claims.others.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(serde_json::Value::is_object) {
            return Err(LogoutRefusal::NotALogout("it has no such event"));
        }
        // So that no ID token is taken for one.
        if claims.nonce.is_some() {
            return Err(LogoutRefusal::NotALogout("it has a nonce"));
        }
        let id = claims
            .text("jti")
            .filter(|id| !id.is_empty())
            .ok_or(LogoutRefusal::NotALogout("it has no id"))?
            .to_owned();
        let issued = claims.issued();
        let logout = match claims.sid.filter(|session| !session.is_empty()) {
            Some(session) => Logout::OfSession(session),
            None if claims.sub.is_empty() => {
                return Err(LogoutRefusal::NotALogout("it names neither session nor subject"));
            }
            None => Logout::OfSubject(claims.sub),
        };
        Ok(Self { logout, id, issued, single_use_until: login.single_use_until })
    }
}
