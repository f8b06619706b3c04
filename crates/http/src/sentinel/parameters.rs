//! What clients send: parameters in the form, in the query, or in both, and credentials among them or in `Authorization`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_auth::{Auth, LogIn, LoginScope, OauthCredentials};
use vestibule_model::{AccountId, Dialect, Millis};
use vestibule_serve::layers::{ClientAddress, Headers, Refusal};
use zeroize::Zeroizing;

use super::errors::OauthFailure;
use crate::credential_body::CredentialBody;
use crate::credentials::SingleValue;
use crate::query;

/// More parameters than any client sends.
const MOST: usize = 64;

/// Names and values. Wiped when dropped: a secret may be among them.
pub(super) struct Parameters(Vec<(String, Zeroizing<String>)>);

impl Parameters {
    /// Reads a form or a query.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub(super) fn read(text: &[u8]) -> Result<Self, OauthFailure> {
        let pairs = form_urlencoded::parse(text);
        let pairs: Vec<_> = pairs
            .take(MOST + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
        if pairs.len() > MOST {
            return Err(OauthFailure::Invalid("too many parameters"));
        }
        Ok(Self(pairs))
    }

    /// The same and others: a form and a query.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The value of a parameter; None: absent, or empty, which is the same (RFC 6749 §3.1).
    ///
    /// # Errors
    ///
    /// It is there twice with values that are not the same (RFC 6749 §3.1 forbids the same twice as well, and clients that say
    /// it in the query and in the form do it).
    pub(super) fn get(&self, name: &'static str) -> Result<Option<&str>, OauthFailure> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let Some(value) = values.next() else { return Ok(None) };
        if values.any(|other| other != value) {
            return Err(OauthFailure::Twice(name));
        }
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// The value of a parameter that is needed.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, OauthFailure> {
        self.get(name)?.ok_or(OauthFailure::Missing(name))
    }
}

/// What a request of a client says besides its parameters. An extractor that never rejects, so that each operation refuses in its
/// own shape.
pub(super) struct ClientRequest {
    /// The account of the path; None: no account id.
    pub(super) account: Option<AccountId>,
    pub(super) address: Option<IpAddr>,
    query: String,
    /// That of `Basic`, empty where there are several; None: absent, or another scheme.
    basic: Option<String>,
    is_form: bool,
    body: CredentialBody,
}

impl<S: Send + Sync> FromRequest<S> for ClientRequest {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let account = Path::<String>::from_request_parts(&mut parts, state).await.ok();
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let essence = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).map(str::trim);
        let basic = shown_basic(&parts.headers);
        Ok(Self {
            account: account.and_then(|Path(account)| account.parse().ok()),
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            basic: basic.map(str::to_owned),
            is_form: essence
                .is_some_and(|essence| essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")),
            body: CredentialBody::read(&parts.extensions, body).await,
        })
    }
}

impl ClientRequest {
    /// Where and when it asks.
    pub(super) const fn at(&self, now: Millis) -> LogIn {
        LogIn {
            account: self.account,
            dialect: Dialect::LivePerson,
            scope: LoginScope::Public,
            address: self.address,
            now,
        }
    }

    /// The same, about a token; where the path names no account, in that of the client.
    pub(super) fn at_client(
        &self,
        auth: &Arc<Auth>,
        client: &OauthCredentials,
        token: &str,
        now: Millis,
    ) -> LogIn {
        let account = self.account.or_else(|| auth.account_of_client(client, Some(token), now));
        LogIn { account, ..self.at(now) }
    }

    /// Every value of `v` in the query.
    pub(super) fn versions(&self) -> Vec<String> {
        query::values(&self.query, "v").map(Cow::into_owned).collect()
    }

    /// Refuses a version that is none of those in use.
    pub(super) fn expect_version(&self) -> Result<(), OauthFailure> {
        match &self.versions()[..] {
            [] => Ok(()),
            [one] if one == "1.0" || one == "2.0" => Ok(()),
            _ => Err(OauthFailure::Invalid("v has to be 1.0 or 2.0")),
        }
    }

    /// The parameters of its form. An empty body is an empty form, whatever it is said to be.
    pub(super) fn form(&self) -> Result<Parameters, OauthFailure> {
        let body = self.body.0.as_ref().map_err(|refusal: &Refusal| OauthFailure::Server(*refusal))?;
        if !body.is_empty() && !self.is_form {
            return Err(OauthFailure::Invalid("the body has to be application/x-www-form-urlencoded"));
        }
        Parameters::read(body)
    }

    /// Those of its form and its query.
    pub(super) fn form_and_query(&self) -> Result<Parameters, OauthFailure> {
        Ok(self.form()?.and(Parameters::read(self.query.as_bytes())?))
    }

    /// Whether it shows credentials in `Authorization`: then a refusal names that scheme (RFC 6749 §5.2).
    pub(super) const fn is_basic(&self) -> bool {
        self.basic.is_some()
    }

    /// What the client shows of itself: in `Authorization`, or among the parameters.
    ///
    /// # Errors
    ///
    /// There is no id, or a secret in both (RFC 6749 §2.3).
    pub(super) fn credentials(&self, parameters: &Parameters) -> Result<OauthCredentials, OauthFailure> {
        let (client_id, secret) = (parameters.get("client_id")?, parameters.get("client_secret")?);
        let Some(basic) = &self.basic else {
            let client_id = client_id.ok_or(OauthFailure::Missing("client_id"))?.to_owned();
            return Ok(OauthCredentials { client_id, secret: secret.map(|text| text.to_owned().into()) });
        };
        let shown = read_basic(basic).ok_or(OauthFailure::Invalid("Authorization cannot be read"))?;
        if secret.is_some() {
            return Err(OauthFailure::Invalid("the client's secret is there twice"));
        }
        if client_id.is_some_and(|id| id != shown.client_id) {
            return Err(OauthFailure::Twice("client_id"));
        }
        Ok(shown)
    }
}

/// The id and the secret that a client shows in `Authorization: Basic`; None: it shows none, or in a form of its own.
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<OauthCredentials> {
    read_basic(shown_basic(headers)?)
}

/// What stands behind `Basic` in `Authorization`, nothing where that is there with several values; None: absent, or another scheme.
fn shown_basic(headers: &HeaderMap) -> Option<&str> {
    let shown = match SingleValue::of(Headers::Map(headers), &AUTHORIZATION) {
        SingleValue::Contradictory => return Some(""),
        one => one.value()?,
    };
    let (scheme, value) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| value.trim())
}

/// Id and secret, each encoded as in a form, joined by a colon, in Base64 (RFC 6749 §2.3.1).
fn read_basic(text: &str) -> Option<OauthCredentials> {
    let pair = Zeroizing::new(STANDARD.decode(text).ok()?);
    let pair = std::str::from_utf8(&pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let secret = Zeroizing::new(form_decoded(secret));
    Some(OauthCredentials { client_id: form_decoded(id), secret: Some(secret) })
}

fn form_decoded(text: &str) -> String {
    let with_name = format!("v={text}");
    let mut pairs = form_urlencoded::parse(with_name.as_bytes());
    pairs.next().map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_is_an_absent_one() {
        let parameters = Parameters::read(b"scope=&grant_type=x").unwrap();
        assert_eq!(parameters.get("scope").unwrap(), None);
        assert_eq!(parameters.need("grant_type").unwrap(), "x");
        assert!(parameters.need("scope").is_err());
    }

    #[test]
    fn a_parameter_that_is_there_twice_has_one_value_or_is_refused() {
        let parameters = Parameters::read(b"a=1&b=1").unwrap().and(Parameters::read(b"a=1&b=2").unwrap());
        assert_eq!(parameters.get("a").unwrap(), Some("1"));
        assert!(matches!(parameters.get("b"), Err(OauthFailure::Twice("b"))));
    }

    #[test]
    fn a_colon_in_a_secret_and_encoded_characters_are_read() {
        let basic = |text: &str| {
            let shown = read_basic(&STANDARD.encode(text))?;
            Some((shown.client_id, shown.secret?.to_string()))
        };
        assert_eq!(basic("a%3Ab:c%2Bd+e"), Some(("a:b".into(), "c+d e".into())));
        assert_eq!(basic("id:a:b"), Some(("id".into(), "a:b".into())));
        assert_eq!(basic("id:a&b=c"), Some(("id".into(), "a".into())), "not encoded");
        assert_eq!(basic("id"), None);
    }
}
