//! `POST /api/account/{account}/refresh`: slides the session; an empty body, the cookie again, the same tokens.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use vestibule_auth::{Credentials, Presented};
use vestibule_model::{AccountId, Millis};
use vestibule_serve::layers::{Headers, ResponseFuture, Shortcut};

use super::cookies::{session_cookies, set_session_cookies};
use super::errors::SessionFailure;
use super::request::{LivePersonHead, account_of};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::json::StrictObject;

/// The route's pattern.
pub(crate) const REFRESH: &str = "/api/account/{account}/refresh";

/// What a refresh or logout presents: the account of its path, the cookies of its head, the csrf token of its body.
pub(crate) struct SessionRequest<'a> {
    account: AccountId,
    cookies: Vec<&'a str>,
    csrf: String,
    address: Option<IpAddr>,
}

/// The refresh before the router: clients send far more of them than of anything else.
pub(crate) struct RefreshShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for RefreshShortcut {
    fn route(&self) -> &'static str {
        REFRESH
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        method == Method::POST && account_of(path, REFRESH).is_some()
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let head = LivePersonHead::read(&parts, account_of(parts.uri.path(), REFRESH));
            let body = CredentialBody::read(&parts.extensions, body).await;
            Ok(refresh(&api, &head, &parts.headers, body).await)
        })
    }
}

/// Refreshes a session.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LivePersonHead,
    headers: HeaderMap,
    body: CredentialBody,
) -> Response {
    refresh(&api, &head, &headers, body).await
}

async fn refresh(
    api: &ApiState,
    head: &LivePersonHead,
    headers: &HeaderMap,
    body: CredentialBody,
) -> Response {
    let now = api.clock.now();
    let request = match SessionRequest::parse(head, headers, body) {
        Ok(request) => request,
        Err(failure) => return failure.answer(now),
    };
    if let Err(failure) = request.recall(api).await {
        return failure.answer(now);
    }
    match api.auth.refresh(request.presented(now)) {
        Ok(cookie) => {
            let mut response = empty();
            set_session_cookies(response.headers_mut(), cookie, head.encrypted);
            response
        }
        Err(error) => SessionFailure::from(error).answer(now),
    }
}

/// 200 with nothing in it, as both operations answer.
pub(crate) fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<'a> SessionRequest<'a> {
    /// A body without a csrf token is no bad request, but one that proves nothing (contract liveperson §1).
    pub(crate) fn parse(
        head: &LivePersonHead,
        headers: &'a HeaderMap,
        CredentialBody(body): CredentialBody,
    ) -> Result<Self, SessionFailure> {
        let body = body.map_err(SessionFailure::Server)?;
        let account = head.account.filter(|_| head.version_is_known).ok_or(SessionFailure::BadRequest)?;
        if body.is_empty() {
            return Err(SessionFailure::CsrfInvalid);
        }
        let mut object = StrictObject::parse(&body).ok_or(SessionFailure::BadRequest)?;
        let csrf = object.take("csrf").ok_or(SessionFailure::CsrfInvalid)?;
        if !head.is_json {
            return Err(SessionFailure::BadRequest);
        }
        Ok(Self { account, cookies: session_cookies(Headers::Map(headers)), csrf, address: head.address })
    }

    /// Lets the engine look for the session, should it have just started.
    pub(crate) async fn recall(&self, api: &ApiState) -> Result<(), SessionFailure> {
        Ok(api.auth.recall(Credentials { cookies: &self.cookies, ..Credentials::default() }).await?)
    }

    /// The same, as the engine asks for it.
    pub(crate) fn presented(&self, now: Millis) -> Presented<'_> {
        let Self { account, cookies, csrf, address } = self;
        Presented { account: *account, cookies, csrf, address: *address, now }
    }
}
