//! What the fields of a form hold, by name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use vestibule_auth::AdministrationError;
use vestibule_model::digest;
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::kept;
use super::was::{Was, is_was};

/// What the names of fields begin with that hold secrets: these are never sent back, nor kept.
const SECRET: &str = "secret.";

/// Fields that are there for the form itself.
const OF_THE_FORM: [&str; 5] = ["csrf", kept::OF, kept::AGAIN, "step", SUBMIT];

/// The name of the field that holds the number of a form by which something is made.
pub(crate) const SUBMIT: &str = "submit";

/// What a checkbox sends.
pub(super) const ON: &str = "on";

/// Values of fields, none of them a secret. An empty one is as good as none; of several that are chosen, each is a field `NAME.VALUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values(BTreeMap<String, String>);

/// The name on the wire of the field of a secret.
pub(super) fn secret_name(name: &str) -> String {
    format!("{SECRET}{name}")
}

/// Whether a field holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    name.starts_with(SECRET)
}

/// The secret in the field of this name; None: nothing was typed.
pub(crate) fn secret(fields: &Fields, name: &str) -> Option<Zeroizing<String>> {
    let typed = fields.secret(&secret_name(name));
    (!typed.is_empty()).then_some(typed)
}

impl Values {
    /// Those that were typed.
    pub(super) fn typed(fields: &Fields) -> Self {
        let mut values = Self::default();
        let is_typed = |name: &str| !is_secret(name) && !is_was(name) && !OF_THE_FORM.contains(&name);
        for (name, value) in fields.all().filter(|(name, _)| is_typed(name)) {
            values.set(name, value);
        }
        values
    }

    /// As fields that nobody sees.
    pub(super) fn as_typed(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// What is there now, with what was changed in a form that was made from `was`: fields that nobody touched there stay as they are
    /// now.
    pub(super) fn upon(&self, was: &Was, now: &Self) -> Self {
        let mut merged = now.clone();
        for name in self.0.keys().map(String::as_str).chain(was.names()) {
            let typed = self.get(name);
            if !was.had(name, typed) {
                merged.set(name, typed);
            }
        }
        merged
    }

    /// Names these values and no others.
    pub(crate) fn digest(&self) -> String {
        digest(self.all().flat_map(|(name, value)| [name, value]))
    }

    /// All of them, in the order of their names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a field; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same as a text of its own.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    /// The same where nothing says that there is none.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a checkbox is checked.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name) == ON
    }

    /// A number, or whatever else is written as one.
    pub(crate) fn number<T: FromStr>(&self, name: &'static str) -> Result<T, AdministrationError> {
        let refused = |_| AdministrationError::invalid(name, "this has to be a whole number");
        self.get(name).trim().parse().map_err(refused)
    }

    /// The same where nothing says that there is none.
    pub(crate) fn optional_number<T: FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, AdministrationError> {
        if self.get(name).trim().is_empty() { Ok(None) } else { self.number(name).map(Some) }
    }

    /// What the word means that is chosen of these.
    pub(crate) fn one_of<T: Copy>(
        &self,
        name: &'static str,
        known: &[(&str, T)],
    ) -> Result<T, AdministrationError> {
        let chosen = known.iter().find(|(word, _)| *word == self.get(name));
        let refused = || AdministrationError::invalid(name, "there is no such choice");
        chosen.map(|(_, meant)| *meant).ok_or_else(refused)
    }

    /// Sets a field to the word for this one of these.
    pub(crate) fn set_one_of<T: PartialEq>(&mut self, name: &str, known: &[(&str, T)], one: &T) {
        let word = known.iter().find(|(_, meant)| meant == one);
        self.set_optional(name, word.map(|(word, _)| word));
    }

    /// Those that are chosen of several, in order.
    pub(crate) fn chosen<T: FromStr + Ord>(&self, name: &'static str) -> Result<Vec<T>, AdministrationError> {
        let its = |(known, value): (&String, &String)| {
            let chosen = known.strip_prefix(name)?.strip_prefix('.')?;
            (value == ON).then(|| chosen.parse())
        };
        let chosen: Result<Vec<T>, _> = self.0.iter().filter_map(its).collect();
        let mut chosen = chosen.map_err(|_| AdministrationError::invalid(name, "there is no such choice"))?;
        chosen.sort_unstable();
        Ok(chosen)
    }

    /// All that are chosen of several, whatever they are.
    pub(super) fn all_chosen<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let its = move |(known, _): (&'a String, _)| known.strip_prefix(name)?.strip_prefix('.');
        self.0.iter().filter(|(_, value)| *value == ON).filter_map(its)
    }

    /// Whether this one of several is chosen.
    pub(super) fn has(&self, name: &str, one: &str) -> bool {
        self.get(&format!("{name}.{one}")) == ON
    }

    /// Sets the value of a field. Lines end as everywhere else but in forms.
    pub(crate) fn set(&mut self, name: &str, value: impl Display) {
        let value = value.to_string().replace("\r\n", "\n");
        if value.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// The same of what there may be none of.
    pub(crate) fn set_optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Checks a checkbox, or not.
    pub(crate) fn set_on(&mut self, name: &str, is_on: bool) {
        self.set(name, if is_on { ON } else { "" });
    }

    /// Chooses these of several.
    pub(crate) fn choose(&mut self, name: &str, chosen: impl IntoIterator<Item = impl Display>) {
        for one in chosen {
            self.set(&format!("{name}.{one}"), ON);
        }
    }
}
