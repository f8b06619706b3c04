//! `POST /session/login/sso`: a user or an agent whom the client's identity provider vouches for, with an application token.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{LogIn, LoginScope, ShownIdToken, ShownPassword};
use vestibule_model::{Dialect, Population};
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::errors::LiveVoxError;
use super::login::{answer, json, read_object};
use super::request::LiveVoxHead;
use crate::api::ApiState;
use crate::json::StrictObject;

/// What a body shows.
enum Shown {
    IdToken(Zeroizing<String>),
    /// To be exchanged at the identity provider.
    Password {
        user_name: String,
        password: Zeroizing<String>,
    },
}

/// Logs in.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LiveVoxHead,
    LimitedBody(body): LimitedBody,
) -> Result<Response, LiveVoxError> {
    let body = body.map_err(LiveVoxError::Server)?;
    let mut object = read_object(&head, &body)?;
    let client_name = object.take("clientName").ok_or(LiveVoxError::BadRequest("clientName is required"))?;
    let agent = object.take_flag("agent").ok_or(LiveVoxError::BadRequest("agent must be true or false"))?;
    let shown = Shown::take(&mut object)?;
    let token = head.application_token(&api).ok_or(LiveVoxError::Unauthorized)?;
    let now = api.clock.now();
    let at = LogIn {
        account: api.auth.directory().account_with_code(&client_name),
        dialect: Dialect::LiveVox,
        scope: LoginScope::Public,
        address: head.address,
        now,
    };
    let population = if agent { Population::Agent } else { Population::User };
    let logged_in = match shown {
        Shown::IdToken(id_token) => {
            let shown = ShownIdToken { token: id_token, connection: None, population: Some(population) };
            api.auth.log_in_by_id_token(at, Some(token), shown).await?
        }
        Shown::Password { user_name, password } => {
            let shown = ShownPassword { user_name, password, population };
            api.auth.log_in_by_password_grant(at, token, shown).await?
        }
    };
    Ok(json(&answer(&api, &logged_in, now)))
}

impl Shown {
    /// An ID token, or else a name and a password.
    fn take(object: &mut StrictObject<'_>) -> Result<Self, LiveVoxError> {
        if let Some(token) = object.take("idToken") {
            return Ok(Self::IdToken(Zeroizing::new(token)));
        }
        match (object.take("userName"), object.take("password")) {
            (Some(user_name), Some(password)) => {
                Ok(Self::Password { user_name, password: Zeroizing::new(password) })
            }
            _ => Err(LiveVoxError::BadRequest("idToken is required, or userName and password")),
        }
    }
}
