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
    let mut answer = answer::see_other(&request.step("login/code", wanted));
    PageCookie::Step.set(answer.headers_mut(), ticket.as_str(), request.secure);
    answer
}

/// That the browser keeps, if it is still good.
fn ticket(api: &ApiState, request: &PageRequest) -> Option<Ticket> {
    let ticket = request.cookie(PageCookie::Step).map(Ticket::from_text)?;
    api.auth.is_good(request.log_in(api), &ticket).then_some(ticket)
}

/// Back to the first step: nothing counts without a good ticket.
pub(super) fn begin_anew(request: &PageRequest, wanted: Option<&str>) -> Response {
    let mut answer = answer::see_other(&request.step("login", wanted));
    PageCookie::Step.clear(answer.headers_mut(), request.secure);
    answer
}

/// `GET`.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    let wanted = request.wanted(&api);
    if ticket(&api, &request).is_none() {
        return Ok(begin_anew(&request, wanted.as_deref()));
    }
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
    let wanted = continue_to(&api, request.account, form.get("continue"));
    let Some(ticket) = ticket(&api, &request) else { return Ok(begin_anew(&request, wanted)) };
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
