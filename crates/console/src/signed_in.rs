//! Whoever is signed in: who they are, and what they have sent. Extractors, so that no handler forgets to ask.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath};
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use vestibule_auth::{AdministrationError, Caller, Touch};
use vestibule_serve::forms::{Fields, Upload};
use vestibule_serve::layers::LimitedBody;

use crate::cookies::SESSION;
use crate::forms::kept;
use crate::frame::Viewer;
use crate::refused::ConsoleError;
use crate::request::Request;
use crate::surrounding::{LONGEST_FORM, ProvedCaller};
use crate::way_in::login;
use crate::{ConsoleState, routes};

/// An administrator who may go on.
pub(crate) struct SignedIn {
    pub(crate) caller: Caller,
    pub(crate) request: Request,
    /// What the forms of their session carry.
    pub(crate) csrf: String,
}

/// The same of one who may have to set up a second factor first: for their own affairs alone.
pub(crate) struct OwnSignedIn(pub(crate) SignedIn);

/// The same of one whose page asks by itself: it does not keep their session alive.
pub(crate) struct Looking(pub(crate) SignedIn);

/// A form of an administrator who may go on.
pub(crate) struct Posted {
    pub(crate) signed_in: SignedIn,
    pub(crate) fields: Fields,
}

/// The same of one who may have to set up a second factor first: for their own affairs alone.
pub(crate) struct OwnPosted(pub(crate) Posted);

/// A form of an administrator who may go on, and the file in its field [`FILE`], if one was chosen.
pub(crate) struct PostedFile {
    pub(crate) posted: Posted,
    pub(crate) file: Option<Bytes>,
}

/// The name of the field of a file.
pub(crate) const FILE: &str = "file";

impl SignedIn {
    /// As pages name them.
    pub(crate) fn viewer(&self) -> Viewer<'_> {
        Viewer { caller: &self.caller, csrf: &self.csrf, path: self.request.path() }
    }
}

/// Whoever shows a session of the console.
pub(crate) async fn prove(
    console: &ConsoleState,
    request: Request,
    touch: Touch,
    extensions: &Extensions,
) -> Result<SignedIn, ConsoleError> {
    let sign_in = |request: &Request| ConsoleError::SignIn(request.itself().to_owned());
    let Some(cookie) = request.cookie(SESSION) else { return Err(sign_in(&request)) };
    let now = console.clock.now();
    let administration = console.administration();
    let caller = administration.console_caller(cookie, touch, request.address, now).await;
    let proved = extensions.get::<ProvedCaller>();
    match caller {
        Ok(caller) => {
            proved.inspect(|proved| proved.set(Some(caller.clone())));
            let csrf = administration.console_csrf(&caller).map(|csrf| csrf.to_string());
            Ok(SignedIn { csrf: csrf.unwrap_or_default(), caller, request })
        }
        Err(AdministrationError::NotProved) => {
            proved.inspect(|proved| proved.set(None));
            Err(sign_in(&request))
        }
        Err(error) => Err(error.into()),
    }
}

impl FromRequestParts<ConsoleState> for OwnSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &ConsoleState) -> Result<Self, Response> {
        let signed_in = prove(console, Request::read(parts), Touch::Use, &parts.extensions).await;
        signed_in.map(Self).map_err(ConsoleError::into_response)
    }
}

impl FromRequestParts<ConsoleState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &ConsoleState) -> Result<Self, Response> {
        let OwnSignedIn(signed_in) = OwnSignedIn::from_request_parts(parts, console).await?;
        let may = signed_in.caller.expect_second_factor();
        may.map(|()| signed_in).map_err(|error| ConsoleError::from(error).into_response())
    }
}

impl FromRequestParts<ConsoleState> for Looking {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &ConsoleState) -> Result<Self, Response> {
        let looking = async {
            let signed_in = prove(console, Request::read(parts), Touch::Look, &parts.extensions).await?;
            signed_in.caller.expect_second_factor()?;
            Ok(Self(signed_in))
        };
        looking.await.map_err(ConsoleError::into_response)
    }
}

/// What somebody has posted who may go on, as far as `may` says.
async fn posted(
    request: axum::extract::Request,
    console: &ConsoleState,
    may: impl Fn(&Caller) -> Result<(), AdministrationError>,
) -> Result<Posted, Response> {
    let (parts, body) = request.into_parts();
    let body = LimitedBody::read_at_least(&parts.extensions, body, LONGEST_FORM).await;
    let request = Request::read(&parts);
    let fields = request.fields(&body);
    let accepted = async { accept(&parts.extensions, console, (request, fields?), may).await };
    accepted.await.map_err(ConsoleError::into_response)
}

/// The fields of a form of whoever may go on, as far as `may` says.
async fn accept(
    extensions: &Extensions,
    console: &ConsoleState,
    (request, fields): (Request, Fields),
    may: impl Fn(&Caller) -> Result<(), AdministrationError>,
) -> Result<Posted, ConsoleError> {
    let is_typed = extensions.get::<MatchedPath>().is_some_and(|path| routes::is_typed(path.as_str()));
    let proved = prove(console, request.clone(), Touch::Use, extensions).await;
    if let (Err(ConsoleError::SignIn(_)), true) = (&proved, is_typed)
        && let Some(sealed) = kept::seal(console, &request, &fields)
    {
        return Err(ConsoleError::Kept(Box::new(login::sign_in_again(console, &request, &sealed))));
    }
    let signed_in = proved?;
    may(&signed_in.caller)?;
    if !console.administration().console_csrf_matches(&signed_in.caller, fields.get("csrf")) {
        let kept = is_typed.then(|| kept::of_before(&signed_in, &fields)).flatten();
        return Err(kept.map_or(ConsoleError::Foreign, |page| ConsoleError::Kept(Box::new(page))));
    }
    Ok(Posted { signed_in, fields })
}

impl FromRequest<ConsoleState> for OwnPosted {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, console: &ConsoleState) -> Result<Self, Response> {
        posted(request, console, |_| Ok(())).await.map(Self)
    }
}

impl FromRequest<ConsoleState> for Posted {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, console: &ConsoleState) -> Result<Self, Response> {
        posted(request, console, Caller::expect_second_factor).await
    }
}

impl FromRequest<ConsoleState> for PostedFile {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, console: &ConsoleState) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let body = LimitedBody::read_at_least(&parts.extensions, body, LONGEST_FORM).await;
        let read = async {
            let request = Request::read(&parts);
            let Upload { fields, file } = request.upload(&body, FILE).await?;
            let may = Caller::expect_second_factor;
            let posted = accept(&parts.extensions, console, (request, fields), may).await?;
            Ok(Self { posted, file })
        };
        read.await.map_err(ConsoleError::into_response)
    }
}
