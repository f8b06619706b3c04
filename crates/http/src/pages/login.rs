//! `/me/{account}/login`: the way in with a password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountEntry, IneligibleReason, LogInError, PasswordStep, ShownPage, UserCredentials};
use vestibule_model::{Protocol, SignOn};
use vestibule_pages::{Connection, Link, Login, Message, Notice};
use vestibule_serve::layers::Cause;
use zeroize::Zeroizing;

use super::continue_to::{continue_to, is_elsewhere};
use super::cookies::PageCookie;
use super::form::{BrowserId, Form, FormError};
use super::look::AccountLook;
use super::notices::Told;
use super::request::{PageRefused, PageRequest};
use super::{answer, code, password, set_up};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::query;

/// What the page shows besides the account.
#[derive(Default)]
struct Shown {
    told: Option<Told>,
    user_name: String,
    wanted: Option<String>,
}

/// `GET`. Whoever is signed in already goes on.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    let wanted = request.wanted(&api);
    if request.holder(&api).await?.is_some() {
        // A gate that sent them here knows their session, and has said no: sent back, they would come again for ever.
        return Ok(match wanted {
            Some(wanted) if is_elsewhere(&wanted) => go_on_themselves(&api, &request, &wanted),
            wanted => answer::see_other(&wanted.unwrap_or_else(|| request.home())),
        });
    }
    let is_signed_out = query::value(&request.query, "done").as_deref() == Some("signed-out");
    let told = is_signed_out.then(|| Told::new(StatusCode::OK, Notice::SignedOut));
    Ok(login_page(&api, &request, Shown { told, wanted, ..Shown::default() }))
}

/// Whoever is signed in, and was sent here all the same.
fn go_on_themselves(api: &ApiState, request: &PageRequest, address: &str) -> Response {
    let look = AccountLook::of(api, request.account);
    let message = Message {
        look: look.look(),
        title: "Signed in",
        text: "You are signed in. If you come back here when you go on, what you asked for is not open to you.",
        link: Some(Link { name: "Go on", address }),
        goes_to: None,
    };
    answer::page(StatusCode::OK, &message)
}

/// `POST`.
pub(super) async fn submit(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let form = match Form::of_browser(&api, &request, &body) {
        Ok(form) => form,
        Err(FormError::Unread(refusal)) => return Err(refusal.into()),
        Err(FormError::Foreign) => {
            let told = Some(Told::new(StatusCode::FORBIDDEN, Notice::OldForm));
            return Ok(login_page(&api, &request, Shown { told, ..Shown::default() }));
        }
    };
    let wanted = continue_to(&api, request.account, form.get("continue")).map(str::to_owned);
    let credentials = UserCredentials {
        user_name: form.get("user_name").to_owned(),
        population: None,
        password: Zeroizing::new(form.get("password").as_bytes().to_vec()),
    };
    with_password(&api, &request, credentials, wanted.as_deref()).await
}

/// Signs somebody in, or says why not.
pub(super) async fn with_password(
    api: &ApiState,
    request: &PageRequest,
    credentials: UserCredentials,
    wanted: Option<&str>,
) -> Result<Response, PageRefused> {
    let user_name = credentials.user_name.clone();
    match api.auth.log_in_by_steps(request.log_in(api), credentials).await {
        Ok(PasswordStep::Code(ticket)) => Ok(code::ask(request, &ticket, wanted)),
        Ok(PasswordStep::SetUp(ticket)) => Ok(set_up::ask(request, &ticket, wanted)),
        Ok(PasswordStep::LoggedIn(logged_in)) => {
            end_before(api, request).await?;
            Ok(signed_in(api, request, &logged_in.session, wanted))
        }
        Err(
            error @ LogInError::Refused(
                IneligibleReason::PasswordExpired | IneligibleReason::MustChangePassword,
            ),
        ) => {
            let told = Told::from(&error);
            Ok(with_cause(password::must_change(api, request, &user_name, wanted, told), error))
        }
        Err(error) => Ok(refused(api, request, error, &user_name, wanted)),
    }
}

/// Ends the page session that this browser has, if it has one: nobody else's stays behind when somebody signs in.
pub(crate) async fn end_before(api: &ApiState, request: &PageRequest) -> Result<(), PageRefused> {
    // The login is what this request is counted as.
    if let Some(before) = request.shown(api).await?.and_then(ShownPage::counted_elsewhere) {
        let ended = api.auth.end_page_session(&before, request.address).await;
        ended.map_err(PageRefused::failed)?;
    }
    Ok(())
}

/// The login page, with what is said of an attempt that was refused, and what is logged of it.
pub(crate) fn refused(
    api: &ApiState,
    request: &PageRequest,
    error: LogInError,
    user_name: &str,
    wanted: Option<&str>,
) -> Response {
    let (told, wanted) = (Some(Told::from(&error)), wanted.map(str::to_owned));
    with_cause(login_page(api, request, Shown { told, user_name: user_name.to_owned(), wanted }), error)
}

/// Goes on with the cookie of a new session.
pub(crate) fn signed_in(
    api: &ApiState,
    request: &PageRequest,
    session: &vestibule_model::Session,
    wanted: Option<&str>,
) -> Response {
    let look = AccountLook::of(api, request.account);
    let mut answer = answer::go_on(look.look(), wanted.unwrap_or(&request.home()));
    PageCookie::Session.set(answer.headers_mut(), api.auth.page_cookie(session).as_str(), request.secure);
    answer
}

fn login_page(api: &ApiState, request: &PageRequest, shown: Shown) -> Response {
    let look = AccountLook::of(api, request.account);
    let browser = BrowserId::of(api, request);
    let entry = api.auth.public_account(request.account);
    let (status, notice, wait) = Told::parts(shown.told);
    let page = Login {
        look: look.look(),
        account: request.account.as_str(),
        notice,
        form: browser.fields(api).with("continue", shown.wanted.as_deref()),
        user_name: &shown.user_name,
        takes_passwords: entry.as_ref().is_none_or(|entry| entry.account.sign_on == SignOn::Password),
        connections: entry.map_or_else(Vec::new, |entry| connections(&entry, shown.wanted.as_deref())),
    };
    let mut answer = answer::page(status, &page);
    browser.keep(&mut answer, request);
    answer::wait(answer.headers_mut(), wait);
    answer
}

/// The account's enabled connections, in the order of their names.
fn connections(entry: &AccountEntry, wanted: Option<&str>) -> Vec<Connection> {
    let enabled = entry.connections().into_iter().map(|usable| &usable.connection).filter(|own| own.enabled);
    let mut enabled: Vec<_> = enabled.collect();
    enabled.sort_by(|one, other| one.name.cmp(&other.name));
    let account = entry.account.id;
    let query = wanted.map(|wanted| {
        form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).append_pair("continue", wanted).finish()
    });
    let query = query.unwrap_or_default();
    let shown = enabled.into_iter().map(|own| Connection {
        name: own.shown_name().to_owned(),
        address: match own.protocol {
            Protocol::Saml(_) => format!("/sso/saml/{account}/{}/login{query}", own.name),
            Protocol::Oidc(_) => format!("/sso/oidc/{account}/{}/login{query}", own.name),
        },
    });
    shown.collect()
}

/// The answer with what is logged about it.
pub(super) fn with_cause(mut answer: Response, error: LogInError) -> Response {
    answer.extensions_mut().insert(Cause(Arc::new(error)));
    answer
}
