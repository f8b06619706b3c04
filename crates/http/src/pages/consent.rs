//! Whether a client of the sentinel may act for a user: the question, and the answer.

use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::PageSession;
use vestibule_model::AccountId;
use vestibule_pages::{Consent, HiddenFields, Link, Message};

use super::answer;
use super::form::Form;
use super::look::AccountLook;
use super::request::{PageRefused, PageRequest};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// What a user answered.
pub(crate) struct ConsentForm {
    /// What the client asked for, as a query.
    pub(crate) request: String,
    pub(crate) agrees: bool,
}

impl ConsentForm {
    /// Reads the answer, and whose it is.
    ///
    /// # Errors
    ///
    /// It comes from elsewhere, or nobody is signed in.
    pub(crate) async fn read(
        api: &ApiState,
        request: &PageRequest,
        body: &CredentialBody,
    ) -> Result<(PageSession, Self), PageRefused> {
        let (holder, form) = Form::of_holder(api, request, body).await?;
        let agrees = form.get("answer") == "allow";
        Ok((holder, Self { request: form.get("request").to_owned(), agrees }))
    }
}

/// Asks. `request` is what the client asked for, as a query, and comes back with the answer.
pub(crate) fn consent_page(
    api: &ApiState,
    holder: &PageSession,
    client: &str,
    scope: &str,
    request: &str,
) -> Response {
    let account = holder.session.account;
    let look = AccountLook::of(api, account);
    let form =
        HiddenFields::csrf(api.auth.page_csrf(&holder.session).as_str()).with("request", Some(request));
    answer::page(
        StatusCode::OK,
        &Consent {
            look: look.look(),
            account: account.as_str(),
            client,
            user_name: &holder.user.login_name,
            scopes: scope.split(' ').filter(|word| !word.is_empty()).map(in_words).collect(),
            form,
        },
    )
}

/// A scope as people read it.
fn in_words(scope: &str) -> String {
    match scope {
        "openid" => "to know who you are".to_owned(),
        "profile" => "your name and user name".to_owned(),
        "email" => "your e-mail address".to_owned(),
        "offline_access" => "to go on while you are away".to_owned(),
        other => other.to_owned(),
    }
}

/// Sends the browser on to a client after a form.
pub(crate) fn go_on_elsewhere(api: &ApiState, account: AccountId, address: &str) -> Response {
    let look = AccountLook::of(api, account);
    let message = Message {
        look: look.look(),
        title: "Going on",
        text: "You are being taken back to where you came from.",
        link: Some(Link { name: "Go on", address }),
        goes_to: Some(address),
    };
    answer::page(StatusCode::OK, &message)
}
