//! Forms: taken only from a page of this service, in the browser that was given it.
//!
//! Three things have to fit: the type of a form, an `Origin` that is this host, and a token that belongs to the browser's
//! cookie. Before there is a session that is a random value of its own, so that nobody is signed in to another's account
//! unawares; afterwards it is the session.

use axum::response::Response;
use bytes::Bytes;
use vestibule_auth::PageSession;
use vestibule_pages::HiddenFields;
use vestibule_serve::layers::Refusal;
use zeroize::Zeroizing;

use super::cookies::PageCookie;
use super::request::{PageRefused, PageRequest};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// The fields of a form that was sent.
pub(super) struct Form(Vec<(String, Zeroizing<String>)>);

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

/// The random value that a browser keeps before there is a session.
pub(super) struct BrowserId {
    value: [u8; 32],
    /// Whether the browser does not have it yet.
    is_new: bool,
}

impl Form {
    /// The fields of a form, whoever sent it.
    fn read(request: &PageRequest, body: &CredentialBody) -> Result<Self, FormError> {
        let body: &Bytes = body.0.as_ref().map_err(|refusal| FormError::Unread(*refusal))?;
        if !request.has_form() || !request.is_same_origin() {
            return Err(FormError::Foreign);
        }
        let pairs = form_urlencoded::parse(body);
        let fields: Vec<_> =
            pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect();
        let is_twice = |index: usize| fields[..index].iter().any(|(name, _)| *name == fields[index].0);
        if (1..fields.len()).any(is_twice) { Err(FormError::Foreign) } else { Ok(Self(fields)) }
    }

    /// A form of the way in: of the browser that was given it.
    pub(super) fn of_browser(
        api: &ApiState,
        request: &PageRequest,
        body: &CredentialBody,
    ) -> Result<Self, FormError> {
        let form = Self::read(request, body)?;
        let browser = request.cookie(PageCookie::Form).and_then(BrowserId::parse);
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
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// A secret in a field.
    pub(super) fn secret(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.get(name).to_owned())
    }
}

impl BrowserId {
    /// The browser's, or a new one.
    pub(super) fn of(api: &ApiState, request: &PageRequest) -> Self {
        match request.cookie(PageCookie::Form).and_then(Self::parse) {
            Some(value) => Self { value, is_new: false },
            None => Self { value: api.auth.random_bytes(), is_new: true },
        }
    }

    fn parse(text: &str) -> Option<[u8; 32]> {
        let is_lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        if text.len() != 64 || !text.bytes().all(is_lower) {
            return None;
        }
        let mut value = [0; 32];
        for (index, byte) in value.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(value)
    }

    /// What its forms carry.
    pub(super) fn fields(&self, api: &ApiState) -> HiddenFields {
        HiddenFields::csrf(api.auth.tokens().form_csrf(&self.value).as_str())
    }

    /// Has the browser keep it, if it does not yet.
    pub(super) fn keep(&self, answer: &mut Response, request: &PageRequest) {
        if self.is_new {
            let digits = |byte: &u8| {
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            };
            let text: String = self.value.iter().flat_map(digits).collect();
            PageCookie::Form.set(answer.headers_mut(), &text, request.secure);
        }
    }
}

/// What the forms of a page session carry.
pub(super) fn fields_of(api: &ApiState, page: &PageSession) -> HiddenFields {
    HiddenFields::csrf(api.auth.page_csrf(&page.session).as_str())
}
