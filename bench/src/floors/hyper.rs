//! Bare hyper: HTTP/1.1 on one thread, reads the request to its end, answers 200 constant bytes. No router, no
//! layers, no time-outs.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{child, cpu, server};

/// What the answer's body is.
pub(super) const BODY: &[u8] = &[b'x'; 200];

/// What it is called in tables.
pub(crate) const WHAT: &str = "bare hyper, 200 constant bytes";

/// What it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
}

/// Serves until standard input ends.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    cpu::pin(arguments.core)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        child::say_listening(listener.local_addr()?);
        tokio::select! {
            ended = accept_all(listener) => ended,
            _ = server::end_of_input() => Ok(()),
        }
    })
}

async fn accept_all(listener: TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) {
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    // The load closes its connections when it has enough.
    let _ = connection.await;
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    while let Some(Ok(_piece)) = request.body_mut().frame().await {}
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}
