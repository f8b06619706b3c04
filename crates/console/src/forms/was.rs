//! What a form was made from, as the form carries it: short values as they are, of each long one a digest, so that a form is not sent
//! twice as long as it is.

use std::collections::BTreeMap;

use vestibule_auth::AdministrationError;
use vestibule_model::digest;
use vestibule_serve::forms::Fields;

use super::values::Values;

/// What the names of fields begin with that hold such a value.
const WHOLE: &str = "was.";

/// The same of a digest.
const DIGEST: &str = "was-digest.";

/// The longest value that is carried whole, in bytes.
const LONGEST: usize = 256;

/// What is told of a value of which there is a digest alone.
const NOT_KEPT: &str = "a long text, which the form did not keep";

/// What a form was made from. It proves nothing: whoever changes it is shown a conflict, or none, of their own making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Was {
    whole: Values,
    digests: BTreeMap<String, String>,
}

/// Whether a field says what a form was made from.
pub(super) fn is_was(name: &str) -> bool {
    name.starts_with(WHOLE) || name.starts_with(DIGEST)
}

impl Was {
    /// That a form is made from these.
    pub(super) fn of(values: &Values) -> Self {
        let mut was = Self::default();
        for (name, value) in values.all() {
            if value.len() > LONGEST {
                was.digests.insert(name.to_owned(), digest([value]));
            } else {
                was.whole.set(name, value);
            }
        }
        was
    }

    /// As a form was sent.
    pub(super) fn read(fields: &Fields) -> Self {
        let mut was = Self::default();
        for (name, value) in fields.all() {
            if let Some(name) = name.strip_prefix(WHOLE) {
                was.whole.set(name, value);
            } else if let Some(name) = name.strip_prefix(DIGEST) {
                was.digests.insert(name.to_owned(), value.to_owned());
            }
        }
        was
    }

    /// As fields that nobody sees.
    pub(super) fn hidden(&self) -> impl Iterator<Item = (String, String)> {
        let whole = self.whole.all().map(|(name, value)| (format!("{WHOLE}{name}"), value.to_owned()));
        whole.chain(self.digests.iter().map(|(name, digest)| (format!("{DIGEST}{name}"), digest.clone())))
    }

    /// The names of its fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.whole.all().map(|(name, _)| name).chain(self.digests.keys().map(String::as_str))
    }

    /// Whether a field had this value.
    pub(super) fn had(&self, name: &str, value: &str) -> bool {
        match self.digests.get(name) {
            Some(known) => *known == digest([value]),
            None => self.whole.get(name) == value,
        }
    }

    /// Refuses unless the form was made from these.
    pub(super) fn expect(&self, values: &Values) -> Result<(), AdministrationError> {
        if self.is(values) { Ok(()) } else { Err(AdministrationError::Changed) }
    }

    /// Whether the form was made from these.
    pub(super) fn is(&self, values: &Values) -> bool {
        let mut names = values.all().map(|(name, _)| name).chain(self.names());
        names.all(|name| self.had(name, values.get(name)))
    }

    /// The values, as far as they are known: those that are carried whole, and those that are among these.
    pub(super) fn values(&self, known: [&Values; 2]) -> Values {
        let mut values = self.whole.clone();
        for name in self.digests.keys() {
            let found = known.into_iter().map(|known| known.get(name)).find(|value| self.had(name, value));
            values.set(name, found.unwrap_or(NOT_KEPT));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(fields: &[(&str, &str)]) -> Values {
        let mut values = Values::default();
        for (name, value) in fields {
            values.set(name, value);
        }
        values
    }

    #[test]
    fn a_long_value_is_carried_as_a_digest_and_known_again() {
        let long = "x".repeat(LONGEST + 1);
        let made_from = values(&[("short", "a"), ("long", &long)]);
        let was = Was::of(&made_from);
        assert!(was.hidden().all(|(_, value)| value.len() <= LONGEST));
        assert!(was.is(&made_from));
        let other = values(&[("short", "a"), ("long", &format!("{long}y"))]);
        assert!(
            !was.is(&other) && !was.is(&values(&[("short", "a")])) && !was.is(&values(&[("long", &long)]))
        );
        assert_eq!(was.values([&other, &made_from]), made_from);
        assert_eq!(was.values([&other, &other]).get("long"), NOT_KEPT);
    }
}
