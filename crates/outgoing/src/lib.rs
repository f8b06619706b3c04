//! Requests to identity providers: their metadata, their keys, their token endpoints.
//!
//! Addresses come from administrators, and from documents that others wrote, so that a request may be meant to reach what only this
//! machine can reach (ATTACKS A6). What it withstands: only https, but for allowed loopback addresses; no address of a
//! private network unless the operator allows it; the address that was looked at is the one that is connected to, whatever a
//! second resolution would say; no redirect is followed; time and size are bounded, and so is how many requests an account has under
//! way, in all and at one host. Keeps no connection and no cookie.

mod address;
mod exchange;
mod target;
mod turns;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use vestibule_auth::{Outgoing, OutgoingError, OutgoingFuture, OutgoingRequest};

use target::Target;
use turns::Turns;

/// How long a request may take; the wait for a turn, the resolution of the name and the reading of the answer included.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
pub const LONGEST: usize = 1024 * 1024;

/// The addresses of a host: what a name resolves to.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Finds the addresses of a host and port.
pub type Resolver = Arc<dyn Fn(String, u16) -> Resolved + Send + Sync>;

/// Sends requests as the operator allows.
#[derive(Clone)]
pub struct BoundedOutgoing {
    allowed: Arc<[IpNet]>,
    tls: TlsConnector,
    resolver: Resolver,
    turns: Arc<Turns>,
}

impl BoundedOutgoing {
    /// Over TLS by the certificates that this machine trusts, to public addresses and to these networks.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "certificates that this machine trusts cannot be read");
        }
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::warn!("this machine trusts no certificate: no identity provider can be asked over TLS");
        }
        Self::with(allowed, roots, Arc::new(by_the_system))
    }

    /// The same with other certificates that are trusted, and another way to find addresses.
    ///
    /// # Panics
    ///
    /// Never: the cryptographic provider of the program has the versions of TLS that are asked for.
    #[expect(clippy::expect_used, reason = "the provider of the program has these versions")]
    pub fn with(allowed: Vec<IpNet>, roots: RootCertStore, resolver: Resolver) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3 are known")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Self { allowed: allowed.into(), tls, resolver, turns: Turns::new() }
    }

    /// The addresses that may be connected to.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, OutgoingError> {
        let resolved = match target.literal() {
            Some(address) => vec![SocketAddr::new(address, target.port)],
            None => (self.resolver)(target.host.clone(), target.port)
                .await
                .map_err(|error| target.no_answer(&error))?,
        };
        let mut reached = resolved;
        let found = reached.len();
        reached.retain(|address| address::is_public(address.ip()) || self.is_allowed(*address));
        match (found, reached.is_empty()) {
            (0, _) => Err(target.no_answer(&"the name has no address")),
            (_, true) => {
                Err(target
                    .not_allowed("its address is of no public network, and allowed_networks has it not"))
            }
            _ if !target.is_tls
                && !reached.iter().all(|address| address.ip().to_canonical().is_loopback()) =>
            {
                Err(target.not_allowed("without TLS only addresses of this machine are"))
            }
            _ => Ok(reached),
        }
    }

    fn is_allowed(&self, address: SocketAddr) -> bool {
        let address = address.ip().to_canonical();
        address::is_of_a_host(address) && self.allowed.iter().any(|network| network.contains(&address))
    }
}

impl Outgoing for BoundedOutgoing {
    fn send(&self, request: OutgoingRequest) -> OutgoingFuture {
        let this = self.clone();
        Box::pin(async move {
            let target = Target::read(&request.url)?;
            let place = this.turns.place(request.account, &target).ok_or_else(|| target.busy())?;
            let deadline = Instant::now() + TIMEOUT;
            let turn = tokio::time::timeout_at(deadline, place.turn()).await;
            let _turn = turn.map_err(|_| target.busy())?;
            let exchanged = async {
                let addresses = this.addresses(&target).await?;
                exchange::exchange(&this.tls, &target, &addresses, request).await
            };
            let in_time = tokio::time::timeout_at(deadline, exchanged).await;
            in_time.unwrap_or_else(|_| {
                Err(target.no_answer(&format_args!("not within {} s", TIMEOUT.as_secs())))
            })
        })
    }
}

impl fmt::Debug for BoundedOutgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BoundedOutgoing").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// As this machine resolves names.
pub fn by_the_system(host: String, port: u16) -> Resolved {
    Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
}
