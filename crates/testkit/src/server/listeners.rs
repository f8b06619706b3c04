//! The listeners of a server: for clients, for operators, and for Envoy over gRPC.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use vestibule_auth::{Auth, Origins, Purpose};
use vestibule_console::{self as console, AuditCheck, Clients, ConsoleState};
use vestibule_crypto::OsRng;
use vestibule_http::admin::{self, AdminState};
use vestibule_http::api::{self, ApiState, PagesHere, Unserved, routes};
use vestibule_http::operations::{self, Metrics, Readiness};
use vestibule_model::Clock;
use vestibule_serve::layers::{self, LayerState, RefusalShape, RefusalShapes, Routes};
use vestibule_serve::server::{Limits, Listen, Running, Server};

use super::{ORIGIN, RETURN_ORIGIN};
use crate::{TestClock, TestFacts};

/// Where gateways ask a server from. 127.0.0.2 is none.
const GATEWAY: &str = "127.0.0.1";

/// For clients, for operators, and for Envoy over gRPC.
pub(super) fn addresses(running: &Running) -> [SocketAddr; 3] {
    running.addresses().try_into().expect("three listeners")
}

/// How refusals are written at the operators' listener.
const OPERATORS: RefusalShapes =
    RefusalShapes { by_path: &[console::SHAPES, api::SHAPES], otherwise: RefusalShape::ERROR_OBJECT };

pub(crate) fn serve(auth: &Arc<Auth>, clock: &Arc<TestClock>, check: Option<AuditCheck>) -> Running {
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
    let state = ApiState {
        auth: Arc::clone(auth),
        clock: Arc::clone(&clock),
        public_address: "vestibule.example.net".into(),
        public_origin: ORIGIN.into(),
        livevox_bearer_token: true,
        return_origins: [RETURN_ORIGIN.to_owned()].into(),
        gateways: [GATEWAY.parse().expect("an address")].into(),
        pages: PagesHere::Yes,
        unserved: Unserved::NotFound,
    };
    let metrics = Metrics::new();
    let layers = LayerState::new(metrics.http.clone(), &OsRng);
    let listen = Listen {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        tls: None,
        service: layers::apply(routes(state.clone()), layers.clone()),
    };
    let asked = Arc::downgrade(auth);
    let readiness = move |purpose| {
        asked.upgrade().map_or(Readiness::NotReady("stopping".into()), |auth| Readiness::of(&auth, purpose))
    };
    let is_ready = {
        let readiness = readiness.clone();
        move || readiness(Purpose::Checks) == Readiness::Ready
    };
    let grpc = Listen {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        tls: None,
        service: layers::apply(api::grpc(state, is_ready), layers.clone()),
    };
    let operators = operations::router(Arc::clone(&metrics), readiness);
    let (clients, origins) = (Clients::default(), Origins::of(ORIGIN));
    let console = console::router(ConsoleState {
        auth: Arc::clone(auth),
        clock: Arc::clone(&clock),
        facts: Arc::new(TestFacts),
        audit_check: check.map(Arc::new),
        clients: clients.clone(),
        origins: origins.clone(),
    });
    let state = AdminState { auth: Arc::clone(auth), clock, origins: origins.clone() };
    let administrators = operators.merge(console).merge(admin::router(state));
    let admin = Listen {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        tls: None,
        service: layers::apply(Routes::new(administrators, OPERATORS), layers),
    };
    let limits = Limits { threads: NonZeroUsize::MIN, ..Limits::default() };
    let running = Server::bind(vec![listen, admin, grpc], limits);
    let running = running.and_then(Server::start).expect("a server on a free port");
    clients.reached_at(format!("http://{}", addresses(&running)[0]));
    origins.administration_reached_at(Some(format!("http://{}", addresses(&running)[1])));
    running
}
