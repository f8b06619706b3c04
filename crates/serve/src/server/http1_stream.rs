//! The byte stream under an HTTP/1 connection: notes what arrives and leaves (`ConnectionActivity`), and gives hyper's bodiless refusals a
//! body on their way out.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use super::timeouts::ConnectionActivity;
use crate::layers::{Refusal, RefusalShape};

/// How long and how far a closed connection is still read, so that the client sees our last answer and not a reset.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;

/// What was, or is to be, sent at the end. After an answer our side is closed first, and what the client still sends is
/// thrown away for a moment: closing at once with unread bytes would reset the connection under the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The connection was idle.
    Nothing,
    /// An answer that is on its way.
    Answered,
    /// This, now.
    Refusal(Refusal),
}

/// A stream whose traffic is noted.
#[derive(Debug)]
pub(super) struct Http1Stream<T> {
    stream: T,
    activity: Arc<ConnectionActivity>,
    /// What was read before hyper came.
    arrived: Vec<u8>,
    peer_finished: bool,
    /// An answer of ours that is being sent instead of hyper's.
    substitute: Option<Substitute>,
    /// Whether hyper keeps something that the client has not taken yet.
    half_sent: bool,
    /// How refusals are written here.
    shape: RefusalShape,
}

#[derive(Debug)]
struct Substitute {
    answer: Vec<u8>,
    sent: usize,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Http1Stream<T> {
    pub(super) fn new(
        stream: T,
        activity: Arc<ConnectionActivity>,
        arrived: Vec<u8>,
        shape: RefusalShape,
    ) -> Self {
        Self { stream, activity, arrived, peer_finished: false, substitute: None, half_sent: false, shape }
    }

    /// Whether an answer was sent in part. A refusal behind it would be taken for the rest.
    pub(super) const fn is_half_sent(&self) -> bool {
        self.half_sent
    }

    /// Sends what is to be sent at the end, and closes.
    pub(super) async fn close(mut self, last: Closing) {
        let end = async {
            if let Closing::Refusal(refusal) = last {
                self.stream.write_all(&self.shape.raw(refusal)).await?;
            }
            self.stream.shutdown().await?;
            self.activity.closed();
            if last == Closing::Nothing {
                return Ok(());
            }
            // On the heap: a future that holds it would be as large for every connection from its beginning.
            let mut rest = vec![0; 4096];
            let mut read = 0;
            while !self.peer_finished && read < LINGER_BYTES {
                let count = self.stream.read(&mut rest).await?;
                self.peer_finished = count == 0;
                read += count;
            }
            io::Result::Ok(())
        };
        // Whatever goes wrong here, the connection is over.
        let _ = timeout(LINGER, end).await;
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Http1Stream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.arrived.is_empty() {
            let count = self.arrived.len().min(buffer.remaining());
            buffer.put_slice(self.arrived.get(..count).unwrap_or_default());
            self.arrived.drain(..count);
            if self.arrived.is_empty() {
                // A connection may live long, and does not need the space again.
                self.arrived = Vec::new();
            }
            self.activity.bytes_arrived();
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.activity.bytes_arrived();
        } else {
            self.peer_finished = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> Http1Stream<T> {
    fn poll_substitute(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(Substitute { answer, sent }) = &mut self.substitute {
            let Some(rest) = answer.get(*sent..).filter(|rest| !rest.is_empty()) else {
                self.substitute = None;
                break;
            };
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += count;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when `bytes` were replaced by an answer of ours that is sent now.
    fn poll_replace(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<bool>> {
        if self.substitute.is_none() {
            let Some(refusal) = bodiless_refusal(bytes) else { return Poll::Ready(Ok(false)) };
            self.substitute = Some(Substitute { answer: self.shape.raw(refusal), sent: 0 });
        }
        self.poll_substitute(context).map_ok(|()| true)
    }

    /// Notes what became of a write of `length` bytes.
    fn note_write(&mut self, length: usize, written: &Poll<io::Result<usize>>) {
        let in_pieces = self.half_sent;
        self.half_sent = !matches!(written, Poll::Ready(Ok(count)) if *count == length);
        if written.is_ready() && (in_pieces || self.half_sent) {
            self.activity.bytes_left();
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Http1Stream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(self.poll_replace(context, bytes))? {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_write(bytes.len(), &written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = slices
            && ready!(self.poll_replace(context, bytes))?
        {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_write(slices.iter().map(|slice| slice.len()).sum(), &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        // hyper flushes this when it keeps nothing back (`Buffered::poll_flush`), so what a body has yielded has left.
        if matches!(flushed, Poll::Ready(Ok(()))) && self.substitute.is_none() {
            self.activity.written();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // `Http1Stream::close` does it, when hyper has let go.
        Poll::Ready(Ok(()))
    }
}

/// Recognises an answer that hyper made by itself: a head without a body. Ours always carry `X-Content-Type-Options`.
/// Costs one comparison for any answer that is not a 4xx.
fn bodiless_refusal(bytes: &[u8]) -> Option<Refusal> {
    let (version, status) = (bytes.get(..7)?, bytes.get(8..12)?);
    if version != b"HTTP/1." {
        return None;
    }
    let refusal = match status {
        b" 400" => Refusal::BadRequest,
        b" 414" => Refusal::UriTooLong,
        b" 431" => Refusal::HeadersTooLarge,
        _ => return None,
    };
    let head = std::str::from_utf8(bytes).ok().filter(|head| head.ends_with("\r\n\r\n"))?;
    let automatic =
        head.contains("\r\ncontent-length: 0\r\n") && !head.contains("\r\nx-content-type-options");
    automatic.then_some(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypers_own_refusal_is_recognised() {
        let head = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        assert_eq!(bodiless_refusal(head), Some(Refusal::BadRequest));
    }

    #[test]
    fn an_answer_of_a_handler_is_left_alone() {
        let ours =
            b"HTTP/1.1 400 Bad Request\r\nx-content-type-options: nosniff\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bodiless_refusal(ours), None);
        assert_eq!(bodiless_refusal(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(bodiless_refusal(b"HTTP/1."), None);
    }
}
