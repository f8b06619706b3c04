//! `/me/{account}/login/code`: the second step of the way in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{LogInError, Ticket};
use vestibule_pages::{Code, Notice};

use super::continue_to::continue_to;
use super::cookies::PageCookie;
use super::form::{BrowserId, Form, FormError};
use super::look::AccountLook;
use super::notices::Told;
use super::request::{PageRefused, PageRequest};
use super::{answer, login};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// After a right password: the browser keeps the ticket, and asks for the code.
pub(super) fn ask(request: &PageRequest, ticket: &Ticket, wanted: Option<&str>) -> Response {
    let mut address = format!("/me/{}/login/code", request.account);
    if let Some(wanted) = wanted {
        address = form_urlencoded::Serializer::for_suffix(address.clone() + "?", address.len() + 1)
            .append_pair("continue", wanted)
            .finish();
    }
    let mut answer = answer::see_other(&address);
    PageCookie::Step.set(answer.headers_mut(), ticket.as_str(), request.secure);
    answer
}

/// `GET`.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    if request.cookie(PageCookie::Step).is_none() {
        return Ok(answer::see_other(&format!("/me/{}/login", request.account)));
    }
    let wanted = request.wanted();
    Ok(code_page(&api, &request, wanted.as_deref(), None))
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
            let told = Told::new(StatusCode::FORBIDDEN, Notice::OldForm);
            return Ok(code_page(&api, &request, None, Some(told)));
        }
    };
    let wanted = continue_to(request.account, form.get("continue"));
    let Some(ticket) = request.cookie(PageCookie::Step).map(Ticket::from_text) else {
        return Ok(answer::see_other(&format!("/me/{}/login", request.account)));
    };
    match api.auth.log_in_with_code(request.log_in(&api), &ticket, form.get("code")).await {
        Ok(logged_in) => {
            login::end_before(&api, &request).await?;
            let mut answer = login::signed_in(&api, &request, &logged_in.session, wanted);
            PageCookie::Step.clear(answer.headers_mut(), request.secure);
            Ok(answer)
        }
        Err(error) => {
            let told = match &error {
                LogInError::BadCredentials => Told::new(StatusCode::FORBIDDEN, Notice::BadCode),
                other => Told::from(other),
            };
            Ok(login::with_cause(code_page(&api, &request, wanted, Some(told)), error))
        }
    }
}

fn code_page(api: &ApiState, request: &PageRequest, wanted: Option<&str>, told: Option<Told>) -> Response {
    let look = AccountLook::of(api, request.account);
    let browser = BrowserId::of(api, request);
    let (status, notice, wait) = Told::parts(told);
    let page = Code {
        look: look.look(),
        account: request.account.as_str(),
        notice,
        form: browser.fields(api).with("continue", wanted),
    };
    let mut answer = answer::page(status, &page);
    browser.keep(&mut answer, request);
    answer::wait(answer.headers_mut(), wait);
    answer
}
