//! `Idempotency-Key`: a creation that is asked for again under the same key is not done again, and answered as the first
//! time (draft-ietf-httpapi-idempotency-key-header).
//!
//! A handler that creates takes [`Idempotent`] around its body, and is six lines longer than one that does not:
//!
//! ```ignore
//! let pending = match key.begin(&admin, &caller, Scope::WriteInstallation).await? {
//!     CreationState::New(pending) => pending,
//!     CreationState::Replay(answer) => return Ok(answer),
//! };
//! let answer = |made: &Made| CreatedResponse::new(&path(made), &shown(made), &tagged_by(made));
//! let stored = |made: &Made| answer(made).stored();
//! let made = admin.auth.make_thing(&caller, new, pending.with_response(&stored)).await?;
//! Ok(created(&answer(&made)))
//! ```

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use vestibule_auth::{Caller, IdempotencyState, IdempotentRequest, PendingCreation, Scope, StoredResponse};
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::AdminState;
use super::condition::tag;
use super::problem::AdminError;

/// What the description says of the header.
pub(super) const KEY_DESCRIPTION: &str = "A key of the caller's choice, 1 to 255 printable characters. The same request under the same \
    key is answered as the first time for 24 hours, and nothing is made anew; another request under it is 422; while the \
    first is under way 409.";

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that is given again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest key.
const LONGEST: usize = 255;

/// A body, and the key that the request came under.
pub(super) struct Idempotent<B>(pub(super) B, pub(super) IdempotencyKey);

/// The key that a request came under, if any, and what makes the request what it is.
pub(super) struct IdempotencyKey(Option<(String, Zeroizing<Vec<u8>>)>);

/// What to do about a creation.
pub(super) enum CreationState {
    /// Do it.
    New(PendingCreation),
    /// It was done: this is what was answered.
    Replay(Response),
}

impl<B> FromRequest<AdminState> for Idempotent<B>
where
    B: FromRequest<AdminState, Rejection = AdminError>,
{
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &AdminState) -> Result<Self, AdminError> {
        let Some(key) = key(request.headers())? else {
            return Ok(Self(B::from_request(request, admin).await?, IdempotencyKey(None)));
        };
        let (parts, body) = request.into_parts();
        let body = LimitedBody::read(&parts.extensions, body).await.0.map_err(AdminError::Unread)?;
        let key = IdempotencyKey(Some((key, whole(&parts, &body))));
        let request = Request::from_parts(parts, Body::from(body));
        Ok(Self(B::from_request(request, admin).await?, key))
    }
}

impl IdempotencyKey {
    /// Begins a creation that needs this right.
    pub(super) async fn begin(
        &self,
        admin: &AdminState,
        caller: &Caller,
        scope: Scope,
    ) -> Result<CreationState, AdminError> {
        let keyed = self.0.as_ref().map(|(key, request)| IdempotentRequest { key, request });
        Ok(match admin.auth.administration().begin_creation(caller, scope, keyed).await? {
            IdempotencyState::New(pending) => CreationState::New(pending),
            IdempotencyState::Replay(stored) => {
                let mut answer = created(&CreatedResponse::read(&stored)?);
                answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                CreationState::Replay(answer)
            }
        })
    }
}

/// The answer to a creation.
#[derive(Serialize, Deserialize)]
pub(super) struct CreatedResponse {
    /// The path of the thing.
    location: String,
    /// The tag of what was made.
    tag: String,
    /// The body: secrets are in it this once.
    body: String,
}

impl CreatedResponse {
    /// The path of the resource, the body, and the representation that its tag is of.
    pub(super) fn new(path: &str, body: &impl Serialize, thing: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { location: path.to_owned(), tag: tag(thing), body }
    }

    /// As the engine keeps it, without looking into it.
    pub(super) fn stored(&self) -> StoredResponse {
        StoredResponse(Zeroizing::new(serde_json::to_vec(self).unwrap_or_default()))
    }

    fn read(stored: &StoredResponse) -> Result<Self, AdminError> {
        serde_json::from_slice(&stored.0).map_err(AdminError::Unreadable)
    }
}

/// The same on the wire.
pub(super) fn created(answer: &CreatedResponse) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (StatusCode::CREATED, headers, answer.body.clone()).into_response();
    for (name, value) in [(LOCATION, &answer.location), (ETAG, &answer.tag)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The key of a request: a string of structured fields (RFC 9651), or the same without its quotes, as many clients send it.
fn key(headers: &HeaderMap) -> Result<Option<String>, AdminError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none()).map(str::trim);
    let text =
        text.map(|text| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text));
    let is_key = |text: &&str| {
        (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    let malformed = || AdminError::Malformed {
        field: "Idempotency-Key".into(),
        reason: format!("one key of 1 to {LONGEST} printable characters without spaces, \" and \\"),
    };
    text.filter(is_key).map(|text| Some(text.to_owned())).ok_or_else(malformed)
}

/// Everything that makes a request what it is. The path has no line break, so no two requests are the same.
fn whole(parts: &Parts, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Zeroizing::new([parts.method.as_str().as_bytes(), b"\n", target.as_bytes(), b"\n", body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<String>, AdminError> {
        key(&values.iter().map(|value| (HEADER, HeaderValue::from_static(value))).collect())
    }

    #[test]
    fn quotes_are_no_part_of_a_key() {
        for text in ["\"8e03978e-40d5\"", "8e03978e-40d5", " 8e03978e-40d5 "] {
            assert_eq!(read(&[text]).unwrap().as_deref(), Some("8e03978e-40d5"));
        }
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "\"\"", "\"", "a b", "a\"b", "a\\b"] {
            assert!(read(&[text]).is_err(), "{text}");
        }
        assert!(read(&["a", "a"]).is_err());
        let no_ascii = HeaderValue::from_bytes(&[0xfc]).unwrap();
        assert!(key(&[(HEADER, no_ascii)].into_iter().collect()).is_err());
        assert!(
            key(&[(HEADER, HeaderValue::from_str(&"a".repeat(256)).unwrap())].into_iter().collect()).is_err()
        );
    }
}
