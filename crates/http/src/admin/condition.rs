//! `ETag`, `If-Match` and `If-None-Match`: a change is made only to the state that its caller has seen (RFC 9110 §13).

use axum::response::Response;
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use vestibule_auth::AdministrationError;
use vestibule_model::digest;

/// What has to be true of the present state.
pub(super) enum Condition {
    /// Nobody said: refused, but only after everything else that is wrong with the request.
    Missing,
    /// There is none.
    Absent,
    /// It has this tag.
    Is(String),
    /// There is one.
    Present,
}

impl Condition {
    /// The condition of a change of something that is there.
    pub(super) fn of_change(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(IF_MATCH) else { return Self::Missing };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" { Self::Present } else { Self::Is(text.to_owned()) }
    }

    /// The same, or `If-None-Match: *` for something that is to be made.
    pub(super) fn of_put(headers: &HeaderMap) -> Self {
        match headers.get(IF_NONE_MATCH) {
            None => Self::of_change(headers),
            Some(value) if value == "*" => Self::Absent,
            // No tag is compared so.
            Some(_) => Self::Missing,
        }
    }

    /// Refuses unless it holds of what is there, as it would be answered.
    pub(super) fn require(&self, present: &impl Serialize) -> Result<(), AdministrationError> {
        self.require_of(Some(present))
    }

    /// The same where there may be nothing.
    pub(super) fn require_of(&self, present: Option<&impl Serialize>) -> Result<(), AdministrationError> {
        let holds = match (self, present) {
            (Self::Missing, _) => return Err(AdministrationError::Unconditional),
            (Self::Absent, present) => present.is_none(),
            (Self::Present, present) => present.is_some(),
            (Self::Is(_), None) => false,
            (Self::Is(expected), Some(present)) => tag(present) == *expected,
        };
        if holds { Ok(()) } else { Err(AdministrationError::Changed) }
    }
}

/// The entity tag of a representation: equal ones have equal tags.
pub(super) fn tag(thing: &impl Serialize) -> String {
    format!("\"{}\"", digest([&*serde_json::to_string(thing).unwrap_or_default()]))
}

/// The answer, with the entity tag of this representation.
pub(super) fn tagged(mut answer: Response, thing: &impl Serialize) -> Response {
    if let Ok(value) = HeaderValue::from_str(&tag(thing)) {
        answer.headers_mut().insert(ETAG, value);
    }
    answer
}
