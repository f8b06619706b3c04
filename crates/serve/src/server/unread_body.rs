//! Bodies that are answered before they are read, over HTTP/1, where the next request of the connection comes behind them.
//!
//! hyper closes the connection then, and says so to nobody: a client that keeps connections, as gateways do, would send its next
//! request into one that is being closed. So what is left is read over and thrown away, where that is soon done; where it is not, the
//! answer says that the connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;

/// How much of a body is thrown away at most: as much as bodies have that are read.
const MOST: u64 = 64 * 1024;

/// How long that may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is left of a body when its request is answered.
#[derive(Debug)]
pub(super) struct Rest {
    body: Arc<Mutex<Option<Incoming>>>,
    /// Whether the client waits to be told to send it.
    is_held_back: bool,
}

/// What a handler reads; what it leaves goes back.
struct Lent {
    body: Option<Incoming>,
    rest: Arc<Mutex<Option<Incoming>>>,
}

/// A request whose body a handler may leave unread, and what will be left of it. None: there is no body, or nothing comes behind it.
pub(super) fn lend(request: Request<Incoming>) -> (Request<Body>, Option<Rest>) {
    if request.version() >= Version::HTTP_2 || request.body().is_end_stream() {
        return (request.map(Body::new), None);
    }
    let rest = Arc::<Mutex<Option<Incoming>>>::default();
    let is_held_back = request.headers().contains_key(EXPECT);
    let lent = |body| Body::new(Lent { body: Some(body), rest: Arc::clone(&rest) });
    let request = request.map(lent);
    (request, Some(Rest { body: rest, is_held_back }))
}

impl Rest {
    /// Makes an answer that can be sent now: the next request can be read, or the answer says that none will be.
    pub(super) async fn finish(self, mut answer: Response) -> Response {
        let left = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(body) = left.filter(|_| !answer.headers().contains_key(CONNECTION)) else { return answer };
        let is_read = !self.is_held_back && timeout(PATIENCE, discard(body)).await.unwrap_or(false);
        if !is_read {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

/// Whether it came to its end.
async fn discard(mut body: Incoming) -> bool {
    let mut left = MOST;
    while body.size_hint().lower() <= left {
        match body.frame().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            }
        }
    }
    false
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}
