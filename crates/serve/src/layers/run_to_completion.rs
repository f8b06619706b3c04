//! Handlers that are not to be left half done when the caller goes away.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tracing::Instrument;

/// Makes the answer in a task of its own, which nobody who goes away can cancel.
pub async fn run_to_completion(answer: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(answer.in_current_span()).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(answer) => answer,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The service ends.
        Err(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_goes_on_when_the_caller_goes_away() {
        let (start, started) = oneshot::channel();
        let (leave, left) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let work = async move {
            start.send(()).unwrap();
            left.await.unwrap();
            end.send(()).unwrap();
            Response::default()
        };
        {
            let mut answer = pin!(run_to_completion(work));
            assert!(matches!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
            started.await.unwrap();
        }
        leave.send(()).unwrap();
        ended.await.unwrap();
    }
}
