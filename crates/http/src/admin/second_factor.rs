//! `/admin/v1/second-factor`: the caller's own second factor. That of somebody else is reset where users are.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{ShownEnrolment, ShownFactor};
use vestibule_model::Millis;
use zeroize::Zeroizing;

use super::AdminState;
use super::forms::Password;
use super::problem::{AdminError, Problem};
use super::request::{JsonBody, OwnCaller, json};

#[derive(Serialize, ToSchema)]
struct SecondFactor {
    /// Since when there is one: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    /// How many recovery codes were not used yet.
    recovery_codes_left: usize,
    /// Whether administrators need one.
    required: bool,
}

#[derive(Serialize, ToSchema)]
struct BegunSecondFactor {
    /// For typing into a device: base 32.
    secret: String,
    /// The same as devices read it from a picture: an `otpauth` address.
    address: String,
    /// To be sent back with the first code, within half an hour.
    state: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmSecondFactor {
    /// What the beginning has answered.
    state: String,
    /// The first code of the device.
    code: String,
    /// The present password; needed of whoever has one that counts in the account.
    #[serde(default)]
    #[schema(value_type = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowSecondFactor {
    /// A code of the device, or a recovery code.
    code: String,
    /// The present password; needed of whoever has one that counts in the account.
    #[serde(default)]
    #[schema(value_type = Password)]
    password: String,
}

#[derive(Serialize, ToSchema)]
struct SecondFactorSetUp {
    /// Each logs in once without the device. Shown here and never again.
    recovery_codes: Vec<String>,
    /// The bearer of the session that takes the place of those of before, which have ended. Not there: log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// When that session ends if it is not used again: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Each logs in once without the device. Shown here and never again.
    recovery_codes: Vec<String>,
}

/// Whether the caller has a second factor. An administration token has none.
#[utoipa::path(get, path = "/admin/v1/second-factor", tag = "second factor", security(("bearer" = [])), responses(
    (status = 200, body = SecondFactor), (status = 409, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
) -> Result<Response, AdminError> {
    let own = admin.auth.administration().own_second_factor(&caller)?;
    let shown = SecondFactor {
        since: own.since.map(Millis::as_unix),
        recovery_codes_left: own.recovery_codes_left,
        required: own.is_required,
    };
    Ok(json(StatusCode::OK, &shown))
}

/// Begins to set one up: draws a secret. Nothing changes before a code of it is shown.
#[utoipa::path(post, path = "/admin/v1/second-factor", tag = "second factor", security(("bearer" = [])), responses(
    (status = 200, body = BegunSecondFactor), (status = 409, body = Problem)))]
pub(super) async fn begin(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
) -> Result<Response, AdminError> {
    let begun = admin.auth.administration().begin_own_second_factor(&caller)?;
    let shown = BegunSecondFactor {
        secret: begun.secret.to_string(),
        address: begun.address.to_string(),
        state: begun.state,
    };
    Ok(json(StatusCode::OK, &shown))
}

/// Sets it up with the first code of the device. All sessions of the caller end; another one takes their place.
#[utoipa::path(post, path = "/admin/v1/second-factor/confirm", tag = "second factor", security(("bearer" = [])),
    request_body = ConfirmSecondFactor, responses((status = 200, body = SecondFactorSetUp), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn confirm(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
    body: JsonBody<ConfirmSecondFactor>,
) -> Result<Response, AdminError> {
    let JsonBody(ConfirmSecondFactor { state, code, password }) = body;
    let password = Zeroizing::new(password);
    let shown = ShownEnrolment { state: &state, code: &code, password: &password };
    let set_up = admin.auth.administration().set_up_own_second_factor(&caller, shown).await?;
    let recovery_codes = told(&set_up.recovery_codes);
    let (token, expires) = set_up.opened.map(|opened| (opened.shown_by, opened.expires.as_unix())).unzip();
    Ok(json(StatusCode::OK, &SecondFactorSetUp { recovery_codes, token, expires }))
}

/// Makes the recovery codes anew, for whoever shows a code, and the password if they have one; those of before count no more.
#[utoipa::path(post, path = "/admin/v1/second-factor/recovery-codes", tag = "second factor", security(("bearer" = [])),
    request_body = ShowSecondFactor, responses((status = 200, body = RecoveryCodes), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn renew_recovery_codes(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
    body: JsonBody<ShowSecondFactor>,
) -> Result<Response, AdminError> {
    let JsonBody(ShowSecondFactor { code, password }) = body;
    let password = Zeroizing::new(password);
    let shown = ShownFactor { password: &password, code: &code };
    let codes = admin.auth.administration().renew_own_recovery_codes(&caller, shown).await?;
    Ok(json(StatusCode::OK, &RecoveryCodes { recovery_codes: told(&codes) }))
}

/// Takes it away, for whoever shows a code, and the password if they have one. Where administrators need one, the session is for setting up another then.
#[utoipa::path(post, path = "/admin/v1/second-factor/remove", tag = "second factor", security(("bearer" = [])),
    request_body = ShowSecondFactor, responses((status = 204), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn remove(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
    body: JsonBody<ShowSecondFactor>,
) -> Result<StatusCode, AdminError> {
    let JsonBody(ShowSecondFactor { code, password }) = body;
    let password = Zeroizing::new(password);
    let shown = ShownFactor { password: &password, code: &code };
    admin.auth.administration().remove_own_second_factor(&caller, shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn told(codes: &[Zeroizing<String>]) -> Vec<String> {
    codes.iter().map(|code| code.to_string()).collect()
}
