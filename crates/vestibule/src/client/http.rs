//! Requests: conditional changes, creations that can be sent again, and answers that are read with a bound.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Map, Value};
use uuid::Uuid;
use vestibule_crypto::OsRng;
use vestibule_model::Rng;

use super::address::Address;
use super::advice;
use super::failure::ServiceError;
use super::resource_path::ResourcePath;
use super::response::JsonResponse;
use super::service::Target;
use crate::input_error::InputError;

/// How long it may take to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read as a whole, in bytes: a page of a thousand entries is far below.
const LONGEST: usize = 64 * 1024 * 1024;

/// How long is waited before something that may be sent again is.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

type Query<'a> = &'a [(&'a str, String)];

/// Asks one service, as one caller.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: Address,
    /// `Bearer …`; sensitive, so that nothing prints it.
    authorization: Option<HeaderValue>,
}

impl Client {
    pub(crate) fn new(target: &Target) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
            // A bearer goes where the operator said, and nowhere else.
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE);
        if let Some(ca) = &target.ca {
            builder = builder.tls_certs_only(certificates(ca)?);
        }
        let http = builder.build().context("cannot make a client")?;
        let authorization = target.token.as_ref().map(|token| bearer(token.reveal())).transpose()?;
        Ok(Self { http, address: target.address.clone(), authorization })
    }

    /// Reads something.
    pub(crate) async fn get(
        &self,
        place: &ResourcePath,
        query: Query<'_>,
    ) -> Result<JsonResponse, ServiceError> {
        self.again(|| self.request(Method::GET, self.url(place, query))).await
    }

    /// Makes something, once, however often it has to be sent.
    pub(crate) async fn create(
        &self,
        place: &ResourcePath,
        body: &Value,
    ) -> Result<JsonResponse, ServiceError> {
        let key = HeaderValue::from_str(&random_uuid().to_string()).ok();
        self.again(|| {
            let request = self.request(Method::POST, self.url(place, &[])).json(body);
            key.iter().fold(request, |request, key| request.header("idempotency-key", key))
        })
        .await
    }

    /// Asks for something to be done; sent once.
    pub(crate) async fn post(
        &self,
        place: &ResourcePath,
        body: Option<&Value>,
    ) -> Result<JsonResponse, ServiceError> {
        let request = self.request(Method::POST, self.url(place, &[]));
        self.send(body.into_iter().fold(request, RequestBuilder::json)).await
    }

    /// Asks for something to be done to what is at `whose` now; sent once.
    pub(crate) async fn post_of(
        &self,
        place: &ResourcePath,
        whose: &ResourcePath,
        body: &Value,
    ) -> Result<JsonResponse, ServiceError> {
        let seen = self.get(whose, &[]).await?;
        let request = self.request(Method::POST, self.url(place, &[])).json(body);
        self.send(if_unchanged(request, &seen)).await
    }

    /// Changes fields of what is there now.
    pub(crate) async fn change(
        &self,
        place: &ResourcePath,
        patch: &Value,
    ) -> Result<JsonResponse, ServiceError> {
        let body = serde_json::to_vec(patch).unwrap_or_default();
        let request = self.request(Method::PATCH, self.url(place, &[]));
        let request = request.header(CONTENT_TYPE, "application/merge-patch+json").body(body);
        self.send(if_unchanged(request, &self.get(place, &[]).await?)).await
    }

    /// Sets something that belongs to what is at `whose` now.
    pub(crate) async fn set(
        &self,
        place: &ResourcePath,
        whose: &ResourcePath,
        body: &Value,
    ) -> Result<JsonResponse, ServiceError> {
        let seen = self.get(whose, &[]).await?;
        let request = self.request(Method::PUT, self.url(place, &[])).json(body);
        self.send(if_unchanged(request, &seen)).await
    }

    /// The same for what is no JSON: its media type, and its bytes.
    pub(crate) async fn set_bytes(
        &self,
        place: &ResourcePath,
        whose: &ResourcePath,
        (media_type, bytes): (&str, &[u8]),
    ) -> Result<JsonResponse, ServiceError> {
        let seen = self.get(whose, &[]).await?;
        let request = self.request(Method::PUT, self.url(place, &[])).header(CONTENT_TYPE, media_type);
        self.send(if_unchanged(request.body(bytes.to_vec()), &seen)).await
    }

    /// Makes something under a known name, or changes what is there now.
    pub(crate) async fn put(&self, place: &ResourcePath, body: &Value) -> Result<JsonResponse, ServiceError> {
        let request = self.request(Method::PUT, self.url(place, &[])).json(body);
        let request = match self.get(place, &[]).await {
            Ok(seen) => if_unchanged(request, &seen),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => request.header(IF_NONE_MATCH, "*"),
            Err(error) => return Err(error),
        };
        self.send(request).await
    }

    /// Makes something under a known name of these fields, or lays them over those that are there now, `but` for some that only
    /// name it.
    pub(crate) async fn put_over(
        &self,
        place: &ResourcePath,
        fields: Value,
        but: &[&str],
    ) -> Result<JsonResponse, ServiceError> {
        let request = self.request(Method::PUT, self.url(place, &[]));
        let (request, mut body) = match self.get(place, &[]).await {
            Ok(seen) => (if_unchanged(request, &seen), seen.body),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
                (request.header(IF_NONE_MATCH, "*"), Value::Object(Map::new()))
            }
            Err(error) => return Err(error),
        };
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
            body.retain(|name, _| !but.contains(&name.as_str()));
            body.extend(fields);
        }
        self.send(request.json(&body)).await
    }

    /// Removes something that belongs to what is at `whose` now.
    pub(crate) async fn remove_of(
        &self,
        place: &ResourcePath,
        whose: &ResourcePath,
    ) -> Result<JsonResponse, ServiceError> {
        let request = self.request(Method::DELETE, self.url(place, &[]));
        self.send(if_unchanged(request, &self.get(whose, &[]).await?)).await
    }

    /// Removes what is there now.
    pub(crate) async fn remove(&self, place: &ResourcePath) -> Result<JsonResponse, ServiceError> {
        self.remove_of(place, place).await
    }

    /// Ends what has no states to be mistaken about.
    pub(crate) async fn end(&self, place: &ResourcePath) -> Result<JsonResponse, ServiceError> {
        self.send(self.request(Method::DELETE, self.url(place, &[]))).await
    }

    /// An answer that is read bit by bit.
    pub(crate) async fn open(
        &self,
        place: &ResourcePath,
        query: Query<'_>,
    ) -> Result<Response, ServiceError> {
        let answer = self.request(Method::GET, self.url(place, query)).send().await;
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(self.read(answer).await.err().unwrap_or_else(|| self.unreadable()))
    }

    /// An answer that is a text of this type.
    pub(crate) async fn text(
        &self,
        place: &ResourcePath,
        query: Query<'_>,
        media_type: &str,
    ) -> Result<String, ServiceError> {
        let request = self.request(Method::GET, self.url(place, query)).header(ACCEPT, media_type);
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            return Err(self.read(answer).await.err().unwrap_or_else(|| self.unreadable()));
        }
        answer.text().await.map_err(|error| self.unreachable(&error))
    }

    /// That the answer stopped in the middle.
    pub(crate) fn unreachable(&self, error: &reqwest::Error) -> ServiceError {
        let reason = advice::reason(error).map_or_else(|| deepest(error), str::to_owned);
        let advice = advice::about(error, self.address.url());
        ServiceError::Unreachable(format!("{} does not answer: {reason}{advice}", self.address.text()))
    }

    fn unreadable(&self) -> ServiceError {
        let url = self.address.text();
        ServiceError::Unreachable(format!("{url} answers, but not as an administration listener does"))
    }

    fn url(&self, place: &ResourcePath, query: Query<'_>) -> Url {
        let mut url = self.address.join(place.segments());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        self.authorization.iter().fold(request, |request, value| request.header(AUTHORIZATION, value))
    }

    /// Sends what does no harm when it arrives twice, up to three times. What could not be sent at all is not sent again:
    /// whoever mistyped a URL wants to know at once.
    async fn again(&self, request: impl Fn() -> RequestBuilder) -> Result<JsonResponse, ServiceError> {
        for pause in PAUSES {
            match request().send().await {
                Err(error) if error.is_connect() || error.is_builder() => {
                    return Err(self.unreachable(&error));
                }
                Err(_) => {}
                Ok(answer) if is_passing(answer.status()) => {}
                Ok(answer) => return self.read(answer).await,
            }
            tokio::time::sleep(pause).await;
        }
        self.send(request()).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<JsonResponse, ServiceError> {
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        self.read(answer).await
    }

    async fn read(&self, mut answer: Response) -> Result<JsonResponse, ServiceError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > LONGEST {
                return Err(self.unreadable());
            }
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (answer.status(), answer.headers());
        if !status.is_success() {
            return Err(ServiceError::of_answer(status, headers, &body));
        }
        let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        if body.is_empty() {
            return Ok(JsonResponse { body: Value::Null, tag });
        }
        let body = serde_json::from_slice(&body).map_err(|_| self.unreadable())?;
        Ok(JsonResponse { body, tag })
    }
}

/// The change is to be made to what was seen.
fn if_unchanged(request: RequestBuilder, seen: &JsonResponse) -> RequestBuilder {
    seen.tag.iter().fold(request, |request, tag| request.header(IF_MATCH, tag))
}

/// What a proxy or a service that stops may answer for a moment.
fn is_passing(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

fn certificates(file: &Path) -> anyhow::Result<Vec<Certificate>> {
    let refuse = |reason: String| InputError::new(format_args!("--ca {}", file.display()), reason);
    let text = fs::read(file).map_err(|error| refuse(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&text).map_err(|error| refuse(deepest(&error)))?;
    if certificates.is_empty() {
        return Err(refuse("there is no certificate in PEM".to_owned()).into());
    }
    Ok(certificates)
}

fn bearer(token: &str) -> Result<HeaderValue, InputError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| InputError::new("the token", "it has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The last cause: those above it say "error sending request" and the like, and name the whole URL.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn random_uuid() -> Uuid {
    let mut bytes = [0; 16];
    OsRng.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_not_shown_by_debug() {
        assert!(!format!("{:?}", bearer("hunter2").unwrap()).contains("hunter2"));
    }

    #[test]
    fn a_token_with_a_line_break_is_refused_and_not_shown() {
        let refusal = bearer("hunter2\r\nx: y").unwrap_err().to_string();
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }

    #[test]
    fn keys_of_creations_differ() {
        assert_ne!(random_uuid(), random_uuid());
    }
}
