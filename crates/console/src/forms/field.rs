//! A field of a form: its label, what it asks for, what it holds, and what is wrong with that.

use std::collections::HashSet;
use std::fmt::Display;

use vestibule_auth::LONGEST_TEXT;
use vestibule_model::visible;

use super::values::{ON, Values, secret_name};

/// The most characters of one line, unless a field says otherwise.
const LONGEST_LINE: usize = LONGEST_TEXT;

/// The most characters of several lines: more than an account's services, a thousand of the longest, have.
const LONGEST_AREA: usize = 512 * 1024;

/// The most characters of a password.
const LONGEST_SECRET: usize = 1_024;

/// What a field holds that is empty.
pub(super) const NOTHING: &str = "nothing";

/// What can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

impl Choice {
    /// A value, and as what people know it.
    pub(crate) fn new(value: impl Display, label: impl AsRef<str>) -> Self {
        Self { value: value.to_string(), label: visible(label.as_ref()), is_chosen: false }
    }

    /// One that is chosen and not offered: a form takes away nothing that somebody did not take away.
    fn kept(value: &str) -> Self {
        let label = format!("id {value}, which is not offered here");
        Self { is_chosen: true, ..Self::new(value, label) }
    }
}

/// How something is asked for.
pub(crate) enum Control {
    /// A line; whether it is one of digits.
    Line { is_number: bool },
    /// Lines.
    Area,
    /// A line that nobody else is to read. It is never sent back.
    Secret,
    /// Lines that are a secret too, and seen while they are pasted.
    SecretArea,
    /// One of several.
    Select(Vec<Choice>),
    /// Yes or no.
    Check,
    /// Any of several.
    Checks(Vec<Choice>),
}

/// A field.
pub(crate) struct Field {
    /// On the wire.
    pub(crate) name: String,
    pub(crate) label: &'static str,
    pub(crate) hint: String,
    pub(crate) control: Control,
    pub(crate) value: String,
    pub(crate) longest: usize,
    pub(crate) is_needed: bool,
    /// What browsers may fill in; empty: nothing is said. With `off` they forget what was typed when somebody goes back to the form.
    pub(crate) autocomplete: &'static str,
    /// What it and those behind it are about.
    pub(crate) heading: Option<&'static str>,
    /// What is wrong with it.
    pub(crate) error: Option<String>,
}

impl Field {
    fn new(name: String, label: &'static str, control: Control, value: String) -> Self {
        let longest = match &control {
            Control::Area | Control::SecretArea => LONGEST_AREA,
            Control::Secret => LONGEST_SECRET,
            _ => LONGEST_LINE,
        };
        let autocomplete = if matches!(control, Control::Secret) { "new-password" } else { "" };
        Self {
            name,
            label,
            hint: String::new(),
            control,
            value,
            longest,
            is_needed: false,
            autocomplete,
            heading: None,
            error: None,
        }
    }

    /// A line.
    pub(crate) fn text(name: &str, label: &'static str, values: &Values) -> Self {
        Self::new(name.to_owned(), label, Control::Line { is_number: false }, values.text(name))
    }

    /// A number.
    pub(crate) fn number(name: &str, label: &'static str, values: &Values) -> Self {
        Self::new(name.to_owned(), label, Control::Line { is_number: true }, values.text(name))
    }

    /// Lines.
    pub(crate) fn area(name: &str, label: &'static str, values: &Values) -> Self {
        Self::new(name.to_owned(), label, Control::Area, values.text(name))
    }

    /// A secret, which is read by [`super::secret`].
    pub(crate) fn secret(name: &str, label: &'static str) -> Self {
        Self::new(secret_name(name), label, Control::Secret, String::new())
    }

    /// Lines that are a secret, such as a key in PEM.
    pub(crate) fn secret_area(name: &str, label: &'static str) -> Self {
        Self::new(secret_name(name), label, Control::SecretArea, String::new())
    }

    /// One of several.
    pub(crate) fn select(name: &str, label: &'static str, values: &Values, choices: Vec<Choice>) -> Self {
        let chosen = values.get(name);
        let marked = |choice: Choice| Choice { is_chosen: choice.value == chosen, ..choice };
        let mut choices: Vec<_> = choices.into_iter().map(marked).collect();
        if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
            choices.push(Choice::kept(chosen));
        }
        Self::new(name.to_owned(), label, Control::Select(choices), values.text(name))
    }

    /// Yes or no.
    pub(crate) fn check(name: &str, label: &'static str, values: &Values) -> Self {
        Self::new(name.to_owned(), label, Control::Check, values.text(name))
    }

    /// Any of several.
    pub(crate) fn checks(name: &str, label: &'static str, values: &Values, choices: Vec<Choice>) -> Self {
        let marked = |choice: Choice| Choice { is_chosen: values.has(name, &choice.value), ..choice };
        let mut choices: Vec<_> = choices.into_iter().map(marked).collect();
        let offered: HashSet<_> = choices.iter().map(|choice| choice.value.clone()).collect();
        let kept = values.all_chosen(name).filter(|value| !offered.contains(*value));
        choices.extend(kept.map(Choice::kept));
        Self::new(name.to_owned(), label, Control::Checks(choices), String::new())
    }

    /// The same with a sentence below it.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// The same as the first below a heading.
    #[must_use]
    pub(crate) fn under(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    /// The same, which has to be filled in.
    #[must_use]
    pub(crate) fn needed(self) -> Self {
        Self { is_needed: true, ..self }
    }

    /// The same of at most so many characters.
    #[must_use]
    pub(crate) fn longest(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// The same, which browsers may fill in with this.
    #[must_use]
    pub(crate) fn filled_by(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// Whether an error of the engine is about this field, or about a part of it.
    pub(super) fn is_meant_by(&self, field: &str) -> bool {
        let name = if self.is_secret() { secret_name(field) } else { field.to_owned() };
        name.strip_prefix(self.name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Whether it is never sent back.
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self.control, Control::Secret | Control::SecretArea)
    }

    /// Whether there is anything to choose.
    pub(crate) fn has_choices(&self) -> bool {
        let (Control::Select(choices) | Control::Checks(choices)) = &self.control else { return false };
        choices.iter().any(|choice| !choice.value.is_empty())
    }

    /// What it holds, as people read it.
    pub(super) fn words(&self) -> String {
        let chosen = |choices: &[Choice]| {
            let chosen = choices.iter().filter(|choice| choice.is_chosen);
            chosen.map(|choice| choice.label.as_str()).collect::<Vec<_>>().join(", ")
        };
        let words = match &self.control {
            Control::Line { .. } => visible(&self.value),
            Control::Area => self.value.lines().map(visible).collect::<Vec<_>>().join(", "),
            Control::Secret | Control::SecretArea => String::new(),
            Control::Select(choices) | Control::Checks(choices) => chosen(choices),
            Control::Check => if self.value == ON { "yes" } else { "no" }.to_owned(),
        };
        if words.is_empty() { NOTHING.to_owned() } else { words }
    }

    /// Whether a checkbox is checked.
    pub(crate) fn is_on(&self) -> bool {
        self.value == ON
    }

    /// Where a link to it leads: of several, the first.
    pub(crate) fn anchor(&self) -> String {
        let first = match &self.control {
            Control::Checks(choices) => choices.first(),
            _ => None,
        };
        first.map_or_else(|| self.name.clone(), |first| format!("{}.{}", self.name, first.value))
    }

    /// Whether nothing at all may be in it.
    pub(crate) const fn may_be_empty(&self) -> bool {
        !matches!(self.control, Control::Select(_))
    }

    /// Whether it is a line of digits.
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self.control, Control::Line { is_number: true })
    }

    /// The type of its input.
    pub(crate) fn input_type(&self) -> &'static str {
        match self.control {
            // A code is seen, and good for once.
            Control::Secret if !self.is_code() => "password",
            _ => "text",
        }
    }

    /// Whether it is a code of a second factor.
    pub(crate) fn is_code(&self) -> bool {
        self.autocomplete == "one-time-code"
    }

    /// What describes it, for whoever does not see it.
    pub(crate) fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let error = self.error.is_some().then(|| format!("{}-error", self.name));
        hint.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }
}
