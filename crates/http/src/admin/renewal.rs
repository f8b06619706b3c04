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
use super::once::{Keyed, Turn, created};
use super::patch::Patch;
use super::problem::Failure;
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
pub(super) struct Wanted(Patch);

impl FromRequest<AdminState> for Wanted {
    type Rejection = Failure;

    async fn from_request(request: Request, admin: &AdminState) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let body = LimitedBody::read(&parts.extensions, body).await.0.map_err(Failure::Unread)?;
        if body.is_empty() {
            return Ok(Self(Patch::default()));
        }
        let request = Request::from_parts(parts, Body::from(body));
        Patch::from_request(request, admin).await.map(Self)
    }
}

impl Wanted {
    fn overlap(&self) -> Result<Overlap, Failure> {
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
    wanted: Result<Keyed<Wanted>, Failure>,
    answer: impl Fn(&WithSecrets<P, N>) -> StoredResponse + Sync,
) -> Result<Response, Failure> {
    let account = account_named(account)?;
    admin.auth.expect_account_resource::<P>(caller, (account, id))?;
    let Keyed(wanted, key) = wanted?;
    let overlap = wanted.overlap()?;
    let first = match key.begin(admin, caller, Scope::WriteAccount(account)).await? {
        Turn::First(first) => first,
        Turn::Again(answer) => return Ok(answer),
    };
    let renewed =
        admin.auth.renew::<P, N>(caller, (account, id), overlap, first.with_response(&answer)).await?;
    Ok(created(&answer(&renewed)))
}

/// Until when the values before the present ones work, as it is shown.
pub(super) fn until<V>(superseded: Option<&Superseded<V>>) -> Option<i64> {
    superseded.map(|before| Millis::as_unix(before.until))
}
