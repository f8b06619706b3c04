//! One kept-alive HTTP/1.1 connection: as little client as can be trusted, so that the load's core is not what limits.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than any answer that is asked for.
const LARGEST: usize = 16 * 1024;

/// A connection between requests.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Box<[u8]>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: vec![0; LARGEST].into_boxed_slice() })
    }

    /// Sends a request and reads its answer to the end; anything but a whole 200 is an error.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await.context("the server does not take a request")?;
        let mut filled = 0;
        loop {
            let room = self.answer.get_mut(filled..).unwrap_or_default();
            ensure!(!room.is_empty(), "an answer has more than {LARGEST} bytes");
            let count = self.stream.read(room).await.context("the server does not answer")?;
            ensure!(count > 0, "the server closed a connection");
            filled += count;
            let answer = self.answer.get(..filled).unwrap_or_default();
            match length_of(answer)? {
                Some(length) if length < filled => bail!("an answer is longer than it says"),
                Some(length) if length == filled => return Ok(()),
                _ => {}
            }
        }
    }
}

/// How long the answer is that begins with these bytes; None: its head is not complete.
fn length_of(answer: &[u8]) -> Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (head, _) = answer.split_at(end);
    ensure!(head.starts_with(b"HTTP/1.1 200 "), "not a 200: {}", String::from_utf8_lossy(answer));
    let length =
        head.split(|byte| *byte == b'\n').find_map(content_length).context("an answer without its length")?;
    Ok(Some(end + 4 + length))
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = name.eq_ignore_ascii_case(NAME).then_some(value)?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_answer_is_that_of_head_and_body() {
        let head = b"HTTP/1.1 200 OK\r\na: b\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(length_of(head).unwrap(), Some(head.len() + 5));
    }

    #[test]
    fn a_head_that_is_not_complete_has_no_length_yet() {
        assert_eq!(length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n").unwrap(), None);
    }

    #[test]
    fn an_answer_that_is_no_200_is_an_error_that_shows_it() {
        let error = length_of(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").unwrap_err();
        assert!(error.to_string().contains("401 Unauthorized"), "{error}");
    }

    #[test]
    fn an_answer_without_its_length_is_an_error() {
        assert!(length_of(b"HTTP/1.1 200 OK\r\nxcontent-length: 5\r\n\r\n").is_err());
    }
}
