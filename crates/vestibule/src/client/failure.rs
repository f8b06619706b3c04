//! Why a service was not asked or did not do it: one line that says what to do, and how the program ends.

use std::fmt::Write as _;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use vestibule_model::visible;

use crate::exit_code::Ended;

/// What a refusal asks for first, by its type.
const WANTED: [(&str, Wanted); 3] = [
    ("urn:vestibule:password-must-be-changed", Wanted::NewPassword),
    ("urn:vestibule:second-factor-required", Wanted::Code),
    ("urn:vestibule:second-factor-to-be-set-up", Wanted::SecondFactor),
];

/// What a service asks for before it does what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Another password.
    NewPassword,
    /// A code of the second factor, beside the password.
    Code,
    /// A second factor.
    SecondFactor,
}

/// What can go wrong with a service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// Nothing came back, or nothing that can be read.
    #[error("{0}")]
    Unreachable(String),
    /// There is nothing to say who asks.
    #[error("{0}")]
    NotLoggedIn(String),
    /// Nothing has the name that was given.
    #[error("{0}")]
    NoSuch(String),
    /// It answered that it will not.
    #[error("{words}{advice}")]
    Refused {
        /// Why.
        words: String,
        /// What to do.
        advice: &'static str,
        status: StatusCode,
        /// What it asks for first.
        wanted: Option<Wanted>,
        /// Which field of the request is wrong.
        field: Option<String>,
    },
}

/// A refusal as RFC 9457 has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    field: Option<String>,
}

impl ServiceError {
    /// What was answered instead of what was asked for.
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let problem = problem(headers, body);
        let kind = problem.as_ref().map(|problem| problem.kind.as_str());
        let wanted = WANTED.iter().find(|(of, _)| Some(*of) == kind).map(|(_, wanted)| *wanted);
        let words = words(status, headers, problem.as_ref());
        let field = problem.and_then(|problem| problem.field);
        Self::Refused { words, advice: advice(status, wanted), status, wanted, field }
    }

    /// The same for somebody who knows what to do.
    pub(crate) fn without_advice(self) -> Self {
        match self {
            Self::Refused { words, status, wanted, field, .. } => {
                Self::Refused { words, advice: "", status, wanted, field }
            }
            other => other,
        }
    }

    /// The status, if there was an answer.
    pub(crate) const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The field of the request that is wrong.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Refused { field, .. } => field.as_deref(),
            _ => None,
        }
    }

    /// What the service asks for first.
    pub(crate) const fn wanted(&self) -> Option<Wanted> {
        match self {
            Self::Refused { wanted, .. } => *wanted,
            _ => None,
        }
    }

    /// What the program ends with.
    pub(crate) fn ended(&self) -> Ended {
        match self {
            Self::Unreachable(_) => Ended::Unavailable,
            Self::NotLoggedIn(_) => Ended::NotAllowed,
            Self::NoSuch(_) => Ended::NoSuchThing,
            Self::Refused { status, .. } => match status.as_u16() {
                400 | 413 | 415 | 422 => Ended::WrongInput,
                401 | 403 => Ended::NotAllowed,
                404 => Ended::NoSuchThing,
                409 | 412 => Ended::Refused,
                429 | 500.. => Ended::Unavailable,
                _ => Ended::Failed,
            },
        }
    }
}

fn problem(headers: &HeaderMap, body: &[u8]) -> Option<Problem> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    kind.starts_with("application/problem+json").then(|| serde_json::from_slice(body).ok()).flatten()
}

fn words(status: StatusCode, headers: &HeaderMap, problem: Option<&Problem>) -> String {
    let Some(problem) = problem else {
        return format!(
            "the answer is {status}, and not one of an administration listener: is the URL right?"
        );
    };
    let mut words = String::new();
    if let Some(field) = &problem.field {
        let _ = write!(words, "{}: ", visible(field));
    }
    let said = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
    words.push_str(&visible(said));
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    if let Some(seconds) = seconds {
        let _ = write!(words, "; try again in {seconds} s");
    }
    if status.is_server_error()
        && let Some(id) = headers.get("x-request-id").and_then(|id| id.to_str().ok())
    {
        let _ = write!(words, " (request {} in the service's log)", visible(id));
    }
    words
}

const fn advice(status: StatusCode, wanted: Option<Wanted>) -> &'static str {
    match status.as_u16() {
        403 if matches!(wanted, Some(Wanted::SecondFactor)) => "; run `vestibule second-factor set-up`",
        401 => "; run `vestibule login`, or give another token",
        412 => "; somebody has changed it in the meantime: look at it, and run the command again",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn refused(status: u16, kind: &'static str, body: &str) -> ServiceError {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        headers.insert("x-request-id", HeaderValue::from_static("r1"));
        ServiceError::of_answer(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    fn problem(status: u16) -> ServiceError {
        refused(status, "application/problem+json", r#"{"title":"T","detail":"no good","field":"name"}"#)
    }

    #[test]
    fn the_field_and_the_detail_are_told() {
        assert_eq!(problem(422).to_string(), "name: no good; try again in 7 s");
    }

    #[test]
    fn a_failure_of_the_service_names_its_request() {
        assert!(problem(500).to_string().contains("(request r1 in the service's log)"));
    }

    #[test]
    fn an_answer_of_something_else_is_not_shown() {
        let error = refused(404, "text/html", "<h1>hunter2</h1>").to_string();
        assert!(error.contains("404 Not Found") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn what_could_move_the_cursor_is_not_shown_as_it_is() {
        let error = refused(409, "application/problem+json", r#"{"detail":"a\u001b[2Jb"}"#).to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }

    #[test]
    fn scripts_can_tell_the_refusals_apart() {
        let ends = [
            (400, Ended::WrongInput),
            (401, Ended::NotAllowed),
            (403, Ended::NotAllowed),
            (404, Ended::NoSuchThing),
            (409, Ended::Refused),
            (412, Ended::Refused),
            (422, Ended::WrongInput),
            (428, Ended::Failed),
            (429, Ended::Unavailable),
            (500, Ended::Unavailable),
            (503, Ended::Unavailable),
        ];
        for (status, end) in ends {
            assert_eq!(problem(status).ended(), end, "{status}");
        }
    }
}
