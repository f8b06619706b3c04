//! A body that is made a piece at a time, each when the client has taken the one before.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};

/// Why a body breaks off: the client sees an answer without its end.
type BrokenOff = Box<dyn Error + Send + Sync>;

/// What comes of making a piece: the piece, and what the next is made from; None: that was all.
pub type Piece<S, E> = Result<Option<(Vec<u8>, S)>, E>;

type Making<S> = Pin<Box<dyn Future<Output = Result<Option<(Bytes, S)>, BrokenOff>> + Send>>;

/// The body. No piece of it may be empty.
pub struct PagedBody<S> {
    make: Box<dyn Fn(S) -> Making<S> + Send>,
    /// None: it is over.
    next: Option<Making<S>>,
}

impl<S: 'static> PagedBody<S> {
    /// The body whose first piece `make` makes from this, and each other from what the one before left.
    pub fn of<F, E>(first: S, make: impl Fn(S) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Piece<S, E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let make: Box<dyn Fn(S) -> Making<S> + Send> = Box::new(move |state| {
            let making = make(state);
            Box::pin(async move {
                let piece = making.await.map_err(|error| {
                    tracing::error!(%error, "an answer broke off");
                    BrokenOff::from(error)
                })?;
                Ok(piece.map(|(bytes, state)| (bytes.into(), state)))
            })
        });
        let next = Some(make(first));
        Self { make, next }
    }
}

impl<S: 'static> Body for PagedBody<S> {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let body = self.get_mut();
        let Some(making) = &mut body.next else { return Poll::Ready(None) };
        let piece = ready!(making.as_mut().poll(context));
        body.next = None;
        Poll::Ready(match piece {
            Ok(Some((bytes, state))) => {
                body.next = Some((body.make)(state));
                Some(Ok(Frame::data(bytes)))
            }
            Ok(None) => None,
            Err(broken) => Some(Err(broken)),
        })
    }
}
