//! What an operator wrote, and why it is refused: always with the place.

use std::fmt;
use std::io;

use vestibule_model::expected_kind;

/// A file, key or argument that is refused, or several. The program ends with exit code 2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InputError {
    /// Where it stands: `vestibule.toml: server.http`.
    place: String,
    /// What is wrong with it.
    reason: String,
    /// What is wrong besides.
    further: Vec<Self>,
}

impl InputError {
    /// Something about a whole file, or a whole argument.
    pub(crate) fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self { place: place.to_string(), reason: reason.to_string(), further: Vec::new() }
    }

    /// Several as one, which tells each on a line of its own; nothing if there are none.
    pub(crate) fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.further.extend(errors);
        Some(first)
    }

    /// With another one, if there is one.
    pub(crate) fn and(mut self, other: Option<Self>) -> Self {
        self.further.extend(other);
        self
    }

    /// Something about one key, or one element, of `source`.
    pub(crate) fn at(source: impl fmt::Display, key: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::new(format_args!("{source}: {key}"), reason)
    }

    /// A text that is no TOML: names line and column, and shows nothing of the text, which may hold secrets.
    pub(crate) fn toml(source: impl fmt::Display, text: &str, error: &toml::de::Error) -> Self {
        Self::new(format_args!("{source}{}", position(text, error)), error.message())
    }
}

/// Whether a file cannot be used because of where it was said to be, which no second attempt changes.
pub(crate) fn is_place_wrong(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
    };
    matches!(
        error.kind(),
        AlreadyExists | IsADirectory | NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem
    )
}

/// What is wrong with a value of a TOML file, from the decoder's message: of one of the wrong kind in words of the interface, as the
/// administration API has them.
pub(crate) fn of_value(message: &str) -> String {
    let is_of_kind =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|kind| message.starts_with(kind));
    match expected_kind(message).filter(|_| is_of_kind) {
        Some(kind) => {
            let kind = if kind == "an object" { "a table" } else { kind.as_str() };
            format!("a value of the wrong kind: this has to be {kind}")
        }
        None => message.to_owned(),
    }
}

/// `:line:column`, counted from 1; nothing if the error has no place.
pub(crate) fn position(text: &str, error: &toml::de::Error) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(":{line}:{column}")
}

impl fmt::Display for InputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.reason)?;
        self.further.iter().try_for_each(|error| write!(out, "\n{error}"))
    }
}

impl std::error::Error for InputError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_toml_is_named_by_line_and_column() {
        let text = "a = 1\nb = = 2\n";
        let error = toml::from_str::<toml::Table>(text).unwrap_err();
        assert!(InputError::toml("x.toml", text, &error).to_string().starts_with("x.toml:2:"));
    }
}
