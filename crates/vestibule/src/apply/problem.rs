//! Why a declaration cannot be applied: always with the element and its key.

use std::fmt;

use vestibule_auth::{Rule, Violation};
use vestibule_model::visible;

/// What is wrong with which element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `user 12345678/alice: password`
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) reason: String,
    /// The rule that is broken; None: the file itself cannot be understood.
    pub(crate) rule: Option<Rule>,
}

impl Problem {
    pub(super) fn new(element: impl fmt::Display, key: &str, reason: impl fmt::Display) -> Self {
        let place = visible(&format!("{element}: {key}"));
        Self { place, reason: visible(&reason.to_string()), rule: None }
    }

    /// An element that breaks a rule.
    pub(super) fn broken(element: impl fmt::Display, Violation { rule, reason }: Violation) -> Self {
        let place = match rule.field() {
            "" => element.to_string(),
            // The names of these keys in a file.
            "member_of" => format!("{element}: group"),
            "services" => format!("{element}: service"),
            field => format!("{element}: {field}"),
        };
        // Names are shown as they are, and may be made to be shown otherwise.
        Self { place: visible(&place), reason: visible(&reason), rule: Some(rule) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.reason)
    }
}
