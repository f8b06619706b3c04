//! How values stand in columns: the numbers that stand for words, JSON, times, ids.
//!
//! Every number that is stored for a word is in this file. A number once used keeps its meaning for ever.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vestibule_model::{
    AccountId, AccountState, Dialect, Millis, Opening, Population, Rank, RoleType, SignOn, UserKind,
};

/// A word that is stored as a number.
pub(crate) trait Word: Copy {
    /// What it is, for the error about a number that nobody knows.
    const WHAT: &'static str;

    fn number(self) -> i64;

    fn from_number(number: i64) -> Option<Self>;
}

macro_rules! words {
    ($($what:literal $word:ty { $($variant:ident = $number:literal,)+ })+) => {$(
        impl Word for $word {
            const WHAT: &'static str = $what;

            fn number(self) -> i64 {
                match self { $(Self::$variant => $number,)+ }
            }

            fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

words! {
    "account state" AccountState { Enabled = 1, Disabled = 2, }
    "way of signing on" SignOn { Password = 1, SsoOnly = 2, }
    "role type" RoleType { Administrator = 1, Agent = 2, AgentManager = 3, CampaignManager = 4, Lpa = 5, }
    "rank" Rank { Agent = 1, Manager = 2, ItUser = 3, SuperUser = 4, SysAdmin = 5, }
    "population" Population { User = 1, Agent = 2, }
    "user kind" UserKind { System = 0, Human = 1, Bot = 2, }
    "opening" Opening { Password = 1, ApiKey = 2, OauthClient = 3, }
    "dialect" Dialect { LivePerson = 1, LiveVox = 2, }
    "application kind" ApplicationKind { None = 0, ApiKey = 1, OauthClient = 2, Token = 3, }
}

/// Which kind of application a session was opened with; its id stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApplicationKind {
    None,
    ApiKey,
    OauthClient,
    Token,
}

/// A number in the database that stands for nothing this version knows.
#[derive(Debug, thiserror::Error)]
#[error("{number} stands for no {what} that this version knows")]
struct UnknownNumber {
    number: i64,
    what: &'static str,
}

/// A word in its column.
pub(crate) struct Coded<T>(pub(crate) T);

impl<T: Word> ToSql for Coded<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.number().into())
    }
}

impl<T: Word> FromSql for Coded<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i64::column_result(value)?;
        let unknown = || FromSqlError::other(UnknownNumber { number, what: T::WHAT });
        T::from_number(number).map(Coded).ok_or_else(unknown)
    }
}

/// A value that stands in its column as JSON text.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(FromSqlError::other)
    }
}

/// A point in time in its column.
pub(crate) struct At(pub(crate) Millis);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_unix().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(|millis| Self(Millis::from_unix(millis)))
    }
}

/// An account's id in its column.
pub(crate) struct Id(pub(crate) AccountId);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}
