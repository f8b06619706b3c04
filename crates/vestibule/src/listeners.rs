//! The listening sockets and what answers on them. The only module that knows `vestibule_http` and `vestibule_serve`.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use vestibule_auth::{Auth, Origins, Purpose};
use vestibule_console::{self as console, Clients, ConsoleState};
use vestibule_crypto::OsRng;
use vestibule_http::admin::{self, AdminState};
use vestibule_http::api::{self, ApiState, PagesHere, Unserved};
use vestibule_http::operations::{self, Metrics, Readiness};
use vestibule_model::Clock;
use vestibule_serve::layers::{
    self, AllowedHosts, AllowedOrigins, BodyBudget, BodyLimits, InvalidOrigin, LayerState, RefusalLog,
    RefusalShape, RefusalShapes, Routes, TrustedProxies,
};
use vestibule_serve::server::{Limits, Listen, Running, Server};

use crate::audit_check;
use crate::certificates::Tls;
use crate::config::{self, Config, Loaded, PagesListener, ServerSettings};
use crate::console_facts::ConsoleFacts;
use crate::data_metrics::DataMetrics;
use crate::metrics::EngineMetrics;
use crate::open_files;
use crate::origins::{clients_origin, console_origin, public_origin};

/// How often a free port for `https` is looked for: somebody else may take it before we do.
const PORT_GUESSES: usize = 5;

/// The listeners at work.
pub(crate) struct Listeners {
    running: Running,
    addresses: Addresses,
    stopping: Arc<AtomicBool>,
    refusals: Arc<RefusalLog>,
}

/// Where the listeners listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) http: Option<SocketAddr>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) grpc: Option<SocketAddr>,
    /// `http`, or `https` where gRPC speaks TLS.
    pub(crate) grpc_scheme: &'static str,
    pub(crate) admin: SocketAddr,
    /// `http`, or `https` where administration speaks TLS.
    pub(crate) admin_scheme: &'static str,
}

/// The origins to which somebody may be sent back.
fn return_origins(config: &Config) -> Arc<[String]> {
    config.gateways.return_origins.iter().map(|origin| origin.0.0.clone()).collect()
}

impl Listeners {
    /// Binds the sockets and starts to answer.
    pub(crate) fn start(
        loaded: &Loaded,
        auth: &Arc<Auth>,
        clock: &Arc<dyn Clock>,
        tls: &Tls,
    ) -> anyhow::Result<Self> {
        let port_is_guessed = loaded.config.server.https.is_some_and(|address| address.0.port() == 0);
        let mut attempts = if port_is_guessed { PORT_GUESSES } else { 1 };
        loop {
            attempts -= 1;
            match Self::start_once(loaded, auth, clock, tls) {
                Err(error) if attempts > 0 && is_in_use(&error) => {}
                outcome => return outcome,
            }
        }
    }

    fn start_once(
        loaded: &Loaded,
        auth: &Arc<Auth>,
        clock: &Arc<dyn Clock>,
        tls: &Tls,
    ) -> anyhow::Result<Self> {
        let server = &loaded.config.server;
        let metrics = metrics_of(auth, server, tls);
        let stopping = Arc::new(AtomicBool::new(false));
        let https = server.https.map(|address| known_port(address.0)).transpose()?;
        let layers = layer_state(loaded, &metrics, auth)?;
        // A flood of clients' bodies shall silence neither administration nor gateways.
        let unread = || BodyBudget::new(loaded.config.limits.unread_body_bytes);
        let for_operators = LayerState { unread: unread(), ..layers.clone() };
        let for_gateways = LayerState { unread: unread(), ..layers.clone() };
        let refusals = Arc::clone(&layers.refusals);
        let public_address = public_address(server, https);
        let public_origin: Arc<str> = public_origin(&public_address, https.is_some()).into();
        let state = ApiState {
            auth: Arc::clone(auth),
            clock: Arc::clone(clock),
            public_address: public_address.into(),
            public_origin: Arc::clone(&public_origin),
            livevox_bearer_token: loaded.config.livevox.bearer_application_token,
            return_origins: return_origins(&loaded.config),
            gateways: loaded.config.gateways.networks.iter().map(|network| network.0).collect(),
            pages: pages_on(&loaded.config, PagesListener::Public),
            unserved: unserved(loaded.purpose),
        };
        let clients = layers::apply(api::routes(state.clone()), layers);
        let readiness = readiness(Arc::clone(&stopping), Arc::downgrade(auth));
        let gateways = layers::apply(api::grpc(state.clone(), can_check(readiness.clone())), for_gateways);
        let operators = operations::router(Arc::clone(&metrics), readiness);
        let origins = Origins::of(Arc::clone(&public_origin));
        let administrators = admin::router(admin_state(auth, clock, &origins));
        let console = console_state(loaded, auth, clock, tls, &origins);
        let reached = console.clients.clone();
        let for_operators = LayerState { allowed_hosts: operators_hosts(loaded.purpose), ..for_operators };
        let pages = api::pages(ApiState { pages: pages_on(&loaded.config, PagesListener::Admin), ..state });
        let operators = operators.merge(administrators).merge(console::router(console)).merge(pages);
        let operators = layers::apply(Routes::new(operators, OPERATORS), for_operators);

        let plain = |address| Listen { address, tls: None, service: clients.clone() };
        let secure = |address| Listen { address, tls: tls.https.clone(), service: clients.clone() };
        let settings = &loaded.config.gateways;
        let grpc_tls = tls.https.as_ref().filter(|_| settings.grpc_tls);
        let grpc = |address| Listen { address, tls: grpc_tls.cloned(), service: gateways.clone() };
        let admin = Listen { address: server.admin.0.0, tls: tls.admin.clone(), service: operators };
        let listens = server
            .http
            .map(|address| plain(address.0))
            .into_iter()
            .chain(https.map(secure))
            .chain(settings.grpc.map(|address| grpc(address.0)))
            .chain([admin])
            .collect();
        let engine = Arc::downgrade(auth);
        let running = Server::bind(listens, connection_limits(&loaded.config))
            .map(|bound| bound.counting_in(metrics.http.clone()))
            .map(|bound| {
                bound.leaving_share_to(move || engine.upgrade().is_some_and(|auth| auth.has_long_work()))
            })
            .and_then(Server::start)
            .with_context(|| format!("cannot listen on {}", shown(&loaded.config)))?;
        let addresses = addresses(&loaded.config, running.addresses());
        reached.reached_at(clients_origin(server, addresses, &public_origin));
        origins.administration_reached_at(console_origin(loaded, addresses));
        Ok(Self { running, addresses, stopping, refusals })
    }

    /// Where they listen.
    pub(crate) const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Logs now and then what is counted of refused requests; never ends.
    pub(crate) async fn log_refusals(&self) -> Infallible {
        let mut times = tokio::time::interval(Duration::from_secs(10));
        loop {
            times.tick().await;
            self.refusals.log_past();
        }
    }

    /// Whether every thread that answers requests comes to its next task within `patience`.
    pub(crate) async fn are_responsive(&self, patience: Duration) -> bool {
        self.running.is_responsive(patience).await
    }

    /// No new connections; what runs may finish within `grace`.
    pub(crate) async fn stop(self, grace: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        let cut = self.running.shutdown(grace).await;
        self.refusals.log_all();
        if cut > 0 {
            tracing::warn!(connections = cut, "connections were cut because they did not end in time");
        }
    }
}

fn metrics_of(auth: &Arc<Auth>, server: &ServerSettings, tls: &Tls) -> Arc<Metrics> {
    let metrics = Metrics::new();
    metrics.register(|registry| EngineMetrics::of(auth).register(registry));
    metrics.register(|registry| DataMetrics::of(&server.data_dir).register(registry));
    metrics.register(|registry| tls.followed.clone().register(registry));
    metrics
}

fn admin_state(auth: &Arc<Auth>, clock: &Arc<dyn Clock>, origins: &Origins) -> AdminState {
    AdminState { auth: Arc::clone(auth), clock: Arc::clone(clock), origins: origins.clone() }
}

fn console_state(
    loaded: &Loaded,
    auth: &Arc<Auth>,
    clock: &Arc<dyn Clock>,
    tls: &Tls,
    origins: &Origins,
) -> ConsoleState {
    let facts = ConsoleFacts {
        data: DataMetrics::of(&loaded.config.server.data_dir),
        certificates: tls.followed.clone(),
        purpose: loaded.purpose,
    };
    ConsoleState {
        auth: Arc::clone(auth),
        clock: Arc::clone(clock),
        audit_check: Some(Arc::new(audit_check::of(&loaded.config, clock))),
        facts: Arc::new(facts),
        clients: Clients::default(),
        origins: origins.clone(),
    }
}

fn layer_state(
    loaded: &Loaded,
    metrics: &Arc<Metrics>,
    auth: &Arc<Auth>,
) -> Result<LayerState, InvalidOrigin> {
    let Config { server, limits, .. } = &loaded.config;
    let origins = server.cors_origins.iter().map(|origin| origin.0.0.as_str());
    let with_defaults = LayerState::new(metrics.http.clone(), &OsRng);
    let auth = Arc::downgrade(auth);
    let is_secret = move |id: &str| auth.upgrade().is_none_or(|auth| auth.is_credential(id));
    Ok(LayerState {
        request_ids: with_defaults.request_ids.clone().without_secrets(is_secret),
        trusted_proxies: trusted_proxies(server),
        allowed_origins: AllowedOrigins::new(origins)?,
        max_header_bytes: limits.header_bytes,
        body: BodyLimits { bytes: limits.body_bytes, timeout: limits.body_timeout },
        unread: BodyBudget::new(limits.unread_body_bytes),
        ..with_defaults
    })
}

/// How refusals are written at the operators' listener.
const OPERATORS: RefusalShapes =
    RefusalShapes { by_path: &[console::SHAPES, api::SHAPES], otherwise: RefusalShape::ERROR_OBJECT };

/// Whether this listener has the pages for people.
fn pages_on(config: &Config, listener: PagesListener) -> PagesHere {
    let here = config.pages.enabled && config.pages.listener.0 == listener;
    if here { PagesHere::Yes } else { PagesHere::No }
}

fn trusted_proxies(server: &ServerSettings) -> TrustedProxies {
    TrustedProxies::new(server.trusted_proxies.iter().map(|network| network.0.0).collect())
}

/// Does not keep the engine alive.
fn readiness(
    stopping: Arc<AtomicBool>,
    auth: Weak<Auth>,
) -> impl Fn(Purpose) -> Readiness + Clone + Send + Sync + 'static {
    move |purpose| match auth.upgrade() {
        Some(auth) if !stopping.load(Ordering::Relaxed) => Readiness::of(&auth, purpose),
        _ => Readiness::NotReady("stopping".into()),
    }
}

/// Whether checks can be answered now.
fn can_check(
    readiness: impl Fn(Purpose) -> Readiness + Send + Sync + 'static,
) -> impl Fn() -> bool + Send + Sync + 'static {
    move || !matches!(readiness(Purpose::Checks), Readiness::NotReady(_))
}

fn unserved(purpose: config::Purpose) -> Unserved {
    match purpose {
        config::Purpose::Service => Unserved::NotFound,
        config::Purpose::Development => Unserved::NotImplemented,
    }
}

/// The names under which operators may ask.
fn operators_hosts(purpose: config::Purpose) -> AllowedHosts {
    match purpose {
        config::Purpose::Service => AllowedHosts::Any,
        config::Purpose::Development => AllowedHosts::Loopback,
    }
}

fn connection_limits(config: &Config) -> Limits {
    let Config { server, limits, .. } = config;
    let per_core = Limits::default().threads;
    Limits {
        threads: NonZeroUsize::new(server.workers).unwrap_or(per_core),
        connections: affordable_connections(config),
        connections_per_address: server.max_connections_per_address,
        proxies: trusted_proxies(server),
        header_timeout: limits.header_timeout,
        idle_timeout: limits.idle_timeout,
        streams: limits.http2_streams,
        ping_interval: limits.http2_ping_interval,
    }
}

/// As many connections per listener as the operating system gives descriptors for, with some left for everything else.
fn affordable_connections(Config { server, gateways, .. }: &Config) -> usize {
    const RESERVE: u64 = 128;
    let limit = open_files::raise_limit();
    let optional = [server.http, server.https, gateways.grpc];
    let listeners = optional.iter().flatten().fold(1, |count, _| count + 1);
    let affordable = usize::try_from(limit.saturating_sub(RESERVE) / listeners).unwrap_or(usize::MAX).max(1);
    if affordable < server.max_connections {
        tracing::info!(
            open_files = limit,
            connections = affordable,
            configured = server.max_connections,
            "fewer connections than server.max_connections: raise the limit of open files (LimitNOFILE in systemd)"
        );
    }
    affordable.min(server.max_connections)
}

/// The address with a port that is known before it is listened on, because the Domain API names it.
fn known_port(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let free = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    free.with_context(|| format!("cannot listen on {address}"))
}

fn is_in_use(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::AddrInUse)
}

fn public_address(server: &ServerSettings, https: Option<SocketAddr>) -> String {
    if let Some(address) = &server.public_address {
        return address.0.clone();
    }
    let listener = https.or(server.http.map(|address| address.0));
    let port = listener.map_or(0, |address| address.port());
    let shown = format!("localhost:{port}");
    if !listener.is_some_and(|address| address.ip().is_loopback()) {
        tracing::warn!(
            address = shown,
            "server.public_address is not set: the Domain API sends clients to this address, which only this machine knows"
        );
    }
    shown
}

/// An address as somebody on this machine asks it.
pub(crate) fn from_here(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(any) if any.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(any) if any.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}

fn addresses(Config { server, gateways, .. }: &Config, bound: &[SocketAddr]) -> Addresses {
    let mut bound = bound.iter().copied();
    let http = server.http.and_then(|_| bound.next());
    let https = server.https.and_then(|_| bound.next());
    let grpc = gateways.grpc.and_then(|_| bound.next());
    let grpc_scheme = if gateways.grpc_tls { "https" } else { "http" };
    let unknown = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let admin_scheme = if server.admin_tls_certificate.is_some() { "https" } else { "http" };
    let admin = bound.next().unwrap_or(unknown);
    Addresses { http, https, grpc, grpc_scheme, admin, admin_scheme }
}

fn shown(Config { server, gateways, .. }: &Config) -> String {
    let all = [server.http, server.https, gateways.grpc, Some(server.admin.0)];
    all.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
