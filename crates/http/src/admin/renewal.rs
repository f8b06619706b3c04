//! `POST …/secrets`: other secrets for an API key, an OAuth client or an application token. The same for all three; each
//! kind says how it is answered.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{Caller, Overlap, Renewable, Scope, StoredResponse, WithSecrets};
use vestibule_model::{Millis, Superseded};
use vestibule_serve::layers::LimitedBody;

use super::AdminState;
use super::idempotency::{CreationState, Idempotent, created};
use super::patch::Patch;
use super::problem::AdminError;
use super::request::account_named;

/// How secrets are renewed. Without a body it is done with the usual overlap.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Renewal {
    /// For how many seconds the secrets so far go on working beside the new ones, at most 90 days; 0: they stop at once, and
    /// the sessions that rest on them end. A day unless it is given.
    #[schema(minimum = 0, maximum = 7_776_000)]
    overlap_seconds: Option<u64>,
}

/// The fields of a renewal that a request names; no body names none.
pub(super) struct RenewalBody(Patch);

impl FromRequest<AdminState> for RenewalBody {
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &AdminState) -> Result<Self, AdminError> {
        let (parts, body) = request.into_parts();
        let body = LimitedBody::read(&parts.extensions, body).await.0.map_err(AdminError::Unread)?;
        if body.is_empty() {
            return Ok(Self(Patch::default()));
        }
        let request = Request::from_parts(parts, Body::from(body));
        Patch::from_request(request, admin).await.map(Self)
    }
}

impl RenewalBody {
    fn overlap(&self) -> Result<Overlap, AdminError> {
        let Renewal { overlap_seconds } = self.0.over(&Renewal::default())?;
        match overlap_seconds {
            Some(seconds) => Ok(Overlap::of_seconds(seconds, "overlap_seconds")?),
            None => Ok(Overlap::USUAL),
        }
    }
}

/// Renews the secrets of one application.
pub(super) async fn renew<P: Renewable<N>, const N: usize>(
    (admin, caller): (&AdminState, &Caller),
    (account, id): (&str, i64),
    wanted: Result<Idempotent<RenewalBody>, AdminError>,
    answer: impl Fn(&WithSecrets<P, N>) -> StoredResponse + Sync,
) -> Result<Response, AdminError> {
    let account = account_named(account)?;
    admin.auth.expect_account_resource::<P>(caller, (account, id))?;
    let Idempotent(wanted, key) = wanted?;
    let overlap = wanted.overlap()?;
    let pending = match key.begin(admin, caller, Scope::WriteAccount(account)).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let renewed =
        admin.auth.renew::<P, N>(caller, (account, id), overlap, pending.with_response(&answer)).await?;
    Ok(created(&answer(&renewed)))
}

/// Until when the values before the present ones work, as it is shown.
pub(super) fn until<V>(superseded: Option<&Superseded<V>>) -> Option<i64> {
    superseded.map(|before| Millis::as_unix(before.until))
}
