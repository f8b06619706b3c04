//! `POST /session/login`: a user or an agent, with an application token.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;
use vestibule_auth::{LogIn, LoggedIn, LoginScope, UserCredentials};
use vestibule_model::{AuthenticationMethod, Dialect, Millis, Population};
use zeroize::Zeroizing;

use super::errors::LiveVoxError;
use super::request::{LiveVoxHead, LoginFields};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::json::{StrictObject, is_json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoginResponse {
    session_id: Uuid,
    user_id: i32,
    client_id: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_until_password_expires: Option<i32>,
}

/// Logs in.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LiveVoxHead,
    body: CredentialBody,
) -> Result<Response, LiveVoxError> {
    let named = LoginFields::take(&mut read(&head, &body)?)?;
    let token = head.application_token(&api).ok_or(LiveVoxError::Unauthorized)?;
    let now = api.clock.now();
    let (at, credentials) = credentials(&api, &head, named, now);
    let logged_in = api.auth.log_in_with_token(at, token, credentials).await?;
    Ok(json(&answer(&api, &logged_in, now)))
}

/// The context of a login or a change of password, and its credentials.
pub(crate) fn credentials(
    api: &ApiState,
    head: &LiveVoxHead,
    named: LoginFields,
    now: Millis,
) -> (LogIn, UserCredentials) {
    let account = api.auth.directory().account_with_code(&named.client_name);
    let population = if named.agent { Population::Agent } else { Population::User };
    let credentials = UserCredentials {
        user_name: named.user_name,
        population: Some(population),
        password: Zeroizing::new(named.password.into_bytes()),
    };
    (
        LogIn { account, dialect: Dialect::LiveVox, scope: LoginScope::Public, address: head.address, now },
        credentials,
    )
}

/// The JSON object of a body.
pub(crate) fn read<'a>(
    head: &LiveVoxHead,
    CredentialBody(body): &'a CredentialBody,
) -> Result<StrictObject<'a>, LiveVoxError> {
    let body = body.as_ref().map_err(|refusal| LiveVoxError::Server(*refusal))?;
    read_object(head, body)
}

/// The same of a body that was read.
pub(super) fn read_object<'a>(head: &LiveVoxHead, body: &'a [u8]) -> Result<StrictObject<'a>, LiveVoxError> {
    if !is_json(&head.headers) {
        return Err(LiveVoxError::BadRequest("Content-Type must be application/json"));
    }
    StrictObject::parse(body).ok_or(LiveVoxError::BadRequest("The body is not a valid JSON object"))
}

/// The answer to a login; one by an identity provider does not tell of a password (contract livevox §7).
pub(super) fn answer(api: &ApiState, logged_in: &LoggedIn, now: Millis) -> LoginResponse {
    let LoggedIn { session, entry, user, .. } = logged_in;
    let zone = &entry.account.time_zone;
    let is_by_password = session.method == AuthenticationMethod::Password;
    let expires_at = entry.password_expires_at(user).filter(|_| is_by_password);
    LoginResponse {
        session_id: Uuid::from_bytes(api.auth.tokens().livevox(session.id)),
        user_id: user.number,
        client_id: entry.account.number,
        days_until_password_expires: expires_at.map(|end| days_between(zone, now, end)),
    }
}

/// How many midnights of the account's time zone lie between two moments; none before zero.
fn days_between(zone: &str, from: Millis, to: Millis) -> i32 {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let date = |at: Millis| {
        let at = Timestamp::from_millisecond(at.as_unix()).unwrap_or(Timestamp::MAX);
        at.to_zoned(zone.clone()).date()
    };
    date(from).until(date(to)).map_or(0, |span| span.get_days()).max(0)
}

/// 200 with a compact JSON body.
pub(crate) fn json(body: &impl Serialize) -> Response {
    let body = Body::from(serde_json::to_vec(body).unwrap_or_default());
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    fn days(zone: &str, from: i64, to: i64) -> i32 {
        days_between(zone, Millis::from_unix(from * HOUR), Millis::from_unix(to * HOUR))
    }

    #[test]
    fn days_are_counted_by_the_midnights_of_the_zone() {
        // 1970-01-01 21:00 UTC is 23:00 in Athens; an hour later the day has changed there and not in London.
        assert_eq!(days("Europe/Athens", 21, 22), 1);
        assert_eq!(days("UTC", 21, 22), 0);
    }

    #[test]
    fn the_last_day_is_day_zero_and_never_below() {
        assert_eq!(days("UTC", 1, 23), 0);
        assert_eq!(days("UTC", 48, 1), 0);
    }

    #[test]
    fn ninety_days_are_ninety_over_a_change_of_summer_time() {
        assert_eq!(days("Europe/Athens", 60 * 24, 150 * 24), 90);
    }
}
