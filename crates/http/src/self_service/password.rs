//! `POST /self/v1/password`: a user changes their password; the old one is all the proof there is. The way in for whoever
//! may not log in before that.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use vestibule_auth::{LogIn, LoginScope, UserCredentials};
use vestibule_model::Dialect;
use zeroize::Zeroizing;

use super::errors::SelfServiceError;
use super::session_holder::Address;
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::json::{StrictObject, is_json};

/// Who, by what, and what is to be.
struct PasswordChange {
    account: String,
    credentials: UserCredentials,
    new: Zeroizing<String>,
}

/// 204.
pub(super) async fn change(
    State(api): State<ApiState>,
    Address(address): Address,
    headers: HeaderMap,
    CredentialBody(body): CredentialBody,
) -> Result<StatusCode, SelfServiceError> {
    let body = body.map_err(SelfServiceError::Unread)?;
    if !is_json(&headers) {
        return Err(SelfServiceError::NoJson);
    }
    let PasswordChange { account, credentials, new } = PasswordChange::read(&body)?;
    // A malformed account id is answered like an unknown one.
    let account = account.parse().ok();
    let now = api.clock.now();
    let at = LogIn { account, dialect: Dialect::LivePerson, scope: LoginScope::Public, address, now };
    api.auth.change_password(at, credentials, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PasswordChange {
    fn read(body: &[u8]) -> Result<Self, SelfServiceError> {
        let mut object = StrictObject::parse(body)
            .ok_or(SelfServiceError::Malformed("The body is no valid JSON object"))?;
        let mut take = |key, missing| object.take(key).ok_or(SelfServiceError::Malformed(missing));
        Ok(Self {
            account: take("account", "account is needed")?,
            credentials: UserCredentials {
                user_name: take("username", "username is needed")?,
                // As at login: the users first, then the agents.
                population: None,
                password: Zeroizing::new(take("password", "password is needed")?.into_bytes()),
            },
            new: Zeroizing::new(take("new_password", "new_password is needed")?),
        })
    }
}
