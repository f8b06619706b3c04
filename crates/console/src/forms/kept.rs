//! What somebody had typed when their session ended. It is sealed for them, goes through the login with them, and is shown to them
//! again: it does nothing by itself, and is nothing to anybody else. Secrets have to be typed anew.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;
use vestibule_auth::Caller;
use vestibule_model::{Actor, UserId};
use vestibule_serve::forms::Fields;

use super::values::is_secret;
use crate::cookies::SESSION;
use crate::frame::{Frame, Viewer};
use crate::request::Request;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// The field that says whose form it is.
pub(super) const OF: &str = "of";

/// The field of a form that is shown again as it was typed.
pub(crate) const AGAIN: &str = "again";

/// The longest form that is kept, in bytes: sealed it is a third longer, and goes through a login (`surrounding::MOST_OF_A_LOGIN`).
const LONGEST: usize = 24 * 1024;

/// What becomes of a form whose session has ended.
pub(crate) enum Sealed {
    /// It goes through the login, sealed.
    Form(String),
    /// It would not fit.
    TooLong,
}

/// Whether a field belongs to the session in which the form was sent.
pub(super) fn is_of_session(name: &str) -> bool {
    ["csrf", OF, AGAIN].contains(&name)
}

fn to_be_kept(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    fields.all().filter(|(name, _)| !is_of_session(name) && !is_secret(name))
}

/// What is sealed of a form whose session has ended; None: there is nothing that could be kept, or it is no form of that session.
pub(crate) fn seal(console: &ConsoleState, request: &Request, fields: &Fields) -> Option<Sealed> {
    let user: i64 = fields.get(OF).parse().ok()?;
    // Whoever has signed out shows no cookie any more.
    if let Some(cookie) = request.cookie(SESSION) {
        let tokens = console.auth.tokens();
        let session = tokens.read_console_cookie(cookie)?;
        if !tokens.console_csrf_matches(session, fields.get("csrf")) {
            return None;
        }
    }
    let mut form = Serializer::new(String::new());
    form.append_pair("", request.target()).extend_pairs(to_be_kept(fields));
    let form = form.finish();
    if form.len() > LONGEST {
        return Some(Sealed::TooLong);
    }
    Some(Sealed::Form(console.administration().seal_form(UserId(user), form, console.clock.now())))
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage<'a> {
    frame: Frame,
    target: &'a str,
    hidden: Vec<(String, String)>,
}

/// The page that leads back to a form, for whoever has typed it and has signed in again.
pub(crate) fn shown(console: &ConsoleState, caller: &Caller, csrf: &str, sealed: &str) -> Option<Response> {
    let form = console.administration().open_form(caller, sealed)?;
    let mut pairs = form_urlencoded::parse(form.as_bytes()).into_owned();
    let (_, path) = pairs.next()?;
    Some(page(Viewer { caller, csrf, path: &path }, &path, pairs.collect()))
}

/// The same for whoever has signed in again in another window, and sends the form of the session of before.
pub(crate) fn of_before(signed_in: &SignedIn, fields: &Fields) -> Option<Response> {
    let is_theirs = !fields.get(OF).is_empty() && fields.get(OF) == whose(&signed_in.caller);
    let hidden = to_be_kept(fields).map(|(name, value)| (name.to_owned(), value.to_owned()));
    is_theirs.then(|| page(signed_in.viewer(), signed_in.request.target(), hidden.collect()))
}

fn page(viewer: Viewer<'_>, target: &str, hidden: Vec<(String, String)>) -> Response {
    let frame = Frame::of(viewer, "You were signed out");
    answer::page(StatusCode::OK, &KeptPage { frame, target, hidden })
}

/// Whose form it is, as the form says it.
pub(crate) fn whose(caller: &Caller) -> String {
    match &caller.actor {
        Actor::User { id, .. } => id.to_string(),
        _ => String::new(),
    }
}
