//! Answers without an end of their own: whoever writes one is told how far it has got, and when it has to end.

use std::fmt;
use std::sync::Arc;

/// Whoever writes an answer piece by piece, and wants to know what became of the pieces.
///
/// Dropped when the connection is closed, or never began to send the answer.
pub trait StreamObserver: Send + Sync {
    /// Everything that the answer's body has yielded until now was written to the socket.
    fn written(&self);

    /// The server stops: the answer is to end.
    fn stopping(&self);
}

/// Put it into an answer's extensions, and its observer is told of the connection over which it is sent, if that is HTTP/1. Such an
/// answer lives as long as its client takes what is written: limits on idle connections begin anew with each piece.
///
/// Over HTTP/2, where nobody knows when a piece was written, the observer is told nothing.
#[derive(Clone)]
pub struct Streamed(pub Arc<dyn StreamObserver>);

impl fmt::Debug for Streamed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Streamed")
    }
}
