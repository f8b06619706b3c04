//! `/me/{account}/login/second-factor`: the way in of somebody who has shown the password, and whose account asks for a second
//! factor that they have not set up. Nothing else opens before.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{Enrolment, ProvedUser, SetUpOnTheWayIn, ShownEnrolment, Ticket};
use vestibule_pages::{Enrol, Notice, Picture, RecoveryCodes};

use super::continue_to::continue_to;
use super::cookies::PageCookie;
use super::form::{BrowserId, Form, FormError};
use super::look::AccountLook;
use super::notices::Told;
use super::request::{PageRefused, PageRequest};
use super::second_factor::{told, with_cause};
use super::{answer, code, login};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

const PAGE: &str = "login/second-factor";

/// After a right password: the browser keeps the ticket, and is led to the page.
pub(super) fn ask(request: &PageRequest, ticket: &Ticket, wanted: Option<&str>) -> Response {
    let mut answer = answer::see_other(&request.step(PAGE, wanted));
    PageCookie::Step.set(answer.headers_mut(), ticket.as_str(), request.secure);
    answer
}

/// The ticket that the browser keeps, and whose it is, if it is still good and they have none yet.
fn holder(api: &ApiState, request: &PageRequest) -> Option<(Ticket, ProvedUser)> {
    let ticket = request.cookie(PageCookie::Step).map(Ticket::from_text)?;
    let holder = api.auth.holder_to_set_up(request.log_in(api), &ticket)?;
    Some((ticket, holder))
}

/// `GET`.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    let wanted = request.wanted(&api);
    let Some((_, holder)) = holder(&api, &request) else {
        return Ok(code::begin_anew(&request, wanted.as_deref()));
    };
    let enrolment = api.auth.begin_enrolment(&holder, api.clock.now());
    Ok(page(&api, &request, &enrolment, wanted.as_deref(), None))
}

/// `POST`: the first code of a device.
pub(super) async fn submit(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let found = holder(&api, &request);
    let form = match Form::of_browser(&api, &request, &body) {
        Ok(form) => form,
        Err(FormError::Unread(refusal)) => return Err(refusal.into()),
        Err(FormError::Foreign) => {
            let Some((_, holder)) = found else { return Ok(code::begin_anew(&request, None)) };
            let enrolment = api.auth.begin_enrolment(&holder, api.clock.now());
            let told = Told::new(StatusCode::FORBIDDEN, Notice::OldForm);
            return Ok(page(&api, &request, &enrolment, None, Some(told)));
        }
    };
    let wanted = continue_to(&api, request.account, form.get("continue"));
    let Some((ticket, holder)) = found else { return Ok(code::begin_anew(&request, wanted)) };
    let (at, state) = (request.log_in(&api), form.get("state"));
    let shown = ShownEnrolment { state, code: form.get("code"), password: "" };
    match api.auth.set_up_on_the_way_in(at, &ticket, shown).await {
        Ok(set_up) => set_up_and_in(&api, &request, &set_up, wanted).await,
        // Another tab was first: its device is asked for.
        Err(_) if self::holder(&api, &request).is_none() => Ok(code::begin_anew(&request, wanted)),
        Err(error) => {
            let (told, cause) = told(error)?;
            let again = api.auth.resume_enrolment(&holder, state, at.now);
            let enrolment = again.unwrap_or_else(|| api.auth.begin_enrolment(&holder, at.now));
            Ok(with_cause(page(&api, &request, &enrolment, wanted, Some(told)), cause))
        }
    }
}

/// The recovery codes, which are shown once; from there the user goes on to where they wanted, or signs in where no session could
/// be opened.
async fn set_up_and_in(
    api: &ApiState,
    request: &PageRequest,
    SetUpOnTheWayIn { codes, opened }: &SetUpOnTheWayIn,
    wanted: Option<&str>,
) -> Result<Response, PageRefused> {
    if opened.is_ok() {
        login::end_before(api, request).await?;
    }
    let (look, home) = (AccountLook::of(api, request.account), request.home());
    let shown = RecoveryCodes {
        look: look.look(),
        account: request.account.as_str(),
        own: None,
        notice: Some(Notice::SecondFactorOn),
        codes: codes.iter().map(|code| code.as_str()).collect(),
        next: wanted.unwrap_or(&home),
    };
    let mut answer = answer::page(StatusCode::OK, &shown);
    PageCookie::Step.clear(answer.headers_mut(), request.secure);
    if let Ok(logged_in) = opened {
        let cookie = api.auth.page_cookie(&logged_in.session);
        PageCookie::Session.set(answer.headers_mut(), cookie.as_str(), request.secure);
    }
    Ok(answer)
}

fn page(
    api: &ApiState,
    request: &PageRequest,
    enrolment: &Enrolment,
    wanted: Option<&str>,
    told: Option<Told>,
) -> Response {
    let look = AccountLook::of(api, request.account);
    let browser = BrowserId::of(api, request);
    let (status, notice, wait) = Told::parts(told);
    let form = browser.fields(api).with("state", Some(&enrolment.state)).with("continue", wanted);
    let enrol = Enrol {
        look: look.look(),
        account: request.account.as_str(),
        own: None,
        notice,
        form,
        secret: &enrolment.secret,
        picture: Picture::of(&enrolment.address),
        asks_password: false,
        action: &request.step(PAGE, None),
    };
    let mut answer = answer::page(status, &enrol);
    browser.keep(&mut answer, request);
    answer::wait(answer.headers_mut(), wait);
    answer
}
