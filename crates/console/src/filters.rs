//! What a list is limited to: the form in which somebody types it, and how that is read.

use std::fmt;
use std::str::FromStr;

use vestibule_auth::AdministrationError;
use vestibule_model::Millis;
use vestibule_serve::forms::{Fields, Zone};

use crate::request::Request;

/// The form.
pub(crate) struct Filters {
    /// What is listed, for whoever does not see it.
    pub(crate) name: &'static str,
    /// Where the list is.
    pub(crate) action: &'static str,
    pub(crate) fields: Vec<Filter>,
    /// Those that are seldom used.
    pub(crate) more: Vec<Filter>,
}

impl Filters {
    /// Whether one of those that are seldom used is.
    pub(crate) fn has_more_typed(&self) -> bool {
        self.more.iter().any(|field| !field.value.is_empty())
    }
}

/// A field of it.
pub(crate) struct Filter {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) shape: FilterShape,
}

/// How it is typed.
pub(crate) enum FilterShape {
    /// As a text of at most so many characters.
    Text(usize),
    /// As digits.
    Digits,
    /// As a point in time.
    Time,
    /// As one of these: the word, and what is said of it. The first is what holds where none is chosen.
    Choice(Vec<(String, String)>),
}

/// What somebody has typed into it.
pub(crate) struct Asked(Vec<(&'static str, String)>);

impl Asked {
    /// As the query has it.
    pub(crate) fn of(request: &Request, names: &[&'static str]) -> Self {
        Self::read_with(names, |name| request.asked(name).unwrap_or_default())
    }

    /// As a form has it that goes on from it.
    pub(crate) fn sent(fields: &Fields, names: &[&'static str]) -> Self {
        Self::read_with(names, |name| fields.get(name).to_owned())
    }

    fn read_with(names: &[&'static str], read: impl Fn(&'static str) -> String) -> Self {
        Self(names.iter().map(|name| (*name, read(name).trim().to_owned())).collect())
    }

    /// What was typed; empty where nothing was.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// All of it, as a query has it.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_empty())
    }

    /// A field of the form.
    pub(crate) fn field(&self, name: &'static str, label: &'static str, shape: FilterShape) -> Filter {
        Filter { name, label, value: self.get(name).to_owned(), shape }
    }

    /// What was typed, read; `what` it has to be.
    pub(crate) fn read<T: FromStr>(
        &self,
        name: &'static str,
        what: &str,
    ) -> Result<Option<T>, AdministrationError> {
        self.read_by(name, what, |text| text.parse().ok())
    }

    /// The same of a point in time in this zone.
    pub(crate) fn time(
        &self,
        name: &'static str,
        zone: &Zone,
    ) -> Result<Option<Millis>, AdministrationError> {
        self.read_by(name, "time, such as 2026-11-30T14:00", |text| zone.read(text))
    }

    /// The same of one of these.
    pub(crate) fn choice<T: fmt::Display + Copy>(
        &self,
        name: &'static str,
        all: &[T],
    ) -> Result<Option<T>, AdministrationError> {
        self.read_by(name, "choice of these", |text| all.iter().find(|one| one.to_string() == text).copied())
    }

    fn read_by<T>(
        &self,
        name: &'static str,
        what: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, AdministrationError> {
        let text = self.get(name);
        if text.is_empty() {
            return Ok(None);
        }
        let refused = || AdministrationError::invalid(name, format!("this is no {what}"));
        read(text).map(Some).ok_or_else(refused)
    }
}

/// One of these, or `any`.
pub(crate) fn any_of<T: fmt::Display + Copy>(all: &[T], words: impl Fn(T) -> String) -> FilterShape {
    let one = |one: &T| (one.to_string(), words(*one));
    FilterShape::Choice([(String::new(), "any".to_owned())].into_iter().chain(all.iter().map(one)).collect())
}
