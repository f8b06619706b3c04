//! The body of `POST …/secrets`: how the secrets of an API key, an OAuth client or an application token are renewed.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::Overlap;
use vestibule_model::{Millis, Superseded};
use vestibule_serve::layers::LimitedBody;

use super::AdminState;
use super::patch::Patch;
use super::problem::AdminError;

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
    /// For how long the secrets so far go on working.
    pub(super) fn overlap(&self) -> Result<Overlap, AdminError> {
        let Renewal { overlap_seconds } = self.0.over(&Renewal::default())?;
        match overlap_seconds {
            Some(seconds) => Ok(Overlap::of_seconds(seconds, "overlap_seconds")?),
            None => Ok(Overlap::USUAL),
        }
    }
}

/// Until when the values before the present ones work: milliseconds since 1970.
pub(super) fn until<V>(superseded: Option<&Superseded<V>>) -> Option<i64> {
    superseded.map(|before| Millis::as_unix(before.until))
}
