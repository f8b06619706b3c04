//! Everything that is wrong with a configuration, gathered so that all of it is told at once.

use std::collections::BTreeSet;
use std::fmt;

use super::layers::Source;
use crate::input_error::InputError;

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    errors: Vec<InputError>,
    /// The keys whose values are not what somebody wrote: nothing can be said of how they go together with others.
    keys: BTreeSet<String>,
}

impl Findings {
    /// Something about a name that is no key's, or about a whole file.
    pub(super) fn add(&mut self, error: InputError) {
        self.errors.push(error);
    }

    /// Something about the value of a key; `place` is the key, or an element of its list.
    pub(super) fn add_value(
        &mut self,
        source: impl fmt::Display,
        key: &str,
        place: &str,
        reason: impl fmt::Display,
    ) {
        self.keys.insert(key.to_owned());
        self.errors.push(InputError::at(source, place, reason));
    }

    /// Values that do not go together: told only if each of them is what somebody wrote.
    pub(super) fn add_conflict(&mut self, conflict: &Conflict, source: impl Fn(&str) -> Source) {
        let Conflict { keys, reason } = conflict;
        if keys.iter().any(|key| self.keys.contains(*key)) {
            return;
        }
        if let Some(key) = keys.first() {
            self.errors.push(InputError::at(source(key), key, reason));
        }
    }

    /// Nothing, or all of it.
    pub(super) fn into_result(self) -> Result<(), InputError> {
        InputError::all(self.errors).map_or(Ok(()), Err)
    }
}

/// Values that do not go together, and why. The first key is the one that is named.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) keys: Vec<&'static str>,
    pub(super) reason: String,
}

impl Conflict {
    pub(super) fn of(keys: &[&'static str], reason: impl fmt::Display) -> Self {
        Self { keys: keys.to_vec(), reason: reason.to_string() }
    }
}
