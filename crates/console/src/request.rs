//! What the console knows of a request: whose browser it is, and where it comes from.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use vestibule_serve::forms::{BrowserId, CookieName, Fields, Scheme, Upload, origin_scheme};
use vestibule_serve::layers::{ClientAddress, Headers, LimitedBody, is_encrypted};

use crate::cookies::FORM;
use crate::refused::ConsoleError;
use crate::routes::HOME;
use crate::{ConsoleState, cookies};

/// A request.
#[derive(Clone)]
pub(crate) struct Request {
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's connection is encrypted.
    pub(crate) secure: bool,
    headers: HeaderMap,
    uri: Uri,
    method: Method,
}

impl<S: Sync> FromRequestParts<S> for Request {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts))
    }
}

impl Request {
    pub(crate) fn read(parts: &Parts) -> Self {
        Self {
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
            secure: is_encrypted(&parts.extensions),
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            method: parts.method.clone(),
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, cookie: CookieName) -> Option<&str> {
        cookie.value(Headers::Map(&self.headers), self.secure)
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// What it says of itself.
    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The query.
    pub(crate) fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// The path with the query.
    pub(crate) fn target(&self) -> &str {
        self.uri.path_and_query().map_or(HOME, http::uri::PathAndQuery::as_str)
    }

    /// The value of this name in the query, if it occurs once.
    pub(crate) fn asked(&self, name: &str) -> Option<String> {
        let mut values = form_urlencoded::parse(self.query().as_bytes()).filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.into_owned())
    }

    /// Where the browser goes on after signing in: to what it asks for, if that only shows something.
    pub(crate) fn itself(&self) -> &str {
        if self.method == Method::GET { self.target() } else { HOME }
    }

    /// The fields of a form that comes from a page of this host and of this scheme: over TLS nothing is taken from a page that came
    /// without.
    pub(crate) fn fields(&self, body: &LimitedBody) -> Result<Fields, ConsoleError> {
        let body = self.sent(body)?;
        Fields::read(&self.headers, body).map_err(|_| ConsoleError::Foreign)
    }

    /// The same of a form with which a file may be sent.
    pub(crate) async fn upload(&self, body: &LimitedBody, file_field: &str) -> Result<Upload, ConsoleError> {
        let body = self.sent(body)?.clone();
        Upload::read(&self.headers, body, file_field).await.map_err(|_| ConsoleError::Foreign)
    }

    /// What a page of this host has sent.
    fn sent<'a>(&self, body: &'a LimitedBody) -> Result<&'a Bytes, ConsoleError> {
        let body = body.0.as_ref().map_err(|refusal| ConsoleError::Server(*refusal))?;
        let scheme = if self.secure { Scheme::Https } else { Scheme::Http };
        if origin_scheme(&self.headers, &self.uri) != Some(scheme) {
            return Err(ConsoleError::Foreign);
        }
        Ok(body)
    }

    /// The fields of a form of the way in: of the browser that was given it.
    pub(crate) fn fields_of_browser(
        &self,
        console: &ConsoleState,
        body: &LimitedBody,
    ) -> Result<Fields, ConsoleError> {
        let fields = self.fields(body)?;
        let browser = self.cookie(FORM).and_then(BrowserId::parse);
        let tokens = console.auth.tokens();
        let is_its = browser.is_some_and(|browser| tokens.form_csrf_matches(&browser, fields.get("csrf")));
        if is_its { Ok(fields) } else { Err(ConsoleError::Foreign) }
    }
}

/// The browser of somebody who has yet to sign in, and the token of its forms.
pub(crate) struct Browser {
    id: BrowserId,
    /// What its forms carry.
    pub(crate) csrf: String,
}

impl Browser {
    pub(crate) fn of(console: &ConsoleState, request: &Request) -> Self {
        let id = BrowserId::of(request.cookie(FORM), || console.auth.random_bytes());
        let csrf = console.auth.tokens().form_csrf(id.bytes()).to_string();
        Self { id, csrf }
    }

    /// Has the browser keep it, if it does not yet.
    pub(crate) fn keep(&self, answer: &mut Response, request: &Request) {
        if let Some(value) = self.id.to_keep() {
            cookies::FORM.set(answer.headers_mut(), &value, request.secure);
        }
    }
}
