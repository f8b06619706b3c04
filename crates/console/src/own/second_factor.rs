//! `/console/own/second-factor`: the caller's own second factor, set up, made anew, taken away.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Enrolment, SetUpSecondFactor, ShownEnrolment, ShownFactor, Touch};
use vestibule_pages::Picture;
use vestibule_serve::forms::{Fields, Zone};
use zeroize::Zeroizing;

use super::tabs;
use crate::cookies::SESSION;
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::{HOME, LOGIN, SECOND_FACTOR};
use crate::said::{self, Said};
use crate::signed_in::{OwnPosted, OwnSignedIn, Posted, SignedIn};
use crate::{ConsoleState, answer};

const TITLE: &str = "Second factor";

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage<'a> {
    frame: Frame,
    is_required: bool,
    asks_password: bool,
    secret: &'a str,
    picture: Picture,
    state: &'a str,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage<'a> {
    frame: Frame,
    codes: Vec<&'a str>,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct FactorPage {
    frame: Frame,
    since: String,
    codes_left: usize,
    is_required: bool,
    asks_password: bool,
}

/// What the page tells of what was tried.
type Told = Option<(StatusCode, Said)>;

/// `GET`: what there is, or how to set it up. Nothing is stored before a code of it was shown.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    OwnSignedIn(signed_in): OwnSignedIn,
) -> Result<Response, ConsoleError> {
    page(&console, &signed_in, None)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    OwnPosted(Posted { signed_in, fields }): OwnPosted,
) -> Result<Response, ConsoleError> {
    match fields.get("do") {
        "set" => set(&console, &signed_in, &fields).await,
        "renew" => renew(&console, &signed_in, &fields).await,
        "remove" => remove(&console, &signed_in, &fields).await,
        _ => Err(ConsoleError::Foreign),
    }
}

async fn set(
    console: &ConsoleState,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Response, ConsoleError> {
    let (administration, state) = (console.administration(), fields.get("state"));
    let shown = ShownEnrolment { state, code: fields.get("code"), password: fields.get("password") };
    match administration.set_up_own_second_factor(&signed_in.caller, shown).await {
        Ok(set_up) => set_up_page(console, signed_in, &set_up).await,
        Err(error) => {
            let told = told(&error);
            let begun = administration.resume_own_second_factor(&signed_in.caller, state);
            let answer = match (told, begun) {
                (None, _) => return Err(error.into()),
                (told, Ok(Some(begun))) => enrol_page(console, signed_in, &begun, told)?,
                (told, _) => page(console, signed_in, told)?,
            };
            Ok(answer::caused_by(answer, error))
        }
    }
}

/// The recovery codes, once, and the cookie of the session that takes the place of those of before.
async fn set_up_page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    set_up: &SetUpSecondFactor,
) -> Result<Response, ConsoleError> {
    let (request, now) = (&signed_in.request, console.clock.now());
    let administration = console.administration();
    let said = Some(Said::good("The second factor is set up. All of your other sessions were ended."));
    let Some(opened) = &set_up.opened else {
        let frame = Frame::of(signed_in.viewer(), "Recovery codes").saying(said);
        let mut answer = codes_page(frame, &set_up.recovery_codes, LOGIN);
        SESSION.clear(answer.headers_mut(), request.secure);
        return Ok(answer);
    };
    let caller = administration.console_caller(&opened.shown_by, Touch::Look, request.address, now).await?;
    let csrf = administration.console_csrf(&caller).map(|csrf| csrf.to_string()).unwrap_or_default();
    let viewer = Viewer { caller: &caller, csrf: &csrf, path: SECOND_FACTOR };
    let frame = Frame::of(viewer, "Recovery codes").saying(said);
    let mut answer = codes_page(frame, &set_up.recovery_codes, HOME);
    SESSION.set(answer.headers_mut(), &opened.shown_by, request.secure);
    Ok(answer)
}

async fn renew(
    console: &ConsoleState,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Response, ConsoleError> {
    let shown = ShownFactor { password: fields.get("password"), code: fields.get("code") };
    match console.administration().renew_own_recovery_codes(&signed_in.caller, shown).await {
        Ok(codes) => {
            let said = Some(Said::good("These are your recovery codes now. Those of before count no more."));
            let frame = Frame::of(signed_in.viewer(), "Recovery codes").saying(said);
            Ok(codes_page(frame, &codes, SECOND_FACTOR))
        }
        Err(error) => refused(console, signed_in, error),
    }
}

async fn remove(
    console: &ConsoleState,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Response, ConsoleError> {
    let shown = ShownFactor { password: fields.get("password"), code: fields.get("code") };
    match console.administration().remove_own_second_factor(&signed_in.caller, shown).await {
        Ok(()) => {
            let said = Said::good("The second factor is removed.");
            page(console, signed_in, Some((StatusCode::OK, said)))
        }
        Err(error) => refused(console, signed_in, error),
    }
}

/// The page again, with what was wrong.
fn refused(
    console: &ConsoleState,
    signed_in: &SignedIn,
    error: AdministrationError,
) -> Result<Response, ConsoleError> {
    match told(&error) {
        None => Err(error.into()),
        told => Ok(answer::caused_by(page(console, signed_in, told)?, error)),
    }
}

/// What the page says of it; None: it is no matter of the form.
fn told(error: &AdministrationError) -> Told {
    match error {
        AdministrationError::Invalid { reason, .. } => {
            let words = format!("Nothing was changed: {reason}.");
            Some((StatusCode::UNPROCESSABLE_ENTITY, Said::bad(words)))
        }
        AdministrationError::Conflict(reason) => {
            Some((StatusCode::CONFLICT, Said::bad(format!("Nothing was changed: {reason}."))))
        }
        AdministrationError::Changed => {
            let words = "This was changed in the meantime. This is how it is now.";
            Some((StatusCode::CONFLICT, Said::bad(words)))
        }
        AdministrationError::LogIn(error) => Some(said::of_log_in(error)),
        _ => None,
    }
}

/// What there is now.
fn page(console: &ConsoleState, signed_in: &SignedIn, told: Told) -> Result<Response, ConsoleError> {
    let administration = console.administration();
    let own = administration.own_second_factor(&signed_in.caller)?;
    let Some(since) = own.since else {
        let begun = administration.begin_own_second_factor(&signed_in.caller)?;
        return enrol_page(console, signed_in, &begun, told);
    };
    let (status, said) = told.map_or((StatusCode::OK, None), |(status, said)| (status, Some(said)));
    let factor = FactorPage {
        frame: frame(signed_in).saying(said),
        since: Zone::of("UTC").day(since),
        codes_left: own.recovery_codes_left,
        is_required: own.is_required,
        asks_password: own.asks_password,
    };
    Ok(answer::page(status, &factor))
}

/// Whoever has to set one up first is shown no other page.
fn frame(signed_in: &SignedIn) -> Frame {
    let frame = Frame::of(signed_in.viewer(), TITLE);
    if frame.nav.is_empty() { frame } else { frame.with_tabs(tabs(SECOND_FACTOR)) }
}

fn enrol_page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    begun: &Enrolment,
    told: Told,
) -> Result<Response, ConsoleError> {
    let own = console.administration().own_second_factor(&signed_in.caller)?;
    let (status, said) = told.map_or((StatusCode::OK, None), |(status, said)| (status, Some(said)));
    let enrol = EnrolPage {
        frame: frame(signed_in).saying(said),
        is_required: own.is_required,
        asks_password: own.asks_password,
        secret: &begun.secret,
        picture: Picture::of(&begun.address),
        state: &begun.state,
    };
    Ok(answer::page(status, &enrol))
}

fn codes_page(frame: Frame, codes: &[Zeroizing<String>], next: &str) -> Response {
    let codes = codes.iter().map(|code| code.as_str()).collect();
    answer::page(StatusCode::OK, &RecoveryPage { frame, codes, next })
}
