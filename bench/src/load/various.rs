//! The same load over each way that HTTP is spoken: with and without TLS, HTTP/1.1 and HTTP/2.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::PlainClient;
use super::connection::connect;
use super::http2::Http2Client;
use super::{Connection, Draw, Questions, block_on, measure};
use crate::child::Target;
use crate::figures::Round;
use crate::floors::hyper::Version;
use crate::plan::Plan;
use crate::tls;

/// How many streams of an HTTP/2 connection are under way, as a gateway's are. HTTP/1.1 has one for each connection.
pub(super) const STREAMS: u32 = 8;

/// Loads a server over HTTP/1.1 or HTTP/2, over TLS where there is a folder with the certificate.
pub(crate) fn drive_over(
    plan: &Plan,
    target: Target,
    version: Version,
    (certificate, bearer): (Option<&Path>, &str),
) -> Result<Round> {
    let connector = |folder| tls::client(folder, version.protocol()).map(TlsConnector::from);
    let connector = certificate.map(connector).transpose()?;
    let together = block_on(async {
        match (version, connector) {
            (Version::Http1, None) => measure(plan, target, vec![plain(plan, target, bearer).await?]).await,
            (Version::Http1, Some(connector)) => {
                measure(plan, target, vec![encrypted(plan, target, &connector, bearer).await?]).await
            }
            (Version::Http2, connector) => {
                measure(plan, target, vec![multiplexed(plan, target, connector.as_ref(), bearer).await?])
                    .await
            }
        }
    })?;
    Ok(together.first)
}

fn questions(bearer: &str) -> Arc<Questions> {
    Questions::prepared(vec![super::check(bearer.as_bytes()).into_boxed_slice()])
}

async fn plain(plan: &Plan, target: Target, bearer: &str) -> Result<Vec<PlainClient>> {
    let (questions, mut clients) = (questions(bearer), Vec::new());
    for seed in 0..plan.connections {
        clients.push(PlainClient::connect(target.address, &questions, Draw::seeded(seed)).await?);
    }
    Ok(clients)
}

async fn encrypted(
    plan: &Plan,
    target: Target,
    connector: &TlsConnector,
    bearer: &str,
) -> Result<Vec<PlainClient<TlsStream<TcpStream>>>> {
    let (questions, mut clients) = (questions(bearer), Vec::new());
    for seed in 0..plan.connections {
        let connection = Connection::over(shake_hands(target, connector).await?);
        clients.push(PlainClient::over(connection, &questions, Draw::seeded(seed)));
    }
    Ok(clients)
}

/// As many clients as there are connections otherwise, on fewer connections.
async fn multiplexed(
    plan: &Plan,
    target: Target,
    connector: Option<&TlsConnector>,
    bearer: &str,
) -> Result<Vec<Http2Client>> {
    let mut clients = Vec::new();
    while clients.len() < plan.connections as usize {
        let left = plan.connections - u32::try_from(clients.len())?;
        let streams = left.min(STREAMS);
        clients.extend(match connector {
            None => Http2Client::on(connect(target.address).await?, streams, bearer).await?,
            Some(connector) => {
                Http2Client::on(shake_hands(target, connector).await?, streams, bearer).await?
            }
        });
    }
    Ok(clients)
}

async fn shake_hands(target: Target, connector: &TlsConnector) -> Result<TlsStream<TcpStream>> {
    let stream = connect(target.address).await?;
    connector.connect(ServerName::try_from(tls::NAME)?, stream).await.context("the handshake fails")
}
