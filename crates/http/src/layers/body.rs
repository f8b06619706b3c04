//! Bodies, read whole, with a limit on size and on time.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::Extensions;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::refusal::Refusal;

/// Limits on the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes.
    pub bytes: usize,
    /// How long all of it may take.
    pub timeout: Duration,
}

impl BodyLimits {
    /// 64 KiB within 15 s.
    pub const DEFAULT: Self = Self { bytes: 64 * 1024, timeout: Duration::from_secs(15) };
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The whole body of a request, or why it was not read: an extractor that never rejects, so that each dialect refuses
/// in its own words. Handlers that need other limits call [`read`].
#[derive(Debug)]
pub struct LimitedBody(pub Result<Bytes, Refusal>);

impl<S: Sync> FromRequest<S> for LimitedBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(Self::read(&parts.extensions, body).await)
    }
}

impl LimitedBody {
    /// Reads the body of the request that had these extensions.
    pub async fn read(extensions: &Extensions, body: Body) -> Self {
        // Only limits that are not the defaults travel with the request.
        let limits = extensions.get::<BodyLimits>().copied().unwrap_or_default();
        Self(read(body, limits).await)
    }
}

/// Reads `body` to its end. One that announces to be too large is refused before it is read.
pub async fn read(body: Body, limits: BodyLimits) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > u64::try_from(limits.bytes).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge);
    }
    timeout(limits.timeout, collect(body, limits.bytes)).await.unwrap_or(Err(Refusal::BodyTimeout))
}

/// A body that came in one piece, as nearly all do, is not copied.
async fn collect(mut body: Body, most: usize) -> Result<Bytes, Refusal> {
    let Some(first) = next(&mut body, most).await? else { return Ok(Bytes::new()) };
    let Some(second) = next(&mut body, most - first.len()).await? else { return Ok(first) };
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while let Some(piece) = next(&mut body, most - whole.len()).await? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// The next piece of at most `room` bytes; trailers are skipped.
async fn next(body: &mut Body, room: usize) -> Result<Option<Bytes>, Refusal> {
    while let Some(frame) = body.frame().await {
        match frame.map_err(|_| Refusal::BodyBroken)?.into_data() {
            Ok(piece) if piece.len() > room => return Err(Refusal::BodyTooLarge),
            Ok(piece) => return Ok(Some(piece)),
            Err(_trailers) => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_is_read_and_one_more_byte_is_refused() {
        let limits = BodyLimits { bytes: 8, ..BodyLimits::DEFAULT };
        assert_eq!(read(Body::from("12345678"), limits).await, Ok(Bytes::from("12345678")));
        assert_eq!(read(Body::from("123456789"), limits).await, Err(Refusal::BodyTooLarge));
        assert_eq!(read(Body::empty(), limits).await, Ok(Bytes::new()));
    }
}
