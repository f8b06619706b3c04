//! Work that is carried to its end, whether or not whoever asked for it still waits.
//!
//! It runs where it is awaited, at no cost but an allocation; only when nobody awaits it any longer, because the client has
//! gone, it becomes a task of its own.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tracing::Instrument;
use tracing::instrument::Instrumented;

/// A future that goes on when it is dropped before its end.
pub(crate) struct DetachOnDrop<F>(Option<Pin<Box<Instrumented<F>>>>)
where
    F: Future<Output: Send> + Send + 'static;

impl<F> DetachOnDrop<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(crate) fn new(work: F) -> Self {
        Self(Some(Box::pin(work.in_current_span())))
    }
}

impl<F> Future for DetachOnDrop<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out meanwhile: work that panics does not go on.
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<F> Drop for DetachOnDrop<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        // Without a runtime the process is about to end, and everything else with it.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_awaited_gives_its_answer() {
        assert_eq!(DetachOnDrop::new(async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn what_is_dropped_half_way_goes_on_to_its_end() {
        let (go, gone) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let mut work = DetachOnDrop::new(async move {
            gone.await.unwrap();
            end.send(()).unwrap();
        });
        assert!(poll_once(&mut work).is_pending());
        drop(work);
        go.send(()).unwrap();
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_dropped_before_it_began_runs_too() {
        let (end, ended) = oneshot::channel();
        drop(DetachOnDrop::new(async move { end.send(()).unwrap() }));
        ended.await.unwrap();
    }

    fn poll_once<F: Future + Unpin>(work: &mut F) -> Poll<F::Output> {
        Pin::new(work).poll(&mut Context::from_waker(std::task::Waker::noop()))
    }
}
