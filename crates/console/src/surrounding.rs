//! Around every route: who is answered without TLS at all; the body is there before anybody looks who asks; what was begun runs to
//! its end; and what came of it is reported to the engine, which counts it, refused requests for the audit too.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use vestibule_auth::{AdministrationError, Caller, LogInError, NotedRequest};
use vestibule_model::TrafficOutcome;
use vestibule_serve::layers::{Cause, ClientAddress, LimitedBody, run_to_completion};

use crate::routes::LOGIN;
use crate::{ConsoleState, REFUSAL, plain_http, routes};

/// The most bytes of a form of the way in, with what is kept of another (`forms::kept`).
const MOST_OF_A_LOGIN: usize = 40 * 1024;

/// As long as a form that was typed, or that has a file, may be at least, in bytes: that of an account with the most services, each of the longest, is half of it.
pub(crate) const LONGEST_FORM: usize = 1024 * 1024;

/// What a request showed of its caller: nothing until it is set; then the caller, or None if what was shown proved nothing.
#[derive(Clone, Default)]
pub(crate) struct ProvedCaller(Arc<OnceLock<Option<Caller>>>);

impl ProvedCaller {
    pub(crate) fn set(&self, caller: Option<Caller>) {
        // The same request proves the same caller each time.
        let _ = self.0.set(caller);
    }
}

pub(crate) async fn run(State(console): State<ConsoleState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if !plain_http::is_private(&parts.extensions, &parts.headers, &parts.uri) {
        return plain_http::refusal();
    }
    let pattern = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let body = if parts.uri.path().starts_with(LOGIN) {
        LimitedBody::read_at_most(&parts.extensions, body, MOST_OF_A_LOGIN).await
    } else if routes::is_long(pattern) {
        LimitedBody::read_at_least(&parts.extensions, body, LONGEST_FORM).await
    } else {
        LimitedBody::read(&parts.extensions, body).await
    };
    let body = match body.0 {
        Ok(body) => body,
        Err(refusal) => return REFUSAL.answer(refusal),
    };
    let operation = format!("{} {pattern}", parts.method);
    let proved = ProvedCaller::default();
    parts.extensions.insert(proved.clone());
    let address = parts.extensions.get::<ClientAddress>().map(|client| client.0);
    let answer = run_to_completion(next.run(Request::from_parts(parts, Body::from(body)))).await;
    if let Some(caller) = proved.0.get() {
        let outcome = if caller.is_some() { outcome(&answer) } else { TrafficOutcome::InvalidCredential };
        let (caller, now) = (caller.as_ref(), console.clock.now());
        let noted = NotedRequest { caller, outcome, operation: &operation, address, now };
        console.administration().note_request(noted);
    }
    answer
}

/// What became of a request whose caller is proved. Only the engine refuses for want of a right: a form that is too old has the same
/// status, and is no attempt at what is not allowed.
fn outcome(answer: &Response) -> TrafficOutcome {
    let cause = answer.extensions().get::<Cause>();
    match cause.and_then(|cause| cause.0.downcast_ref::<AdministrationError>()) {
        Some(AdministrationError::NotAllowed) => return TrafficOutcome::NotAllowed,
        Some(AdministrationError::SecondFactorToBeSetUp) => return TrafficOutcome::SecondFactorNeeded,
        Some(AdministrationError::LogIn(LogInError::BadCredentials)) => {
            return TrafficOutcome::WrongCredentials;
        }
        _ => {}
    }
    match answer.status() {
        StatusCode::FORBIDDEN => TrafficOutcome::Contradictory,
        StatusCode::TOO_MANY_REQUESTS => TrafficOutcome::TooManyRequests,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => TrafficOutcome::Unavailable,
        _ => TrafficOutcome::Allowed,
    }
}
