//! What an operation may answer beside what its handler says: it follows from what the operation takes.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{Content, Header, Object, Ref, RefOr, Response, Type};

use super::roles::Who;
use super::{SCHEMAS, parameters};

const PROBLEM: &str = "application/problem+json";

/// Whether the resource at a path has an `ETag`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagged {
    /// It does, and asks for it.
    Yes,
    /// It does not.
    No,
}

/// Adds the statuses that follow from what the operation takes, and says of every answer what it means and what it brings.
/// A refusal that has no words of its own is described once for all.
pub(super) fn complete(operation: &mut Operation, who: Who, tagged: Tagged) {
    for status in implied(operation, who) {
        let status = status.as_str().to_owned();
        operation.responses.responses.entry(status).or_insert_with(|| Response::default().into());
    }
    for (status, described) in &mut operation.responses.responses {
        let (Ok(status), RefOr::T(answer)) = (StatusCode::from_bytes(status.as_bytes()), &mut *described)
        else {
            continue;
        };
        if is_refusal(status) && answer.description.is_empty() {
            *described = Ref::from_response_name(name(status)).into();
        } else {
            fill(answer, status, tagged);
        }
    }
}

/// The refusals that operations refer to, by name.
pub(super) fn refusals(operations: &[&Operation]) -> BTreeMap<String, RefOr<Response>> {
    let statuses = operations.iter().flat_map(|operation| operation.responses.responses.keys());
    let statuses = statuses.filter_map(|status| StatusCode::from_bytes(status.as_bytes()).ok());
    let described = |status| {
        let mut answer = Response::default();
        fill(&mut answer, status, Tagged::No);
        (name(status), RefOr::T(answer))
    };
    statuses.filter(|status| is_refusal(*status)).map(described).collect()
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().replace(' ', "")
}

fn fill(answer: &mut Response, status: StatusCode, tagged: Tagged) {
    if answer.description.is_empty() {
        meaning(status).clone_into(&mut answer.description);
    }
    if is_refusal(status) {
        let problem = Content::new(Some(Ref::new(format!("{SCHEMAS}Problem"))));
        answer.content = [(PROBLEM.to_owned(), RefOr::T(problem))].into_iter().collect();
    }
    for (name, text) in headers(status, tagged) {
        let mut header = Header::new(Object::with_type(Type::String));
        header.description = Some((*text).to_owned());
        answer.headers.entry((*name).to_owned()).or_insert(RefOr::T(header));
    }
}

fn implied(operation: &Operation, who: Who) -> Vec<StatusCode> {
    let takes =
        |place: &ParameterIn| parameters::all(operation).any(|parameter| parameter.parameter_in == *place);
    let has = |name| parameters::has(operation, name);
    let has_body = operation.request_body.is_some();
    let rules: [(bool, &[StatusCode]); 7] = [
        (true, &[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE]),
        (operation.security.is_some(), &[StatusCode::UNAUTHORIZED]),
        (who.is_limited(), &[StatusCode::FORBIDDEN]),
        (takes(&ParameterIn::Path), &[StatusCode::NOT_FOUND]),
        (takes(&ParameterIn::Query) || has_body || has("Idempotency-Key"), &[StatusCode::BAD_REQUEST]),
        (
            has_body,
            &[StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE],
        ),
        (has("If-Match"), &[StatusCode::PRECONDITION_FAILED, StatusCode::PRECONDITION_REQUIRED]),
    ];
    rules.into_iter().filter(|(applies, _)| *applies).flat_map(|(_, statuses)| statuses).copied().collect()
}

fn meaning(status: StatusCode) -> &'static str {
    match status {
        StatusCode::OK => "What was asked for, or what it is now.",
        StatusCode::CREATED => "It was made.",
        StatusCode::NO_CONTENT => "It was done.",
        StatusCode::BAD_REQUEST => "The request has not the form that is described.",
        StatusCode::UNAUTHORIZED => "Nothing was shown that proves who asks, or it is not good any more.",
        StatusCode::FORBIDDEN => {
            "The role of the caller does not allow it; the same for an account that is not there. Or, as `type` says, the caller has to \
             set up a second factor first."
        }
        StatusCode::NOT_FOUND => "There is no such thing.",
        StatusCode::REQUEST_TIMEOUT => "The body did not arrive in time.",
        StatusCode::CONFLICT => {
            "Something else stands in the way: a value is taken, or the present state forbids it."
        }
        StatusCode::PRECONDITION_FAILED => "It is not as it was when the caller looked.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is too large.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body is not said to be JSON.",
        StatusCode::UNPROCESSABLE_ENTITY => "A value breaks a rule: `field` names it, `detail` says which.",
        StatusCode::PRECONDITION_REQUIRED => "`If-Match` is missing.",
        StatusCode::TOO_MANY_REQUESTS => "Too many of these, from this address or with this name.",
        StatusCode::SERVICE_UNAVAILABLE => "Too busy, or the database does not answer. Try again later.",
        StatusCode::INTERNAL_SERVER_ERROR => {
            "A fault of the service. Its log says more, under the id of `X-Request-Id`."
        }
        StatusCode::HTTP_VERSION_NOT_SUPPORTED => "Streams of events are told over HTTP/1.1 alone.",
        other => other.canonical_reason().unwrap_or_default(),
    }
}

fn headers(status: StatusCode, tagged: Tagged) -> &'static [(&'static str, &'static str)] {
    const TAG: (&str, &str) = ("ETag", "Names the present state, for `If-Match`.");
    match status {
        StatusCode::OK if tagged == Tagged::Yes => &[TAG],
        StatusCode::CREATED => &[
            TAG,
            ("Location", "The path of what was made."),
            ("Idempotent-Replayed", "`true`: it was made before, under the same `Idempotency-Key`."),
        ],
        StatusCode::UNAUTHORIZED => &[("WWW-Authenticate", "`Bearer`.")],
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            &[("Retry-After", "After how many seconds it is worth another try.")]
        }
        _ => &[],
    }
}
