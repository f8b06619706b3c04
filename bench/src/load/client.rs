//! Clients: who asks the questions, over which protocol.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Connection, Draw, Outcome, Questions};

/// Somebody who asks.
pub(crate) trait Client: Send + 'static {
    /// Asks once and looks at the answer. None: there is nothing more to ask.
    fn ask(&mut self) -> impl Future<Output = Result<Option<Outcome>>> + Send;
}

/// A client with a connection of its own, one request at a time.
pub(crate) struct PlainClient<S = TcpStream> {
    connection: Connection<S>,
    questions: Arc<Questions>,
    draw: Draw,
    request: Vec<u8>,
}

impl PlainClient {
    pub(super) async fn connect(address: SocketAddr, questions: &Arc<Questions>, draw: Draw) -> Result<Self> {
        Ok(Self::over(Connection::open(address).await?, questions, draw))
    }
}

impl<S> PlainClient<S> {
    pub(super) fn over(connection: Connection<S>, questions: &Arc<Questions>, draw: Draw) -> Self {
        Self { connection, questions: Arc::clone(questions), draw, request: Vec::new() }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Client for PlainClient<S> {
    async fn ask(&mut self) -> Result<Option<Outcome>> {
        if self.questions.next(&mut self.draw, &mut self.request).is_none() {
            return Ok(None);
        }
        self.connection.exchange(&self.request, self.questions.answer).await.map(Some)
    }
}
