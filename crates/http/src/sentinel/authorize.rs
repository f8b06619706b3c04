//! `GET` (older pages: `POST`) `…/authorize`: a client sends a user, who comes back with a code (contract single-sign-on,
//! Authorization code). Who is not signed in to the pages goes to the login page first, and comes back here.

use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{
    AuthorizationError, AuthorizationRefusal, AuthorizationRequest, Authorizing, PageSession,
};
use vestibule_model::AccountId;

use super::errors::OauthFailure;
use super::issuer;
use super::parameters::{ClientRequest, Parameters};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::pages::{ConsentForm, PageRequest, consent_page, go_on_elsewhere};

/// The longest query that is taken along to the login page.
const LONGEST: usize = 4_000;

/// The parameters that are read, and so taken along to the login page.
const READ: [&str; 12] = [
    "v",
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "response_mode",
];

/// A client that is known, with what it asks for.
struct Asked {
    account: AccountId,
    authorizing: Authorizing,
    request: AuthorizationRequest,
    state: Option<String>,
    prompt: Option<String>,
    /// How the client wants the answer: in the query, or it is refused.
    response_mode: Option<String>,
    /// The name that the answer has of us; None on the vendor's path, which has none.
    issuer: Option<String>,
    /// The request again, as a query.
    query: String,
}

/// Where a user goes.
enum Outcome {
    /// Back with a code.
    Code(String),
    /// Back without one.
    Failed(&'static str, String),
}

pub(super) async fn handle(State(api): State<ApiState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = parts.clone();
    let Ok(request) = ClientRequest::from_request(Request::from_parts(parts, body), &api).await;
    let asked = match request.expect_version().and_then(|()| Asked::read(&api, &request)) {
        Ok(asked) => asked,
        Err(failure) => return failure.answer(false),
    };
    let page = PageRequest::read(&head, asked.account);
    if let Err(error) = asked.authorizing.check(&asked.request) {
        return asked.back(&failed(error));
    }
    if asked.response_mode.as_deref().is_some_and(|mode| mode != "query") {
        let why = "response_mode: the answer comes in the query".to_owned();
        return asked.back(&Outcome::Failed("invalid_request", why));
    }
    let holder = match page.holder(&api).await {
        Ok(holder) => holder,
        Err(refused) => return refused.into_response(),
    };
    let asks_nobody = asked.prompt.as_deref() == Some("none");
    let needs_consent = asked.authorizing.client().metadata.consent;
    match holder {
        None if asks_nobody => {
            asked.back(&Outcome::Failed("login_required", "nobody is signed in".to_owned()))
        }
        None => asked.to_login(),
        Some(_) if needs_consent && asks_nobody => {
            asked.back(&Outcome::Failed("consent_required", "the user has to agree".to_owned()))
        }
        Some(holder) if needs_consent => asked.ask(&api, &holder),
        Some(holder) => asked.back(&asked.grant(&api, &holder)),
    }
}

/// `POST …/authorize/consent`: the answer of a user who was asked.
pub(super) async fn consented(
    State(api): State<ApiState>,
    page: PageRequest,
    body: CredentialBody,
) -> Response {
    let (holder, form) = match ConsentForm::read(&api, &page, &body).await {
        Ok(form) => form,
        Err(refused) => return refused.into_response(),
    };
    let asked = match Parameters::read(form.request.as_bytes())
        .and_then(|parameters| Asked::of(&api, page.account, &parameters))
    {
        Ok(asked) => asked,
        Err(failure) => return failure.answer(false),
    };
    let outcome = if form.agrees {
        asked.grant(&api, &holder)
    } else {
        Outcome::Failed("access_denied", "the user does not agree".to_owned())
    };
    // A page goes on there: a policy that keeps forms within the service counts for where they are sent on to as well.
    go_on_elsewhere(&api, asked.account, &asked.address(&outcome))
}

impl Asked {
    fn read(api: &ApiState, request: &ClientRequest) -> Result<Self, OauthFailure> {
        let account =
            request.account.ok_or(OauthFailure::Authorization(AuthorizationRefusal::UnknownClient))?;
        Self::of(api, account, &request.form_and_query()?)
    }

    fn of(api: &ApiState, account: AccountId, parameters: &Parameters) -> Result<Self, OauthFailure> {
        let text = |name| Ok::<_, OauthFailure>(parameters.get(name)?.map(str::to_owned));
        let (client_id, redirect_uri) = (parameters.need("client_id")?, parameters.get("redirect_uri")?);
        let authorizing = api.auth.authorizing(account, client_id, redirect_uri);
        let authorizing = authorizing.map_err(OauthFailure::Authorization)?;
        let query = query(parameters)?;
        if query.len() > LONGEST {
            return Err(OauthFailure::Invalid("the request is too long"));
        }
        let is_vendors = parameters.get("v")?.is_some();
        Ok(Self {
            account,
            authorizing,
            request: AuthorizationRequest {
                response_type: text("response_type")?.unwrap_or_default(),
                scope: text("scope")?.unwrap_or_default(),
                nonce: text("nonce")?,
                code_challenge: text("code_challenge")?,
                code_challenge_method: text("code_challenge_method")?,
            },
            state: text("state")?,
            prompt: text("prompt")?,
            response_mode: text("response_mode")?,
            issuer: (!is_vendors).then(|| issuer(api, account)),
            query,
        })
    }

    fn grant(&self, api: &ApiState, holder: &PageSession) -> Outcome {
        let now = api.clock.now();
        match api.auth.authorization_code(holder, &self.authorizing, &self.request, now) {
            Ok(code) => Outcome::Code(code),
            Err(error) => failed(error),
        }
    }

    /// To the login page, which leads back here.
    fn to_login(&self) -> Response {
        let account = self.account;
        let here = format!("/sentinel/api/account/{account}/authorize?{}", self.query);
        let path = form_urlencoded::Serializer::new(format!("/me/{account}/login?"))
            .append_pair("continue", &here)
            .finish();
        found(&path)
    }

    /// Asks the user whether they agree.
    fn ask(&self, api: &ApiState, holder: &PageSession) -> Response {
        let client = self.authorizing.client();
        let name =
            Some(&client.metadata.display_name).filter(|name| !name.is_empty()).unwrap_or(&client.name);
        let scope = self.authorizing.check(&self.request).unwrap_or_default();
        consent_page(api, holder, name, &scope, &self.query)
    }

    /// To the client.
    fn back(&self, outcome: &Outcome) -> Response {
        found(&self.address(outcome))
    }

    /// The client's address with the outcome: behind what it has in its query already (RFC 6749 §4.1.2).
    fn address(&self, outcome: &Outcome) -> String {
        let uri = self.authorizing.redirect_uri();
        let begins = match uri.split_once('?') {
            None => format!("{uri}?"),
            Some((_, query)) if query.is_empty() || query.ends_with('&') => uri.to_owned(),
            Some(_) => format!("{uri}&"),
        };
        let from = begins.len();
        let mut pairs = form_urlencoded::Serializer::for_suffix(begins, from);
        match outcome {
            Outcome::Code(code) => {
                pairs.append_pair("code", code);
            }
            Outcome::Failed(error, words) => {
                pairs.append_pair("error", error).append_pair("error_description", words);
            }
        }
        if let Some(state) = &self.state {
            pairs.append_pair("state", state);
        }
        if let Some(issuer) = &self.issuer {
            pairs.append_pair("iss", issuer);
        }
        pairs.finish()
    }
}

/// What of the parameters is read, as a query.
fn query(parameters: &Parameters) -> Result<String, OauthFailure> {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for name in READ {
        if let Some(value) = parameters.get(name)? {
            pairs.append_pair(name, value);
        }
    }
    Ok(pairs.finish())
}

fn failed(error: AuthorizationError) -> Outcome {
    let code = match error {
        AuthorizationError::UnsupportedResponseType => "unsupported_response_type",
        AuthorizationError::UnauthorizedClient => "unauthorized_client",
        AuthorizationError::ChallengeNeeded | AuthorizationError::Challenge | AuthorizationError::Nonce => {
            "invalid_request"
        }
        AuthorizationError::InvalidScope => "invalid_scope",
        AuthorizationError::AccessDenied => "access_denied",
    };
    Outcome::Failed(code, error.to_string())
}

/// A code stands in the address: nobody keeps the answer, and where it leads does not learn from where.
fn found(address: &str) -> Response {
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    ];
    let mut answer = (StatusCode::FOUND, headers).into_response();
    match HeaderValue::from_str(address) {
        Ok(address) => {
            answer.headers_mut().insert(LOCATION, address);
            answer
        }
        Err(_) => OauthFailure::Invalid("the request cannot be answered").answer(false),
    }
}
