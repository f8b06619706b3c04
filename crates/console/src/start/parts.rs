//! What the guided form makes, one after the other, each once.

use vestibule_auth::{
    Administration, AdministrationError, Caller, GivenKey, IdempotencyState, IdempotentRequest,
    KeyWithSecrets, NewUser, PendingCreation, Scope, StoredResponse, TokenWithText,
};
use vestibule_model::{AccountId, ApiKey, ApplicationToken, Population, User, UserKind};
use zeroize::Zeroizing;

use crate::forms::{Made, Values};
use crate::resources::{read_privileges, shown_key, shown_token};
use crate::users::user_address;

/// Who makes what, and where.
pub(super) struct Parts<'a> {
    pub(super) administration: Administration<'a>,
    pub(super) caller: &'a Caller,
    pub(super) account: AccountId,
    pub(super) values: &'a Values,
    /// The number of the form.
    pub(super) submit: &'a str,
}

/// A part of what is made: before its fields stands its word.
#[derive(Clone, Copy)]
struct Part {
    word: &'static str,
    /// The field of its name.
    name: &'static str,
}

const KEY: Part = Part { word: "key", name: "key.name" };
const BOT: Part = Part { word: "bot", name: "bot.login_name" };
const TOKEN: Part = Part { word: "token", name: "token.name" };
const PERSON: Part = Part { word: "person", name: "person.login_name" };

/// An error about a field of a part.
fn in_part(Part { word, name }: Part) -> impl Fn(AdministrationError) -> AdministrationError {
    move |error| match error {
        AdministrationError::Invalid { field, .. } if field == "Idempotency-Key" => {
            let reason =
                "it was made already, of what was typed before: type that again, or open this form anew";
            AdministrationError::invalid(name, reason)
        }
        AdministrationError::Invalid { field, reason } => {
            AdministrationError::invalid(format!("{word}.{field}"), reason)
        }
        AdministrationError::Taken(field) => {
            AdministrationError::invalid(format!("{word}.{field}"), "this is taken")
        }
        other => other,
    }
}

impl Parts<'_> {
    /// Makes a part, unless it was made already: then as it was.
    async fn once<F>(
        &self,
        part: Part,
        request: &str,
        make: impl FnOnce(PendingCreation) -> F + Send,
    ) -> Result<Made, AdministrationError>
    where
        F: Future<Output = Result<Made, AdministrationError>> + Send,
    {
        // What was made in one account is no answer to a form of another, where somebody else may ask.
        let key = format!("{}-{}-{}", self.submit, self.account, part.word);
        let scope = Scope::WriteAccount(self.account);
        let keyed = IdempotentRequest { key: &key, request: request.as_bytes() };
        let outcome = match self.administration.begin_creation_in_turn(self.caller, scope, keyed).await {
            Ok(IdempotencyState::New(pending)) => make(pending).await,
            Ok(IdempotencyState::Replay(stored)) => Made::known(&stored),
            Err(error) => Err(error),
        };
        outcome.map_err(in_part(part))
    }

    /// The API key.
    pub(super) async fn key(&self) -> Result<Made, AdministrationError> {
        let name = self.values.get(KEY.name);
        let privileges = read_privileges("key.privileges", self.values)?;
        let request = format!("{name}\n{privileges:?}");
        let make = async |pending: PendingCreation| {
            let fill = |mut key: ApiKey| {
                name.clone_into(&mut key.name);
                key.privileges.clone_from(&privileges);
                Ok(key)
            };
            let stored = |made: &KeyWithSecrets| shown_key(self.account, made).stored();
            let (given, answer) = (GivenKey::default(), pending.with_response(&stored));
            let made =
                self.administration.make_api_key(self.caller, self.account, given, fill, answer).await?;
            Ok(shown_key(self.account, &made))
        };
        self.once(KEY, &request, make).await
    }

    /// The bot that is tied to the key with this app key.
    pub(super) async fn bot(&self, app_key: &str) -> Result<Made, AdministrationError> {
        let name = self.values.get(BOT.name);
        let make = async |pending: PendingCreation| {
            let new = NewUser { population: Population::User, kind: UserKind::Bot, password: None };
            let fill = |user: &mut User| {
                name.clone_into(&mut user.login_name);
                user.allowed_app_key = Some(app_key.to_owned());
                Ok(())
            };
            let made = |user: &User| Made::at(user_address(user.account, user.id));
            let stored = |user: &User| made(user).stored();
            let answer = pending.with_response(&stored);
            let user = self.administration.make_user(self.caller, self.account, new, fill, answer).await?;
            Ok(made(&user))
        };
        self.once(BOT, &format!("{name}\n{app_key}"), make).await
    }

    /// The application token.
    pub(super) async fn token(&self) -> Result<Made, AdministrationError> {
        let name = self.values.get(TOKEN.name);
        let make = async |pending: PendingCreation| {
            let fill = |mut token: ApplicationToken| {
                name.clone_into(&mut token.name);
                Ok(token)
            };
            let stored = |made: &TokenWithText| shown_token(self.account, made).stored();
            let answer = pending.with_response(&stored);
            let administration = &self.administration;
            let made =
                administration.make_application_token(self.caller, self.account, None, fill, answer).await?;
            Ok(shown_token(self.account, &made))
        };
        self.once(TOKEN, name, make).await
    }

    /// The user who logs in with the token, as the last: with them the form has done what it does.
    pub(super) async fn person(
        &self,
        password: Zeroizing<String>,
        told: &(dyn Fn() -> StoredResponse + Sync),
        pending: PendingCreation,
    ) -> Result<(), AdministrationError> {
        let name = self.values.get(PERSON.name);
        let new = NewUser { population: Population::User, kind: UserKind::Human, password: Some(password) };
        let fill = |user: &mut User| {
            name.clone_into(&mut user.login_name);
            user.must_change_password = false;
            Ok(())
        };
        let stored = |_: &User| told();
        let answer = pending.with_response(&stored);
        let made = self.administration.make_user(self.caller, self.account, new, fill, answer).await;
        made.map(drop).map_err(in_part(PERSON))
    }
}
