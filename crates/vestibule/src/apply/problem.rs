//! Why a declaration cannot be applied: always with the element and its key.

use std::fmt;

/// What is wrong with which element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `user 12345678/alice: password`
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) reason: String,
}

impl Problem {
    pub(super) fn new(element: impl fmt::Display, key: &str, reason: impl fmt::Display) -> Self {
        Self { place: format!("{element}: {key}"), reason: reason.to_string() }
    }
}
