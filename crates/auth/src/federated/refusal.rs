//! Refusals of what an identity provider sent: told in the audit as a whole, and to whoever was refused by their id alone.

use std::fmt;

use serde_json::{Map, Value};
use vestibule_model::{Reason, Rng};

use crate::directory::UsableConnection;

/// The id of a refusal: what the audit says of it is found by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalId(u64);

impl RefusalId {
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 8];
        rng.fill(&mut bytes);
        Self(u64::from_be_bytes(bytes))
    }

    /// As it was written; None: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let is_one = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_one).map(Self)
    }
}

impl fmt::Display for RefusalId {
    /// 16 hexadecimal digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// What the audit is told of a refusal: nothing in it is a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
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

    pub(crate) fn naming(mut self, names: &str) -> Self {
        self.names = Some(names.chars().take(200).collect());
        self
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
