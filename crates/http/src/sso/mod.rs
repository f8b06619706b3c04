//! Single sign-on on the wire: what browsers and identity providers ask (contract single-sign-on).
//!
//! Translates and holds no rules.

pub(crate) mod addresses;

use axum::http::{HeaderName, HeaderValue};
use vestibule_auth::LogInError;

/// The id of a refusal, under which the audit tells why: the body of an answer does not.
const REFUSAL: HeaderName = HeaderName::from_static("x-vestibule-refusal");

/// The header with the id of the refusal, if this is one of what an identity provider sent.
pub(crate) fn refusal_header(error: &LogInError) -> Option<(HeaderName, HeaderValue)> {
    let LogInError::NotVouchedFor(id) = error else { return None };
    Some((REFUSAL, HeaderValue::from_str(&id.to_string()).ok()?))
}
