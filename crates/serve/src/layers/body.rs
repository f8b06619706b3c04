//! Bodies, read whole: with a limit on size and on time for each, and one on the memory of all that are not read yet.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::Extensions;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::body_budget::BodyBudget;
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

/// What a request's body is read by: an extension of every request that has one.
#[derive(Clone, Debug, Default)]
pub struct BodyPolicy {
    /// Its limits.
    pub limits: BodyLimits,
    /// What it shares with others.
    pub budget: BodyBudget,
}

/// The whole body of a request, or why it was not read: an extractor that never rejects, so that each handler
/// refuses in its own words.
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
    /// Reads the body of the request that had these extensions, which are not needed while it arrives.
    pub fn read(extensions: &Extensions, body: Body) -> impl Future<Output = Self> + use<> {
        Self::read_at_most(extensions, body, usize::MAX)
    }

    /// The same of a body that may have at least so many bytes, whatever the limit of all requests is.
    pub fn read_at_least(
        extensions: &Extensions,
        body: Body,
        least: usize,
    ) -> impl Future<Output = Self> + use<> {
        let BodyPolicy { limits, budget } = extensions.get::<BodyPolicy>().cloned().unwrap_or_default();
        let limits = BodyLimits { bytes: limits.bytes.max(least), ..limits };
        async move { Self(read(body, limits, &budget).await) }
    }

    /// The same with a smaller limit, in bytes, than that of all requests.
    pub fn read_at_most(
        extensions: &Extensions,
        body: Body,
        most: usize,
    ) -> impl Future<Output = Self> + use<> {
        let BodyPolicy { limits, budget } = extensions.get::<BodyPolicy>().cloned().unwrap_or_default();
        let limits = BodyLimits { bytes: limits.bytes.min(most), ..limits };
        async move { Self(read(body, limits, &budget).await) }
    }
}

/// Reads `body` to its end. One that announces to be too large is refused before it is read.
async fn read(body: Body, limits: BodyLimits, budget: &BodyBudget) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > u64::try_from(limits.bytes).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge);
    }
    let collected = collect(body, limits.bytes, budget);
    timeout(limits.timeout, collected).await.unwrap_or(Err(Refusal::BodyTimeout))
}

/// A body that came in one piece, as nearly all do, is not copied and costs the budget nothing. What has to be waited for
/// is copied, so that it keeps none of the connection's buffer.
async fn collect(mut body: Body, most: usize, budget: &BodyBudget) -> Result<Bytes, Refusal> {
    let Some(first) = next(&mut body, most).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut held = budget.hold(first.len())?;
    let mut whole = first.to_vec();
    drop(first);
    while let Some(piece) = next(&mut body, most - whole.len()).await? {
        held.grow(piece.len())?;
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
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
        let (limits, budget) = (BodyLimits { bytes: 8, ..BodyLimits::DEFAULT }, BodyBudget::default());
        let read = async |body: &'static str| read(Body::from(body), limits, &budget).await;
        assert_eq!(read("12345678").await, Ok(Bytes::from("12345678")));
        assert_eq!(read("123456789").await, Err(Refusal::BodyTooLarge));
        assert_eq!(read("").await, Ok(Bytes::new()));
    }
}
