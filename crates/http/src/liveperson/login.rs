//! `POST /api/account/{account}/login`: a user by password, or an application by its key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use vestibule_auth::{
    ApplicationCredentials, LogIn, LogInError, LoggedIn, LoginScope, ShownAssertion, UserCredentials,
};
use vestibule_model::Dialect;
use vestibule_serve::layers::{LimitedBody, Refusal, ResponseFuture, Shortcut};
use zeroize::Zeroizing;

use super::answer::login_answer;
use super::errors::LoginFailure;
use super::request::{LivePersonHead, account_of};
use crate::api::ApiState;
use crate::credential_body::MOST_BYTES;
use crate::json::StrictObject;
use crate::sso::addresses;

/// The route's pattern.
pub(crate) const LOGIN: &str = "/api/account/{account}/login";

/// What a body asks for. When it holds several kinds, the first of this order wins; a password or an assertion that is
/// empty counts as absent then (contract liveperson §1).
enum Credentials {
    User(UserCredentials),
    Assertion(String),
    Application(ApplicationCredentials),
}

/// The login before the router: what it costs besides a commit that it shares with others is HTTP.
pub(crate) struct LoginShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for LoginShortcut {
    fn route(&self) -> &'static str {
        LOGIN
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        method == Method::POST && account_of(path, LOGIN).is_some()
    }

    fn is_traced(&self) -> bool {
        true
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let head = LivePersonHead::read(&parts, account_of(parts.uri.path(), LOGIN));
            // Whoever is still sending a body costs no memory of what only a login needs.
            let body = LimitedBody::read(&parts.extensions, body);
            drop(parts);
            let body = body.await;
            let logged_in = Box::pin(log_in(&api, &head, body));
            Ok(logged_in.await.into_response())
        })
    }
}

/// Logs in.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LivePersonHead,
    body: LimitedBody,
) -> Result<Response, LoginFailure> {
    log_in(&api, &head, body).await
}

async fn log_in(
    api: &ApiState,
    head: &LivePersonHead,
    LimitedBody(body): LimitedBody,
) -> Result<Response, LoginFailure> {
    let body = body.map_err(LoginFailure::Server)?;
    let account = head.account.filter(|_| head.version_is_known && head.is_json);
    let account = account.ok_or(LoginFailure::MissingArguments)?;
    let credentials = Credentials::parse(&body);
    // An assertion is as long as it is; whatever else logs in is short.
    if body.len() > MOST_BYTES && !matches!(credentials, Some(Credentials::Assertion(_))) {
        return Err(LoginFailure::Server(Refusal::BodyTooLarge));
    }
    let credentials = credentials.ok_or(LoginFailure::MissingArguments)?;
    let now = api.clock.now();
    let (dialect, scope) = (Dialect::LivePerson, LoginScope::Public);
    let at = LogIn { account: Some(account), dialect, scope, address: head.address, now };
    let logged_in = prove(api, at, credentials).await?;
    Ok(login_answer(api, &logged_in, head.encrypted, now))
}

async fn prove(api: &ApiState, at: LogIn, credentials: Credentials) -> Result<LoggedIn, LoginFailure> {
    let logged_in: Result<LoggedIn, LogInError> = match credentials {
        Credentials::User(credentials) => api.auth.log_in_user(at, credentials).await,
        Credentials::Application(credentials) => api.auth.log_in_application(at, credentials).await,
        Credentials::Assertion(document) => {
            let account = at.account.ok_or(LoginFailure::MissingArguments)?;
            let addresses = Box::new(addresses::of_account(&api.public_origin, account));
            let shown = ShownAssertion { document, connection: None, addresses, attempt: None };
            api.auth.log_in_by_assertion(at, shown).await
        }
    };
    logged_in.map_err(LoginFailure::Engine)
}

impl Credentials {
    fn parse(body: &[u8]) -> Option<Self> {
        let mut object = StrictObject::parse(body)?;
        let user_name = object.take("username");
        let password = object.take("password").map(|password| Zeroizing::new(password.into_bytes()));
        let is_set = password.as_ref().is_some_and(|password| !password.is_empty());
        if let (true, Some(user_name)) = (is_set, &user_name) {
            return Self::of_user(user_name.clone(), password);
        }
        if let Some(assertion) = object.take("assertion").filter(|assertion| !assertion.is_empty()) {
            return Some(Self::Assertion(assertion));
        }
        let user_name = user_name?;
        let key = Self::of_application(&user_name, &mut object);
        // An empty password without anything else is a wrong one.
        key.or_else(|| Self::of_user(user_name, password))
    }

    fn of_user(user_name: String, password: Option<Zeroizing<Vec<u8>>>) -> Option<Self> {
        Some(Self::User(UserCredentials { user_name, population: None, password: password? }))
    }

    fn of_application(user_name: &str, object: &mut StrictObject<'_>) -> Option<Self> {
        Some(Self::Application(ApplicationCredentials {
            user_name: user_name.to_owned(),
            app_key: object.take("appKey")?,
            secret: Zeroizing::new(object.take("secret")?),
            access_token: object.take("accessToken")?,
            access_token_secret: Zeroizing::new(object.take("accessTokenSecret")?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(body: &str) -> &'static str {
        match Credentials::parse(body.as_bytes()) {
            Some(Credentials::User(_)) => "user",
            Some(Credentials::Assertion(_)) => "assertion",
            Some(Credentials::Application(_)) => "application",
            None => "none",
        }
    }

    const KEYS: &str = r#""appKey":"a","secret":"b","accessToken":"c","accessTokenSecret":"d""#;

    #[test]
    fn a_password_wins_over_an_assertion_and_a_key() {
        let body = format!(r#"{{"username":"n","password":"p","assertion":"x",{KEYS}}}"#);
        assert_eq!(kind(&body), "user");
    }

    #[test]
    fn an_assertion_wins_over_a_key() {
        assert_eq!(kind(&format!(r#"{{"username":"n","assertion":"x",{KEYS}}}"#)), "assertion");
    }

    #[test]
    fn an_assertion_needs_no_user_name() {
        assert_eq!(kind(r#"{"jwt":"dummy","assertion":"x"}"#), "assertion");
    }

    #[test]
    fn a_key_is_complete_or_nothing() {
        assert_eq!(kind(&format!(r#"{{"username":"n",{KEYS}}}"#)), "application");
        assert_eq!(kind(r#"{"username":"n","appKey":"a","secret":"b","accessToken":"c"}"#), "none");
    }

    #[test]
    fn an_empty_password_or_assertion_beside_a_key_is_none() {
        assert_eq!(kind(&format!(r#"{{"username":"n","password":"",{KEYS}}}"#)), "application");
        assert_eq!(kind(&format!(r#"{{"username":"n","assertion":"",{KEYS}}}"#)), "application");
        assert_eq!(kind(r#"{"username":"n","password":"","assertion":"x"}"#), "assertion");
    }

    #[test]
    fn an_empty_password_that_stands_alone_is_a_wrong_one() {
        assert_eq!(kind(r#"{"username":"n","password":""}"#), "user");
    }

    #[test]
    fn key_names_are_case_sensitive() {
        assert_eq!(kind(r#"{"userName":"n","password":"p"}"#), "none");
    }
}
