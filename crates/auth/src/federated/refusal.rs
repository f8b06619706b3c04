//! Refusals of what an identity provider sent: told in the audit as a whole, and to whoever was refused by their id alone.

use std::fmt;

use serde_json::{Map, Value};
use vestibule_model::{Reason, RefusalId, told};

use crate::directory::UsableConnection;

/// The longest reason and the longest name that the audit is told, in characters: strangers write parts of them.
const LONGEST_WHY: usize = 500;
const LONGEST_NAME: usize = 200;

/// What the audit is told of a refusal: nothing in it is a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The name of the connection; None: none was found.
    connection: Option<String>,
    /// Which check refused.
    check: Option<String>,
    /// Why, in words.
    why: Option<String>,
    /// What to do about it.
    fix: Option<&'static str>,
    /// Whom a genuine message names.
    names: Option<String>,
}

impl Told {
    pub(crate) fn of(connection: &UsableConnection) -> Self {
        Self::named(&connection.connection.name)
    }

    pub(crate) fn named(connection: &str) -> Self {
        Self { connection: Some(connection.to_owned()), ..Self::default() }
    }

    /// That the account has no connection that could take what came, as which it is asked for by somebody who began there. What others
    /// ask for is not told: strangers write it.
    pub(crate) fn no_connection(begun_at: Option<&str>) -> Self {
        Self { connection: begun_at.map(str::to_owned), ..Self::default() }
            .because("the account has no enabled connection for it")
            .advising("enable the connection, or make one: vestibule connection list shows which there are")
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(told(&why.into(), LONGEST_WHY));
        self
    }

    /// The refusal of a report.
    pub(crate) fn refused<C: fmt::Display>(self, check: Option<C>, refusal: &impl Reason) -> Self {
        let told = self.because(refusal.to_string()).advising(refusal.fix());
        match check {
            Some(check) => told.by(check),
            None => told,
        }
    }

    pub(crate) fn by(mut self, check: impl fmt::Display) -> Self {
        self.check = Some(check.to_string());
        self
    }

    pub(crate) fn advising(mut self, fix: &'static str) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whom the message names.
    pub(crate) fn naming(mut self, names: &str) -> Self {
        self.names = Some(told(names, LONGEST_NAME));
        self
    }

    /// Tells that there is nobody of this name.
    pub(crate) fn naming_nobody(self, names: &str) -> Self {
        self.naming(names).because("the connection's population has no such user").advising(
            "make the user, have the connection make users (provisioning), or, where it links by subject, give the user this identity; names of users count letter by letter",
        )
    }

    /// What tells it apart from others in the audit. The words are not among it: strangers choose them, and as many as they like.
    pub(crate) fn key(&self) -> impl std::hash::Hash {
        let Self { connection, check, why: _, fix, names } = self;
        (connection, check, fix, names)
    }

    /// As JSON, with the id of the refusal.
    pub(crate) fn details(self, id: RefusalId) -> String {
        let Self { connection, check, why, fix, names } = self;
        let fields = [
            ("refusal", Some(id.to_string())),
            ("connection", connection),
            ("check", check),
            ("why", why),
            ("fix", fix.map(ToOwned::to_owned)),
            ("names", names),
        ];
        let fields =
            fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
        Value::Object(fields.collect::<Map<_, _>>()).to_string()
    }
}
