//! What a page knows of a request: whose browser it is, and where it comes from.

use std::convert::Infallible;
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{LogIn, LoginScope, PageSession, ShownPage};
use vestibule_model::{AccountId, Dialect};
use vestibule_serve::forms::{Fields, NotAForm, origin_scheme};
use vestibule_serve::layers::{Cause, ClientAddress, Headers, Refusal, is_encrypted};

use super::REFUSAL;
use super::continue_to::continue_to;
use super::cookies::PageCookie;
use crate::api::ApiState;
use crate::query;

/// A request for a page of an account.
pub(crate) struct PageRequest {
    /// The account of the path. Whether there is such an account is another question.
    pub(crate) account: AccountId,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's connection is encrypted.
    pub(crate) secure: bool,
    /// The query as it was sent.
    pub(crate) query: String,
    headers: HeaderMap,
    uri: Uri,
}

/// A page that is not shown, and why.
#[derive(Clone, Debug)]
pub(crate) enum PageRefused {
    /// As any request is.
    Server(Refusal),
    /// Something has failed here, which is logged.
    Failed(Cause),
    /// Its form is none of this service, this browser or this session.
    Foreign,
}

impl PageRefused {
    /// Something has failed here, and may be asked for again.
    pub(crate) fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed(Cause(Arc::new(error)))
    }
}

impl From<Refusal> for PageRefused {
    fn from(refusal: Refusal) -> Self {
        Self::Server(refusal)
    }
}

impl IntoResponse for PageRefused {
    fn into_response(self) -> Response {
        match self {
            Self::Server(refusal) => REFUSAL.answer(refusal),
            Self::Failed(cause) => {
                let mut answer = REFUSAL.answer(Refusal::Overloaded);
                answer.extensions_mut().insert(cause);
                answer
            }
            Self::Foreign => REFUSAL.answer_with(
                StatusCode::FORBIDDEN,
                "This form was too old, or came from somewhere else. Go back, load the page again, and try once more.",
            ),
        }
    }
}

impl FromRequestParts<ApiState> for PageRequest {
    type Rejection = PageRefused;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, PageRefused> {
        let values = Path::<Vec<(String, String)>>::from_request_parts(parts, api).await;
        let values = values.map(|Path(values)| values).unwrap_or_default();
        let account = values.iter().find(|(name, _)| name == "account");
        let account = account.and_then(|(_, account)| account.parse().ok());
        let account = account.ok_or(Refusal::NotFound)?;
        Ok(Self::read(parts, account))
    }
}

/// Whose browser it is, where no account is named.
pub(crate) struct Browser {
    pub(crate) query: String,
}

impl FromRequestParts<ApiState> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _api: &ApiState) -> Result<Self, Infallible> {
        Ok(Self { query: parts.uri.query().unwrap_or_default().to_owned() })
    }
}

impl PageRequest {
    /// What a request says, for a page of this account.
    pub(crate) fn read(parts: &Parts, account: AccountId) -> Self {
        Self {
            account,
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
            secure: is_encrypted(&parts.extensions),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        }
    }

    /// A login from here.
    pub(crate) fn log_in(&self, api: &ApiState) -> LogIn {
        LogIn {
            account: Some(self.account),
            dialect: Dialect::Pages,
            scope: LoginScope::Public,
            address: self.address,
            now: api.clock.now(),
        }
    }

    /// Whoever looks at it, if they signed in to this account. Counts as a request for a page.
    ///
    /// # Errors
    ///
    /// [`PageRefused`] when neither memory nor the store can tell yet.
    pub(crate) async fn holder(&self, api: &ApiState) -> Result<Option<PageSession>, PageRefused> {
        let shown = self.shown(api).await?;
        let page = shown.and_then(|shown| api.auth.count_page(shown));
        Ok(page.filter(|page| self.is_of_its_account(page)))
    }

    /// The page session that is shown, whichever account it is of, and still to be counted.
    pub(super) async fn shown(&self, api: &ApiState) -> Result<Option<ShownPage>, PageRefused> {
        let Some(cookie) = self.cookie(PageCookie::Session) else { return Ok(None) };
        let shown = api.auth.shown_page(cookie, self.address, api.clock.now()).await;
        shown.map_err(PageRefused::failed)
    }

    /// Whether somebody signed in to the account of this page.
    pub(super) fn is_of_its_account(&self, page: &PageSession) -> bool {
        page.session.account == self.account
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, cookie: PageCookie) -> Option<&str> {
        cookie.value(Headers::Map(&self.headers), self.secure)
    }

    /// The page of whoever is signed in.
    pub(crate) fn home(&self) -> String {
        format!("/me/{}/", self.account)
    }

    /// A step of the way in, with where somebody goes on after it.
    pub(super) fn step(&self, page: &str, wanted: Option<&str>) -> String {
        step(self.account, page, wanted)
    }

    /// Where somebody goes on after the login, by the query.
    pub(crate) fn wanted(&self, api: &ApiState) -> Option<String> {
        let wanted = query::value(&self.query, "continue")?;
        continue_to(api, self.account, &wanted).map(str::to_owned)
    }

    /// The fields of a form that comes from a page of this host.
    pub(super) fn fields(&self, body: &[u8]) -> Result<Fields, NotAForm> {
        origin_scheme(&self.headers, &self.uri).ok_or(NotAForm)?;
        Fields::read(&self.headers, body)
    }
}

/// A step of the way in to an account, with where somebody goes on after it.
pub(super) fn step(account: AccountId, page: &str, wanted: Option<&str>) -> String {
    let address = format!("/me/{account}/{page}");
    let Some(wanted) = wanted else { return address };
    let start = address.len() + 1;
    form_urlencoded::Serializer::for_suffix(address + "?", start).append_pair("continue", wanted).finish()
}
