//! A client of HTTP/2: hyper's, which costs the load's core more than the server's is used. Its figure is the processor
//! time of the server.

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, Outcome};
use crate::tls;

/// One stream at a time of a connection that it shares with others.
pub(crate) struct Http2Client {
    sender: SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
}

impl Http2Client {
    /// So many clients on one connection, who all ask for the same check.
    pub(super) async fn on(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        clients: u32,
        bearer: &str,
    ) -> Result<Vec<Self>> {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .context("the server does not speak HTTP/2")?;
        // Ends when the last of its senders is dropped.
        tokio::spawn(connection);
        let request = Request::get(format!("http://{}/gateway/check", tls::NAME))
            .header("authorization", format!("Bearer {bearer}"))
            .body(Empty::new())?;
        let client = |_| Self { sender: sender.clone(), request: request.clone() };
        Ok((0..clients).map(client).collect())
    }
}

impl Client for Http2Client {
    async fn ask(&mut self) -> Result<Option<Outcome>> {
        self.sender.ready().await.context("the server closed a connection")?;
        let mut answer =
            self.sender.send_request(self.request.clone()).await.context("the server does not answer")?;
        ensure!(answer.status() == StatusCode::OK, "not a 200: {}", answer.status());
        while let Some(frame) = answer.body_mut().frame().await {
            frame.context("an answer breaks off")?;
        }
        Ok(Some(Outcome::Served))
    }
}
