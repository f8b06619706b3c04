//! One connection that is kept: as little client as can be trusted, so that the load's core is not what limits.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use memchr::{memchr_iter, memmem};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Answer, Outcome};

/// More than most answers that are asked for, and than any.
const USUAL: usize = 16 * 1024;
const LARGEST: usize = 1024 * 1024;

/// The status of an answer to a request that is turned away.
const BUSY: &str = "503";

/// A connection between requests.
#[derive(Debug)]
pub(crate) struct Connection<S = TcpStream> {
    stream: S,
    answer: Vec<u8>,
}

impl Connection {
    /// Over TCP, in clear.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self::over(connect(address).await?))
    }
}

/// A TCP connection that sends at once.
pub(super) async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn over(stream: S) -> Self {
        Self { stream, answer: vec![0; USUAL] }
    }

    /// Sends a request and reads its answer to the end; anything but a whole answer of the kind is an error.
    pub(crate) async fn exchange(&mut self, request: &[u8], kind: Answer) -> Result<Outcome> {
        let length = |answer: &[u8]| match kind {
            Answer::Status(status) => length_of(answer, Some(status)),
            Answer::Refused => length_of(answer, Some("401"))
                .or_else(|error| length_of(answer, Some(BUSY)).map_err(|_| error)),
            Answer::Served => length_of(answer, Some("200"))
                .or_else(|error| length_of(answer, Some(BUSY)).map_err(|_| error)),
            Answer::Bulk => length_of_bulk(answer),
        };
        self.ask(request, length).await?;
        let is_turned_away =
            matches!(kind, Answer::Served | Answer::Refused) && self.status() == BUSY.as_bytes();
        Ok(if is_turned_away { Outcome::TurnedAway } else { Outcome::Served })
    }

    /// Sends a request and reads an HTTP answer, whatever it is; gives its status.
    pub(crate) async fn status_of(&mut self, request: &[u8]) -> Result<String> {
        self.ask(request, |answer| length_of(answer, None)).await?;
        Ok(String::from_utf8_lossy(self.status()).into_owned())
    }

    /// Sends a request and reads an HTTP answer of status 200; gives all of it.
    pub(crate) async fn answer_to(&mut self, request: &[u8]) -> Result<&[u8]> {
        let count = self.ask(request, |answer| length_of(answer, Some("200"))).await?;
        Ok(self.answer.get(..count).unwrap_or_default())
    }

    /// Of the answer that has been read.
    fn status(&self) -> &[u8] {
        self.answer.get(9..12).unwrap_or_default()
    }

    /// The same with the body, null if it is no JSON.
    pub(crate) async fn json_of(&mut self, request: &[u8]) -> Result<(String, serde_json::Value)> {
        let count = self.ask(request, |answer| length_of(answer, None)).await?;
        let answer = self.answer.get(..count).unwrap_or_default();
        let status = String::from_utf8_lossy(self.status()).into_owned();
        let body = memmem::find(answer, b"\r\n\r\n").and_then(|end| answer.get(end + 4..));
        Ok((status, serde_json::from_slice(body.unwrap_or_default()).unwrap_or_default()))
    }

    /// How long the answer is that then stands in `answer`; `length` tells how long it must be once that is known.
    async fn ask(
        &mut self,
        request: &[u8],
        length: impl Fn(&[u8]) -> Result<Option<usize>>,
    ) -> Result<usize> {
        self.stream.write_all(request).await.context("the server does not take a request")?;
        // TLS keeps back what it has not been told to send.
        self.stream.flush().await.context("the server does not take a request")?;
        let mut filled = 0;
        loop {
            if filled == self.answer.len() {
                ensure!(filled < LARGEST, "an answer has more than {LARGEST} bytes");
                self.answer.resize(2 * filled, 0);
            }
            let room = self.answer.get_mut(filled..).unwrap_or_default();
            let count = self.stream.read(room).await.context("the server does not answer")?;
            ensure!(count > 0, "the server closed a connection");
            filled += count;
            let answer = self.answer.get(..filled).unwrap_or_default();
            match length(answer)? {
                Some(length) if length < filled => bail!("an answer is longer than it says"),
                Some(length) if length == filled => return Ok(length),
                _ => {}
            }
        }
    }
}

/// How long the HTTP answer is that begins with these bytes; None: its head is not complete. An error unless it has the
/// status, if one is given.
fn length_of(answer: &[u8], status: Option<&str>) -> Result<Option<usize>> {
    let Some(end) = memmem::find(answer, b"\r\n\r\n") else { return Ok(None) };
    let (head, _) = answer.split_at(end + 2);
    let told = head.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or_default();
    let status = status.map_or(told, str::as_bytes);
    ensure!(
        told == status && !told.is_empty(),
        "not a {}: {}",
        String::from_utf8_lossy(status),
        String::from_utf8_lossy(answer)
    );
    if told == b"204" {
        return Ok(Some(end + 4));
    }
    let mut starts = memchr_iter(b'\n', head).filter_map(|at| head.get(at + 1..));
    let length = starts.find_map(content_length).context("an answer without its length")?;
    Ok(Some(end + 4 + length))
}

/// The value of the line that this begins with, if it is that header's.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = name.eq_ignore_ascii_case(NAME).then_some(value)?;
    let (value, _) = value.split_at(memchr::memchr(b'\r', value)?);
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// How long the answer of Redis is that begins with these bytes: `$`, a length, and so many bytes.
fn length_of_bulk(answer: &[u8]) -> Result<Option<usize>> {
    let Some(end) = memmem::find(answer, b"\r\n") else { return Ok(None) };
    let (head, _) = answer.split_at(end);
    let digits = head.strip_prefix(b"$").and_then(|digits| std::str::from_utf8(digits).ok());
    let length = digits.and_then(|digits| digits.parse::<usize>().ok());
    let length = length.with_context(|| format!("not a string: {}", String::from_utf8_lossy(answer)))?;
    Ok(Some(end + 2 + length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_answer_is_that_of_head_and_body() {
        let head = b"HTTP/1.1 200 OK\r\na: b\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(length_of(head, Some("200")).unwrap(), Some(head.len() + 5));
    }

    #[test]
    fn a_head_that_is_not_complete_has_no_length_yet() {
        assert_eq!(length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", Some("200")).unwrap(), None);
    }

    #[test]
    fn an_answer_of_another_status_is_an_error_that_shows_it() {
        let error =
            length_of(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", Some("200")).unwrap_err();
        assert!(error.to_string().contains("401 Unauthorized"), "{error}");
    }

    #[test]
    fn an_answer_without_its_length_is_an_error() {
        assert!(length_of(b"HTTP/1.1 200 OK\r\nxcontent-length: 5\r\n\r\n", Some("200")).is_err());
    }

    #[test]
    fn a_string_of_redis_ends_behind_its_line_end() {
        assert_eq!(length_of_bulk(b"$3\r\nabc\r\n").unwrap(), Some(9));
        assert_eq!(length_of_bulk(b"$3").unwrap(), None);
    }

    #[test]
    fn a_key_that_is_not_there_is_an_error() {
        assert!(length_of_bulk(b"$-1\r\n").is_err());
    }
}
