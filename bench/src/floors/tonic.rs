//! Bare tonic: reads the message of a check, answers every one with the same message. Its codec and its server of one call, as generated
//! code has them, on bare hyper: no router, no layers, no time-outs.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use vestibule_ext_authz::messages::{CheckRequest, CheckResponse};

use crate::{child, cpu, server};

/// What it is called in tables.
pub(crate) const WHAT: &str = "bare tonic, same messages";

/// What it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
    /// The file with the message that it answers.
    #[arg(long)]
    answer: PathBuf,
}

/// Serves until standard input ends.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    cpu::pin(arguments.core)?;
    let answer = std::fs::read(&arguments.answer).context("cannot read the answer")?;
    let answer = Arc::new(CheckResponse::decode(&*answer)?);
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        child::say_listening(&[listener.local_addr()?]);
        tokio::select! {
            ended = accept_all(listener, answer) => ended,
            _ = server::end_of_input() => Ok(()),
        }
    })
}

async fn accept_all(listener: TcpListener, answer: Arc<CheckResponse>) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let echo = Echo(Arc::clone(&answer));
        let service = service_fn(move |call| echo.clone().answer(call));
        let connection =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

/// The call.
#[derive(Clone)]
struct Echo(Arc<CheckResponse>);

impl Echo {
    async fn answer(
        self,
        call: http::Request<Incoming>,
    ) -> Result<http::Response<tonic::body::Body>, Infallible> {
        Ok(Grpc::new(ProstCodec::default()).unary(self, call).await)
    }
}

impl UnaryService<CheckRequest> for Echo {
    type Response = CheckResponse;
    type Future = Ready<Result<Response<CheckResponse>, Status>>;

    fn call(&mut self, _request: Request<CheckRequest>) -> Self::Future {
        ready(Ok(Response::new(CheckResponse::clone(&self.0))))
    }
}
