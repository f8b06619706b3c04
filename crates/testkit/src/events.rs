//! Whoever reads server-sent events, as they are written down.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream as StdStream};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes that is expected.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stream of events. Asked for by HTTP/1.0, so that the answer is in no chunks.
pub struct EventReader {
    stream: TcpStream,
    /// The same: what has arrived is known to the system before the runtime hears of it.
    at_once: StdStream,
    /// The head of the answer.
    pub head: String,
    unread: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEvent {
    /// Its id; None: it has none.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it says.
    pub data: Value,
}

impl EventReader {
    /// Asks for a stream.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self::over(stream, path, headers).await
    }

    /// The same over a connection that there is.
    pub async fn over(stream: TcpStream, path: &str, headers: &[(&str, &str)]) -> Self {
        let stream = stream.into_std().expect("a socket");
        let at_once = stream.try_clone().expect("a socket");
        let mut stream = TcpStream::from_std(stream).expect("a socket");
        let lines = [("Host", "localhost")].iter().chain(headers);
        let request = lines.fold(format!("GET {path} HTTP/1.0\r\n"), |mut request, (name, value)| {
            request.extend([name, ": ", value, "\r\n"]);
            request
        }) + "\r\n";
        stream.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut reader = Self { stream, at_once, head: String::new(), unread: String::new() };
        while !reader.unread.contains("\r\n\r\n") {
            assert!(reader.read_more().await, "no answer: {:?}", reader.unread);
        }
        if let Some((head, rest)) = reader.unread.split_once("\r\n\r\n") {
            (reader.head, reader.unread) = (head.to_owned(), rest.to_owned());
        }
        reader
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// The next event, a lease or another; None: the stream is over.
    pub async fn next(&mut self) -> Option<ReadEvent> {
        loop {
            if let Some(event) = self.take() {
                return Some(event);
            }
            if !self.read_more().await {
                return None;
            }
        }
    }

    /// The next event that is no lease; None: the stream is over.
    pub async fn next_event(&mut self) -> Option<ReadEvent> {
        loop {
            let event = self.next().await?;
            if event.name != "lease" {
                return Some(event);
            }
        }
    }

    /// The events that have arrived by now, leases left out: nothing is waited for.
    pub fn arrived(&mut self) -> Vec<ReadEvent> {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = self.at_once.read(&mut bytes) {
            self.unread.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        std::iter::from_fn(|| self.take()).filter(|event| event.name != "lease").collect()
    }

    /// The body of an answer that is no stream.
    pub async fn body(mut self) -> String {
        while self.read_more().await {}
        self.unread
    }

    fn take(&mut self) -> Option<ReadEvent> {
        loop {
            let (event, rest) = self.unread.split_once("\n\n")?;
            let field = |name: &str| {
                let lines = event.lines().filter_map(|line| line.split_once(": "));
                lines.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
            };
            let (id, name, data) = (field("id"), field("event"), field("data"));
            self.unread = rest.to_owned();
            if let Some(name) = name {
                let data = data.and_then(|data| serde_json::from_str(&data).ok()).expect("data in JSON");
                return Some(ReadEvent { id, name, data });
            }
        }
    }

    async fn read_more(&mut self) -> bool {
        let mut bytes = vec![0; 16 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("something comes");
        let count = read.unwrap_or(0);
        self.unread.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }
}
