//! Bare hyper: reads the request to its end, answers 200 constant bytes. No router, no layers, no time-outs.
//!
//! As a floor it speaks HTTP/1.1 in clear on a runtime of one thread. `runtimes` has it otherwise, too, and `check` one that answers
//! with the headers of another server's answer.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio_rustls::TlsAcceptor;

use crate::{child, cpu, server, tls};

/// What the answer's body is.
pub(super) const BODY: &[u8] = &[b'x'; 200];

/// What it is called in tables; asked as nginx asks; and answering as the service does, too.
pub(crate) const WHAT: &str = "bare hyper";
pub(crate) const SAME_REQUESTS: &str = "bare hyper, asked as nginx asks";
pub(crate) const SAME_ANSWERS: &str = "bare hyper, the same with the headers of a check";

/// What it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
    /// On what it runs.
    #[arg(long, value_enum, default_value = "current-thread")]
    scheduler: Scheduler,
    /// What it speaks.
    #[arg(long, value_enum, default_value = "http1")]
    version: Version,
    /// The folder with the certificate, for TLS.
    #[arg(long)]
    tls: Option<PathBuf>,
    /// The file with an answer of another server, whose headers it answers with, and without a body.
    #[arg(long)]
    answer: Option<PathBuf>,
}

/// Which of tokio's runtimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scheduler {
    /// Everything on the thread that it was started on.
    CurrentThread,
    /// The one that steals work, with one worker.
    MultiThread,
}

/// Which version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Version {
    Http1,
    Http2,
}

impl Scheduler {
    /// As the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current-thread",
            Self::MultiThread => "multi-thread",
        }
    }

    fn runtime(self) -> std::io::Result<Runtime> {
        match self {
            Self::CurrentThread => runtime::Builder::new_current_thread().enable_all().build(),
            Self::MultiThread => runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build(),
        }
    }
}

impl Version {
    /// As the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Http2 => "http2",
        }
    }

    /// As TLS has it.
    pub(crate) fn protocol(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

/// Serves until standard input ends.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    cpu::pin(arguments.core)?;
    let version = arguments.version;
    let acceptor = |folder: &Path| tls::server(folder, version.protocol()).map(TlsAcceptor::from);
    let acceptor = arguments.tls.as_deref().map(acceptor).transpose()?;
    // As long as the process, so that no answer counts a reference.
    let answer: &Answer = Box::leak(Answer::of(arguments.answer.as_deref())?.into());
    arguments.scheduler.runtime()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        child::say_listening(&[listener.local_addr()?]);
        // Accepting is a task like the others, so that the runtime's worker does all of the work.
        let accepting = tokio::spawn(accept_all(listener, acceptor, version, answer));
        tokio::select! {
            ended = accepting => ended?,
            _ = server::end_of_input() => Ok(()),
        }
    })
}

async fn accept_all(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    version: Version,
    answer: &'static Answer,
) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(welcome(stream, acceptor.clone(), version, answer));
    }
}

async fn welcome(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    version: Version,
    answer: &'static Answer,
) {
    match acceptor {
        None => serve(stream, version, answer).await,
        // A client whose handshake fails says so itself.
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, version, answer).await;
            }
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
    answer: &'static Answer,
) {
    let (io, service) = (TokioIo::new(stream), service_fn(|request| answer.to(request)));
    // The load closes its connections when it has enough.
    let _ = match version {
        Version::Http1 => http1::Builder::new().header_read_timeout(None).serve_connection(io, service).await,
        Version::Http2 => http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await,
    };
}

/// What it answers.
struct Answer {
    headers: HeaderMap,
    body: &'static [u8],
}

impl Answer {
    /// That of another server without what hyper adds; else 200 bytes.
    fn of(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self { headers: HeaderMap::new(), body: BODY }) };
        let answer = std::fs::read_to_string(file).context("cannot read the answer")?;
        let mut headers = HeaderMap::new();
        for line in answer.lines().skip(1).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            let name: HeaderName = name.parse()?;
            if name != DATE && name != CONTENT_LENGTH {
                headers.append(name, HeaderValue::from_str(value.trim())?);
            }
        }
        Ok(Self { headers, body: b"" })
    }

    async fn to(&self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        while let Some(Ok(_piece)) = request.body_mut().frame().await {}
        let mut response = Response::new(Full::new(Bytes::from_static(self.body)));
        response.headers_mut().clone_from(&self.headers);
        Ok(response)
    }
}
