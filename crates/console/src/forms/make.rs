//! Something is made: once, however often its form is sent.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;
use uuid::Uuid;
use vestibule_auth::{
    AdministrationError, IdempotencyState, IdempotentRequest, PendingCreation, Scope, StoredResponse,
};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::done::Done;
use super::kept::is_of_session;
use super::page::{Form, FormSpec};
use super::values::SUBMIT;
use super::was::Was;
use super::{Step, Values};
use crate::frame::Frame;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

/// A form by which something is made.
pub(crate) trait MakeForm: FormSpec + Sync {
    /// What the engine has to allow.
    fn scope(&self) -> Scope;

    /// What its page shows of the thing that it is about, if there is one that others may change ([`make_upon`]).
    fn shown(&self) -> Values {
        Values::default()
    }

    /// Makes it, of what was typed. The engine is handed `pending.with_response(…)`, with [`Made::stored`] as the answer.
    fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> impl Future<Output = Result<Made, AdministrationError>> + Send;
}

/// What is shown once.
pub(crate) struct OneTimeSecret {
    pub(crate) name: String,
    pub(crate) value: Zeroizing<String>,
}

/// What was made.
pub(crate) struct Made {
    page: String,
    done: Done,
    secrets: Vec<OneTimeSecret>,
}

#[derive(Template)]
#[template(path = "made.html")]
struct SecretsPage<'a> {
    frame: Frame,
    secrets: &'a [OneTimeSecret],
    next: &'a str,
}

impl Made {
    /// Something whose page is there.
    pub(crate) fn at(page: String) -> Self {
        Self { page, done: Done::Made, secrets: Vec::new() }
    }

    /// The same, of which its page says this.
    #[must_use]
    pub(crate) fn saying(self, done: Done) -> Self {
        Self { done, ..self }
    }

    /// The same with a secret that is shown once.
    #[must_use]
    pub(crate) fn with_secret(mut self, name: &str, value: Zeroizing<String>) -> Self {
        self.secrets.push(OneTimeSecret { name: name.to_owned(), value });
        self
    }

    /// As the engine remembers it.
    pub(crate) fn stored(&self) -> StoredResponse {
        let mut text = Serializer::new(String::new());
        text.append_pair("page", &self.page).append_pair("done", self.done.word());
        for OneTimeSecret { name, value } in &self.secrets {
            text.append_pair(name, value);
        }
        StoredResponse(Zeroizing::new(text.finish().into_bytes()))
    }

    /// One that was remembered.
    pub(crate) fn known(stored: &StoredResponse) -> Result<Self, AdministrationError> {
        let lost = || AdministrationError::Conflict("what this form has made is not known any more".into());
        Self::remembered(stored).ok_or_else(lost)
    }

    /// The secret of this name; empty: there is none.
    pub(crate) fn secret(&self, name: &str) -> &str {
        self.secrets.iter().find(|secret| secret.name == name).map_or("", |secret| &secret.value)
    }

    /// The same with the secrets of another as well.
    #[must_use]
    pub(crate) fn with_all_of(self, other: &Self) -> Self {
        other.secrets.iter().fold(self, |made, one| made.with_secret(&one.name, one.value.clone()))
    }

    fn remembered(StoredResponse(stored): &StoredResponse) -> Option<Self> {
        let mut pairs = form_urlencoded::parse(stored);
        let (_, page) = pairs.next()?;
        let (_, done) = pairs.next()?;
        let secret = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| OneTimeSecret {
            name: name.into_owned(),
            value: Zeroizing::new(value.into_owned()),
        };
        Some(Self { page: page.into_owned(), done: Done::of(&done)?, secrets: pairs.map(secret).collect() })
    }

    /// Leads to its page; or shows the secrets, which are shown nowhere else.
    fn answer(&self, frame: Frame) -> Response {
        if self.secrets.is_empty() {
            return answer::see_other(&self.done.at(&self.page));
        }
        let page = SecretsPage { frame, secrets: &self.secrets, next: &self.page };
        answer::page(StatusCode::OK, &page)
    }
}

/// `GET`: the form with these values. Refuses whoever may not send it.
pub(crate) fn show_make(
    console: &ConsoleState,
    signed_in: &SignedIn,
    spec: &impl MakeForm,
    values: &Values,
) -> Result<Response, ConsoleError> {
    signed_in.caller.require(spec.scope())?;
    Ok(form(signed_in, spec, values, (new_submit(console), &Was::of(&spec.shown()))).page())
}

/// The number of a form that is shown now.
pub(crate) fn new_submit(console: &ConsoleState) -> String {
    Uuid::from_bytes(console.auth.random_bytes()).simple().to_string()
}

/// Refuses what is no number of a form.
pub(crate) fn expect_submit(submit: &str) -> Result<(), ConsoleError> {
    let is_one = submit.len() == 32 && submit.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_one { Ok(()) } else { Err(ConsoleError::Foreign) }
}

fn form(
    signed_in: &SignedIn,
    spec: &impl MakeForm,
    values: &Values,
    (submit, shown): (String, &Was),
) -> Form {
    let hidden = [(SUBMIT.to_owned(), submit)].into_iter().chain(shown.hidden()).collect();
    Form { hidden, ..Form::of(spec, signed_in.viewer(), values) }
}

/// Refuses unless what a form showed ([`MakeForm::shown`]) is so now: what the engine asks, as its condition.
pub(crate) fn as_shown(fields: &Fields, now: &Values) -> Result<(), AdministrationError> {
    Was::read(fields).expect(now)
}

/// `POST` of a form about something that others may change, as `read` reads it: makes it, or shows the form as what it is about is
/// now.
pub(crate) async fn make_upon<S: MakeForm>(
    console: &ConsoleState,
    posted: &Posted,
    read: impl Fn() -> Result<S, ConsoleError>,
) -> Result<Response, ConsoleError> {
    match make(console, posted, &read()?).await {
        Err(ConsoleError::Engine(AdministrationError::Changed)) => {}
        answered => return answered,
    }
    let (spec, Posted { signed_in, fields }) = (read()?, posted);
    let carried = (fields.get(SUBMIT).to_owned(), &Was::of(&spec.shown()));
    Ok(form(signed_in, &spec, &Values::typed(fields), carried).changed())
}

/// `POST`: makes it, or shows the form with what is wrong.
pub(crate) async fn make(
    console: &ConsoleState,
    Posted { signed_in, fields }: &Posted,
    spec: &impl MakeForm,
) -> Result<Response, ConsoleError> {
    let (values, submit) = (Values::typed(fields), fields.get(SUBMIT));
    let again = || form(signed_in, spec, &values, (submit.to_owned(), &Was::read(fields)));
    signed_in.caller.require(spec.scope())?;
    expect_submit(submit)?;
    if Step::of(fields) == Step::Again {
        return Ok(again().page_again());
    }
    match made(console, signed_in, (fields, &values), spec).await {
        Ok(made) => Ok(made.answer(spec.frame(signed_in.viewer()))),
        Err(AdministrationError::Invalid { field, .. }) if field == "Idempotency-Key" => {
            let reason = "this form has made something already: open it anew to make another";
            again().refused(AdministrationError::Conflict(reason.to_owned()))
        }
        Err(error) => again().refused(error),
    }
}

/// What a form makes the form it is, whatever the session in which it is sent.
fn request(target: &str, fields: &Fields) -> Zeroizing<String> {
    let pairs = fields.all().filter(|(name, _)| !is_of_session(name));
    Zeroizing::new(Serializer::new(format!("{target}\n")).extend_pairs(pairs).finish())
}

async fn made(
    console: &ConsoleState,
    signed_in: &SignedIn,
    (fields, values): (&Fields, &Values),
    spec: &impl MakeForm,
) -> Result<Made, AdministrationError> {
    let request = request(signed_in.request.target(), fields);
    let keyed = IdempotentRequest { key: fields.get(SUBMIT), request: request.as_bytes() };
    let begun =
        console.administration().begin_creation_in_turn(&signed_in.caller, spec.scope(), keyed).await?;
    match begun {
        IdempotencyState::New(pending) => spec.make(values, fields, pending).await,
        IdempotencyState::Replay(stored) => Made::known(&stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_answered_again_with_its_secrets() {
        let secret = |value: &str| Zeroizing::new(value.to_owned());
        let made = Made::at("/console/a?b=c&d".to_owned()).saying(Done::Changed);
        let made = made.with_secret("App key", secret("1")).with_secret("Secret", secret("a&b=+\u{e9}"));
        let again = Made::remembered(&made.stored()).unwrap();
        assert_eq!((&*again.page, again.done), ("/console/a?b=c&d", Done::Changed));
        let told: Vec<_> = again.secrets.iter().map(|one| (&*one.name, one.value.as_str())).collect();
        assert_eq!(told, [("App key", "1"), ("Secret", "a&b=+\u{e9}")]);
        assert!(Made::remembered(&StoredResponse(Zeroizing::new(b"x".to_vec()))).is_none());
    }
}
