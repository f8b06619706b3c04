//! What a list is limited to: the form in which somebody types it, and how that is read.

use std::fmt;
use std::str::FromStr;

use vestibule_auth::{Administration, AdministrationError, Caller, LONGEST_NAME};
use vestibule_model::{AccountId, Millis, UserId};
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

/// The field of a user.
const USER: &str = "user";

/// A field for a user of the account that another field names.
pub(crate) fn user_field(asked: &Asked, label: &'static str) -> Filter {
    asked.field(USER, label, FilterShape::Text(LONGEST_NAME))
}

/// The user who is meant by an id or, in an account, by a login name. An id may be that of one who is there no more.
fn user_id(
    administration: &Administration<'_>,
    caller: &Caller,
    account: Option<AccountId>,
    typed: &str,
) -> Result<UserId, AdministrationError> {
    let refused = |reason: &str| AdministrationError::invalid(USER, reason.to_owned());
    let id = typed.parse().ok().map(UserId);
    let Some(account) = account else {
        return id
            .ok_or_else(|| refused("this is no id of a user; for a login name, choose the account too"));
    };
    if let Some(id) = id.filter(|id| administration.user_of_id(caller, account, *id).is_ok()) {
        return Ok(id);
    }
    let named = match administration.users_named(caller, account, typed) {
        Err(AdministrationError::NotFound(_)) => Vec::new(),
        named => named?,
    };
    match (&*named, id) {
        ([one], _) => Ok(one.id),
        ([], Some(id)) => Ok(id),
        ([], None) => Err(refused("the account has no user of this login name")),
        _ => Err(refused("a user and an agent of the account have this login name: type the id")),
    }
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

    /// The same with the id of the user whose login name was typed.
    pub(crate) fn with_user_id(
        &self,
        administration: &Administration<'_>,
        caller: &Caller,
    ) -> Result<Self, AdministrationError> {
        let account = self.read("account", "account id")?.or_else(|| caller.role.account());
        let id = match self.get(USER) {
            "" => return Ok(Self(self.0.clone())),
            typed => user_id(administration, caller, account, typed)?.to_string(),
        };
        let with_id = |(name, value): &(&'static str, String)| {
            (*name, if *name == USER { id.clone() } else { value.clone() })
        };
        Ok(Self(self.0.iter().map(with_id).collect()))
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
