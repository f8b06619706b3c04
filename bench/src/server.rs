//! The service as a child process: what the program runs, over data that is there, with the settings' defaults.
//!
//! Only the limit on failures is off, more clients may listen to events, and from one address, administration is on the same listener, and Envoy has a second one. The child sees a single core, so it starts one HTTP thread and one hash thread.

use std::io::{self, Read as _};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use vestibule_auth::{Auth, FailureLimit, FeedLimits, Origins, Settings};
use vestibule_console::{self as console, Clients, ConsoleState};
use vestibule_crypto::{MasterKey, OsRng};
use vestibule_http::admin::{self, AdminState};
use vestibule_http::api::{self, ApiState, PagesHere, Unserved, routes};
use vestibule_model::{Clock, Millis, Monotonic};
use vestibule_serve::HttpMetrics;
use vestibule_serve::layers::{self, LayerState};
use vestibule_serve::server::{Limits, Listen, Running, Server};
use vestibule_store::{EndJournal, MemoryEndJournal, Store};

use crate::timing::SystemClock;
use crate::{child, cpu, fixture};

/// How many may listen to events: all from one address, of one account.
const LISTENING: usize = 2_000;

/// What the server is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
    /// The folder with the database.
    #[arg(long)]
    data: PathBuf,
    /// How many seconds ago it started, as it sees it.
    #[arg(long, default_value_t = 0)]
    started_ago: u64,
}

/// Serves until standard input ends; its first line is the master key.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    cpu::pin(arguments.core)?;
    start_log();
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let master = MasterKey::from_hex(&line)?;
    let store: Arc<dyn Store> = fixture::open_store(&arguments.data, &master)?;
    let journal: Arc<dyn EndJournal> = Arc::new(MemoryEndJournal::default());
    let late = Arc::new(LateClock::new(Duration::from_secs(arguments.started_ago)));
    let clock: Arc<dyn Clock> = Arc::<LateClock>::clone(&late);
    let (failures, feed) =
        (FailureLimit { per_minute: 0, burst: 0 }, FeedLimits { streams: LISTENING, of_account: LISTENING });
    let settings = Settings { failures, feed, ..Settings::default() };

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let auth =
            Auth::start(store, journal, &master, Arc::new(OsRng), Arc::clone(&clock), settings).await?;
        late.catch_up();
        let running = serve(&auth, clock)?;
        child::say_listening(running.addresses());
        tokio::select! {
            () = Arc::clone(&auth).run() => {}
            () = say_when_loaded(&auth) => {}
            _ = end_of_input() => {}
        }
        Ok(())
    })
}

/// The machine's clocks, which are late while the engine starts.
struct LateClock {
    behind: Duration,
    has_caught_up: AtomicBool,
}

impl LateClock {
    const fn new(behind: Duration) -> Self {
        Self { behind, has_caught_up: AtomicBool::new(false) }
    }

    fn catch_up(&self) {
        self.has_caught_up.store(true, Ordering::Relaxed);
    }

    fn behind(&self) -> Duration {
        if self.has_caught_up.load(Ordering::Relaxed) { Duration::ZERO } else { self.behind }
    }
}

impl Clock for LateClock {
    fn now(&self) -> Millis {
        SystemClock.now().minus(self.behind())
    }

    fn monotonic(&self) -> Monotonic {
        SystemClock.monotonic().minus(self.behind())
    }
}

/// Tells the bench when every session is in the table: it waits for the line before it measures, and `start` takes its
/// time. Does not return.
async fn say_when_loaded(auth: &Auth) {
    auth.loaded().await;
    child::say_loaded();
    std::future::pending::<()>().await;
}

fn serve(auth: &Arc<Auth>, clock: Arc<dyn Clock>) -> Result<Running> {
    let administration = admin::router(AdminState {
        auth: Arc::clone(auth),
        clock: Arc::clone(&clock),
        origins: Origins::of("https://localhost"),
    });
    let console = console::router(ConsoleState {
        auth: Arc::clone(auth),
        clock: Arc::clone(&clock),
        facts: Arc::new(vestibule_testkit::TestFacts),
        audit_check: None,
        clients: Clients::default(),
        origins: Origins::of("https://localhost"),
    });
    let api = ApiState {
        auth: Arc::clone(auth),
        clock,
        public_address: "vestibule.example.net".into(),
        public_origin: "https://vestibule.example.net".into(),
        livevox_bearer_token: true,
        return_origins: [].into(),
        gateways: ["127.0.0.1".parse()?].into(),
        pages: PagesHere::Yes,
        unserved: Unserved::NotFound,
    };
    let engine = Arc::downgrade(auth);
    let is_ready = {
        let engine = Weak::clone(&engine);
        move || engine.upgrade().is_some_and(|auth| auth.is_loaded())
    };
    let for_envoy = api::grpc(api.clone(), is_ready);
    let mut routes = routes(api);
    routes.router = routes.router.merge(administration).merge(console);
    let state = LayerState::new(HttpMetrics::default(), &OsRng);
    let listens = [routes, for_envoy].map(|routes| {
        let service = layers::apply(routes, state.clone());
        Listen { address: (Ipv4Addr::LOCALHOST, 0).into(), tls: None, service }
    });
    let limits = Limits { connections_per_address: 2 * LISTENING, ..Limits::default() };
    Server::bind(listens.into(), limits)
        .map(|bound| {
            bound.leaving_share_to(move || engine.upgrade().is_some_and(|auth| auth.has_long_work()))
        })
        .and_then(Server::start)
        .context("cannot serve")
}

/// As the program logs when nobody watches: JSON on standard error, which is a file here.
fn start_log() {
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    log.with_max_level(tracing_subscriber::filter::LevelFilter::INFO).with_writer(io::stderr).init();
}

/// Waits on a thread of its own, which costs nothing meanwhile.
pub(crate) fn end_of_input() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        let _ = io::stdin().read_to_end(&mut rest);
        let _ = ended.send(());
    });
    end
}
