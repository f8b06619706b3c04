//! What the path of a request names. That it is there is another question, and the engine's.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use vestibule_auth::{AccountResourceId, AdministrationError, EndJobId};
use vestibule_model::{AccountId, AuditPlace, SessionReference};
use vestibule_serve::layers::Refusal;

use crate::ConsoleState;
use crate::keys::KeyDeed;
use crate::refused::ConsoleError;
use crate::resources::Kind;
use crate::users::UserDeed;

/// The names in a path, and what they stand for.
pub(crate) struct Place(Vec<(String, String)>);

impl FromRequestParts<ConsoleState> for Place {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &ConsoleState) -> Result<Self, Response> {
        let names = Path::<Vec<(String, String)>>::from_request_parts(parts, console).await;
        names.map(|Path(names)| Self(names)).map_err(|_| not_found().into_response())
    }
}

pub(crate) const fn not_found() -> ConsoleError {
    ConsoleError::Server(Refusal::NotFound)
}

impl Place {
    fn named<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ConsoleError> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| read(value)).ok_or_else(not_found)
    }

    pub(crate) fn account(&self) -> Result<AccountId, ConsoleError> {
        self.named("account", |account| account.parse().ok())
    }

    /// None: the path has no place for one.
    pub(crate) fn account_if_named(&self) -> Result<Option<AccountId>, ConsoleError> {
        let is_named = self.0.iter().any(|(known, _)| known == "account");
        is_named.then(|| self.account()).transpose()
    }

    pub(crate) fn number(&self, name: &str) -> Result<i64, ConsoleError> {
        self.named(name, |number| number.parse().ok())
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, ConsoleError> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(not_found)
    }

    pub(crate) fn user_deed(&self) -> Result<UserDeed, ConsoleError> {
        self.named("deed", UserDeed::of)
    }

    /// The one of a kind that is meant.
    pub(crate) fn resource(&self) -> Result<AccountResourceId, ConsoleError> {
        Ok(AccountResourceId { account: self.account()?, id: self.number("id")? })
    }

    /// The connection that is meant.
    pub(crate) fn connection(&self) -> Result<AccountResourceId, ConsoleError> {
        Ok(AccountResourceId { account: self.account()?, id: self.number("connection")? })
    }

    pub(crate) fn key_deed(&self) -> Result<KeyDeed, ConsoleError> {
        let (kind, key) = (self.text("key_kind")?, self.text("key")?);
        self.named("key_deed", |deed| KeyDeed::of(kind, key, deed))
    }

    pub(crate) fn kind(&self) -> Result<Kind, ConsoleError> {
        self.named("kind", Kind::of)
    }

    pub(crate) fn audit_place(&self) -> Result<AuditPlace, ConsoleError> {
        self.named("place", |place| place.parse().ok())
    }

    pub(crate) fn job(&self) -> Result<EndJobId, ConsoleError> {
        self.named("job", |job| Uuid::try_parse(job).ok().map(|job| EndJobId(job.into_bytes())))
    }

    pub(crate) fn session(&self) -> Result<SessionReference, ConsoleError> {
        let read = Uuid::try_parse(self.text("reference")?);
        let read = read.map(|reference| SessionReference(reference.into_bytes()));
        read.map_err(|_| AdministrationError::NotFound("session").into())
    }
}
