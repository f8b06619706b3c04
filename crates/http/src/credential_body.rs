//! Bodies that are read before anybody is known: those with which somebody logs in, changes a password, refreshes or logs out.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::Extensions;
use vestibule_serve::layers::{LimitedBody, Refusal};

/// The most bytes of such a body.
pub(crate) const MOST_BYTES: usize = 8 * 1024;

/// As [`LimitedBody`], of at most 8 KiB.
#[derive(Debug)]
pub(crate) struct CredentialBody(pub(crate) Result<Bytes, Refusal>);

impl<S: Sync> FromRequest<S> for CredentialBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(Self::read(&parts.extensions, body).await)
    }
}

impl CredentialBody {
    /// Reads the body of the request that had these extensions.
    pub(crate) async fn read(extensions: &Extensions, body: Body) -> Self {
        Self(LimitedBody::read_at_most(extensions, body, MOST_BYTES).await.0)
    }
}
