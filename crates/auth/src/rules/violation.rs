//! A rule that is broken, and what is asked about its rules.

use std::fmt;

use vestibule_model::PasswordViolation;

use super::neighbours::Neighbours;
use super::rule::Rule;

/// That a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// Why, for people. Never a secret.
    pub reason: String,
}

impl Violation {
    /// A rule whose words say everything.
    pub(super) fn of(rule: Rule) -> Self {
        Self { rule, reason: rule.words().to_owned() }
    }

    /// A rule, and what is particular to this case.
    pub(super) fn with(rule: Rule, particular: impl fmt::Display) -> Self {
        let particular = particular.to_string();
        Self { rule, reason: rule.words().replace("{0}", &particular).replace("{}", &particular) }
    }

    /// With who or what it collides with, for those who may know.
    #[must_use]
    pub fn because(self, of: impl fmt::Display) -> Self {
        Self { reason: format!("{}: {of}", self.reason), ..self }
    }
}

impl From<PasswordViolation> for Violation {
    fn from(violation: PasswordViolation) -> Self {
        Self::with(Rule::PasswordPolicy, violation)
    }
}

/// A kind of thing that there are rules about.
pub trait Ruled {
    /// Puts lists in their order, each value once.
    fn tidy(&mut self) {}

    /// Every rule that it breaks beside its `neighbours`. `before` is what it was; None: it is new. The neighbours may be
    /// those before or after the change: the thing itself among them does not count.
    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation>;

    /// Why it cannot be deleted: something that stays refers to it.
    fn in_use(&self, _neighbours: &dyn Neighbours) -> Option<Violation> {
        None
    }
}

/// A field, and the rule that it has to keep.
pub(super) type Field<T, V> = (Rule, fn(&T) -> &V);

/// Whether a value is to be judged: that of something new, or one that is not as it was.
pub(super) fn changed<'a, T, V: PartialEq + ?Sized + 'a>(
    before: Option<&'a T>,
    after: &'a T,
    value: impl Fn(&'a T) -> &'a V,
) -> bool {
    before.is_none_or(|before| value(before) != value(after))
}
