//! Forms: taken only from a page of this service, in the browser that was given it.
//!
//! Three things have to fit: the type of a form, an `Origin` that is this host, and a token that belongs to the browser's
//! cookie. Before there is a session that is a random value of its own, so that nobody is signed in to another's account
//! unawares; afterwards it is the session.

use axum::response::Response;
use bytes::Bytes;
use vestibule_auth::PageSession;
use vestibule_pages::HiddenFields;
use vestibule_serve::forms::{self, Fields, NotAForm};
use vestibule_serve::layers::Refusal;
use zeroize::Zeroizing;

use super::cookies::PageCookie;
use super::request::{PageRefused, PageRequest};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// The fields of a form that was sent.
pub(super) struct Form(Fields);

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    /// Its body was not read.
    Unread(Refusal),
    /// It is no form, has a field twice, or comes from elsewhere or from another browser.
    Foreign,
}

/// As what a request is counted that a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CountedAs {
    /// As one for a page.
    Page,
    /// As what comes of it, if whoever is signed in sent it: the engine counts that itself.
    WhatItAsksFor,
}

impl Form {
    /// The fields of a form, whoever sent it.
    fn read(request: &PageRequest, body: &CredentialBody) -> Result<Self, FormError> {
        let body: &Bytes = body.0.as_ref().map_err(|refusal| FormError::Unread(*refusal))?;
        request.fields(body).map(Self).map_err(|NotAForm| FormError::Foreign)
    }

    /// A form of the way in: of the browser that was given it.
    pub(super) fn of_browser(
        api: &ApiState,
        request: &PageRequest,
        body: &CredentialBody,
    ) -> Result<Self, FormError> {
        let form = Self::read(request, body)?;
        let browser = request.cookie(PageCookie::Form).and_then(forms::BrowserId::parse);
        let is_its = |browser: &[u8; 32]| api.auth.tokens().form_csrf_matches(browser, form.get("csrf"));
        if browser.is_some_and(|browser| is_its(&browser)) { Ok(form) } else { Err(FormError::Foreign) }
    }

    /// A form of whoever is signed in to this account, and who that is. Counts as a request for a page.
    ///
    /// # Errors
    ///
    /// Nobody is, the form is another's, or it was not read.
    pub(super) async fn of_holder(
        api: &ApiState,
        request: &PageRequest,
        body: &CredentialBody,
    ) -> Result<(PageSession, Self), PageRefused> {
        let form = Self::of_a_page(request, body)?;
        let page = form.holder(api, request, CountedAs::Page).await?.ok_or(PageRefused::Foreign)?;
        Ok((page, form))
    }

    /// A form of somebody's page, of whom [`Form::holder`] tells whether they sent it.
    pub(super) fn of_a_page(request: &PageRequest, body: &CredentialBody) -> Result<Self, PageRefused> {
        Self::read(request, body).map_err(|error| match error {
            FormError::Unread(refusal) => refusal.into(),
            FormError::Foreign => PageRefused::Foreign,
        })
    }

    /// Whoever is signed in to this account, if it is a form of theirs; None: nobody is.
    ///
    /// # Errors
    ///
    /// The form is another's.
    pub(super) async fn holder(
        &self,
        api: &ApiState,
        request: &PageRequest,
        counted_as: CountedAs,
    ) -> Result<Option<PageSession>, PageRefused> {
        let Some(shown) = request.shown(api).await? else { return Ok(None) };
        let is_its = |page: &PageSession| api.auth.page_csrf_matches(&page.session, self.get("csrf"));
        let is_theirs = shown.page().is_some_and(|page| request.is_of_its_account(page) && is_its(page));
        let page = match counted_as {
            CountedAs::WhatItAsksFor if is_theirs => shown.counted_elsewhere(),
            _ => api.auth.count_page(shown),
        };
        match page.filter(|page| request.is_of_its_account(page)) {
            Some(_) if !is_theirs => Err(PageRefused::Foreign),
            page => Ok(page),
        }
    }

    /// The value of a field; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }

    /// A secret in a field.
    pub(super) fn secret(&self, name: &str) -> Zeroizing<String> {
        self.0.secret(name)
    }
}

/// The random value that a browser keeps before there is a session.
pub(super) struct BrowserId(forms::BrowserId);

impl BrowserId {
    /// The browser's, or a new one.
    pub(super) fn of(api: &ApiState, request: &PageRequest) -> Self {
        Self(forms::BrowserId::of(request.cookie(PageCookie::Form), || api.auth.random_bytes()))
    }

    /// What its forms carry.
    pub(super) fn fields(&self, api: &ApiState) -> HiddenFields {
        HiddenFields::csrf(api.auth.tokens().form_csrf(self.0.bytes()).as_str())
    }

    /// Has the browser keep it, if it does not yet.
    pub(super) fn keep(&self, answer: &mut Response, request: &PageRequest) {
        if let Some(value) = self.0.to_keep() {
            PageCookie::Form.set(answer.headers_mut(), &value, request.secure);
        }
    }
}

/// What the forms of a page session carry.
pub(super) fn fields_of(api: &ApiState, page: &PageSession) -> HiddenFields {
    HiddenFields::csrf(api.auth.page_csrf(&page.session).as_str())
}
