//! `/me/{account}/second-factor`: a user sets up a second factor, has new recovery codes, or switches it off.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{Enrolment, EnrolmentError, LogInError, PageSession, ShownEnrolment};
use vestibule_model::SecondFactorPolicy;
use vestibule_pages::{Enrol, HiddenFields, Notice, Own, Picture, RecoveryCodes, SecondFactor};
use vestibule_serve::forms::Zone;
use vestibule_serve::layers::Cause;
use zeroize::Zeroizing;

use super::form::{Form, fields_of};
use super::look::AccountLook;
use super::notices::Told;
use super::request::{PageRefused, PageRequest};
use super::{answer, me};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// `GET`: what there is, or how to set it up.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    let Some(page) = request.holder(&api).await? else { return Ok(me::to_login(&request)) };
    Ok(shown(&api, &request, &page, None))
}

/// `POST .../set`: the first code of a device.
pub(super) async fn set(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let (page, form) = Form::of_holder(&api, &request, &body).await?;
    let (at, state) = (request.log_in(&api), form.get("state"));
    let enrolment = ShownEnrolment { state, code: form.get("code"), password: form.get("password") };
    match api.auth.finish_enrolment(&page.proved(), at, enrolment).await {
        Ok(codes) => Ok(recovery_codes(&api, &request, &page, &codes)),
        Err(EnrolmentError::Changed) => changed(&api, &request).await,
        Err(error) => {
            let (told, cause) = told(error)?;
            let again = api.auth.resume_enrolment(&page.proved(), state, at.now);
            let answer = match again {
                Some(enrolment) => enrol_page(&api, &request, &page, &enrolment, Some(told)),
                None => shown(&api, &request, &page, Some(told)),
            };
            Ok(with_cause(answer, cause))
        }
    }
}

/// `POST .../change`: with a code of the present one.
pub(super) async fn change(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let (page, form) = Form::of_holder(&api, &request, &body).await?;
    let (at, code) = (request.log_in(&api), form.get("code"));
    let done = match form.get("do") {
        "renew" => {
            let codes = api.auth.renew_recovery_codes(&page.proved(), at, code).await;
            codes.map(|codes| recovery_codes(&api, &request, &page, &codes))
        }
        "remove" => {
            let removed = api.auth.remove_second_factor(&page.proved(), at, code).await;
            let home = format!("/me/{}/?done=second-factor-off", request.account);
            removed.map(|()| answer::see_other(&home))
        }
        _ => return Err(PageRefused::Foreign),
    };
    match done {
        Ok(answer) => Ok(answer),
        Err(EnrolmentError::Changed) => changed(&api, &request).await,
        Err(error) => {
            let (told, cause) = told(error)?;
            Ok(with_cause(shown(&api, &request, &page, Some(told)), cause))
        }
    }
}

/// What there is now, for whoever has thought that it was something else.
async fn changed(api: &ApiState, request: &PageRequest) -> Result<Response, PageRefused> {
    let Some(page) = request.holder(api).await? else { return Ok(me::to_login(request)) };
    let (told, cause) = told(EnrolmentError::Changed)?;
    Ok(with_cause(shown(api, request, &page, Some(told)), cause))
}

fn address(request: &PageRequest) -> String {
    format!("/me/{}/second-factor", request.account)
}

/// What is told of it, and what is logged.
pub(super) fn told(error: EnrolmentError) -> Result<(Told, Cause), PageRefused> {
    let told = match &error {
        EnrolmentError::Required => Told::new(StatusCode::FORBIDDEN, Notice::SecondFactorRequired),
        EnrolmentError::Changed => Told::new(StatusCode::CONFLICT, Notice::Changed),
        EnrolmentError::OldPage => Told::new(StatusCode::FORBIDDEN, Notice::OldForm),
        EnrolmentError::Code(LogInError::BadCredentials) => Told::new(StatusCode::FORBIDDEN, Notice::BadCode),
        EnrolmentError::Password(LogInError::BadCredentials) => {
            Told::new(StatusCode::FORBIDDEN, Notice::BadPassword)
        }
        EnrolmentError::Code(error) | EnrolmentError::Password(error) => Told::from(error),
        EnrolmentError::Store(_) => return Err(PageRefused::failed(error)),
    };
    Ok((told, Cause(Arc::new(error))))
}

pub(super) fn with_cause(mut answer: Response, cause: Cause) -> Response {
    answer.extensions_mut().insert(cause);
    answer
}

fn shown(api: &ApiState, request: &PageRequest, page: &PageSession, told: Option<Told>) -> Response {
    let Some(factor) = &page.user.second_factor else {
        let enrolment = api.auth.begin_enrolment(&page.proved(), api.clock.now());
        return enrol_page(api, request, page, &enrolment, told);
    };
    let look = AccountLook::of(api, request.account);
    let (status, notice, wait) = Told::parts(told);
    let shown = SecondFactor {
        look: look.look(),
        account: request.account.as_str(),
        own: Some(own(api, page)),
        notice,
        form: fields_of(api, page),
        since: Zone::of(&page.entry.account.time_zone).day(factor.since),
        codes_left: factor.recovery.len(),
        is_required: page.entry.account.second_factor == SecondFactorPolicy::Required,
    };
    let mut answer = answer::page(status, &shown);
    answer::wait(answer.headers_mut(), wait);
    answer
}

fn enrol_page(
    api: &ApiState,
    request: &PageRequest,
    page: &PageSession,
    enrolment: &Enrolment,
    told: Option<Told>,
) -> Response {
    let look = AccountLook::of(api, request.account);
    let (status, notice, wait) = Told::parts(told);
    let form: HiddenFields = fields_of(api, page).with("state", Some(&enrolment.state));
    let enrol = Enrol {
        look: look.look(),
        account: request.account.as_str(),
        own: Some(own(api, page)),
        notice,
        form,
        secret: &enrolment.secret,
        picture: Picture::of(&enrolment.address),
        asks_password: page.proved().has_password(),
        action: &format!("{}/set", address(request)),
    };
    let mut answer = answer::page(status, &enrol);
    answer::wait(answer.headers_mut(), wait);
    answer
}

fn recovery_codes(
    api: &ApiState,
    request: &PageRequest,
    page: &PageSession,
    codes: &[Zeroizing<String>],
) -> Response {
    let look = AccountLook::of(api, request.account);
    let shown = RecoveryCodes {
        look: look.look(),
        account: request.account.as_str(),
        own: Some(own(api, page)),
        notice: Some(Notice::SecondFactorOn),
        codes: codes.iter().map(|code| code.as_str()).collect(),
        next: &request.home(),
    };
    answer::page(StatusCode::OK, &shown)
}

fn own<'a>(api: &ApiState, page: &'a PageSession) -> Own<'a> {
    Own { user_name: &page.user.login_name, form: fields_of(api, page) }
}
