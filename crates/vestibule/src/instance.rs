//! The whole service in one process: store, engine, background tasks, listeners; how it starts and how it ends.

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use ipnet::IpNet;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use vestibule_auth::{
    Auth, BlockList, FailureLimit, FeedLimits, FirstOwner, HashSettings, Intervals, Keys, Settings,
    SharedOutgoing,
};
use vestibule_crypto::OsRng;
use vestibule_model::Clock;
use vestibule_outgoing::BoundedOutgoing;
use vestibule_store::{EndJournal, Store};
use vestibule_store_sqlite::SqliteStore;

use crate::certificates::{Followed, Tls};
use crate::clock::SystemClock;
use crate::config::{Config, Loaded, Purpose};
use crate::listeners::{Addresses, Listeners};
use crate::service_manager;
use crate::signals::Signals;

/// A service that is answering.
pub(crate) struct Instance {
    auth: Arc<Auth>,
    background: JoinHandle<()>,
    listeners: Listeners,
    certificates: Followed,
    reload_interval: Duration,
    grace: Duration,
}

impl Instance {
    /// Starts everything; with a first owner, if there is none who may log in. Must be called within a runtime, which the
    /// background tasks live on.
    pub(crate) async fn open(
        loaded: &Loaded,
        keys: Keys,
        store: SqliteStore,
        journal: Arc<dyn EndJournal>,
        tls: &Tls,
        owner: FirstOwner<'_>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let settings = settings(loaded);
        let store: Arc<dyn Store> = Arc::new(store);
        let auth = Auth::start(store, journal, keys, Arc::new(OsRng), Arc::clone(&clock), settings).await?;
        auth.administration().make_administrators_account(owner, clock.now()).await?;
        let listeners = Listeners::start(loaded, &auth, &clock, tls)?;
        let background = tokio::spawn(Arc::clone(&auth).run());
        let server = &loaded.config.server;
        Ok(Self {
            auth,
            background,
            listeners,
            certificates: tls.followed.clone(),
            reload_interval: server.tls_reload_interval,
            grace: server.shutdown_grace,
        })
    }

    /// Where it answers.
    pub(crate) const fn addresses(&self) -> Addresses {
        self.listeners.addresses()
    }

    /// Answers until told to stop; then finishes what runs, writes what is in memory, and closes the store.
    pub(crate) async fn run(mut self, Signals { stop, reload, reload_keys }: Signals) -> anyhow::Result<()> {
        service_manager::ready();
        let outcome = tokio::select! {
            _ = stop => Ok(()),
            ended = &mut self.background => Err(background_ended(ended)),
            never = self.listeners.log_refusals() => match never {},
            never = self.certificates.follow(self.reload_interval, &reload) => match never {},
            never = service_manager::feed_watchdog(&self.listeners) => match never {},
            never = read_keys_again(&self.auth, &reload_keys) => match never {},
        };
        service_manager::stopping();
        self.listeners.stop(self.grace).await;
        if !self.background.is_finished() {
            self.background.abort();
            let _ = (&mut self.background).await;
        }
        self.auth.finish().await.context("what was in memory was not all written")?;
        // With its last owner the store goes, and writes what is queued.
        if Arc::into_inner(self.auth).is_none() {
            tracing::warn!(
                "something still uses the engine: the database is left to be recovered at the next start"
            );
        }
        tracing::info!("stopped");
        outcome
    }
}

/// Reads the master keys again whenever it is told to.
async fn read_keys_again(auth: &Auth, reload: &Notify) -> Infallible {
    loop {
        reload.notified().await;
        match auth.read_master_keys_again() {
            Ok(_) => tracing::info!("the master keys were read again"),
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the master keys cannot be read again; those of before count"
                );
            }
        }
    }
}

fn background_ended(ended: Result<(), tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow!("the background tasks ended"),
        Err(error) => anyhow::Error::new(error).context("the background tasks ended"),
    }
}

/// The engine's part of the configuration.
fn settings(loaded: &Loaded) -> Settings {
    let config = &loaded.config;
    let Config { hashing, login, sessions, .. } = config;
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Settings {
        hashing: HashSettings {
            engine: hashing.engine.0,
            params: hashing.params(),
            threads: NonZeroUsize::new(hashing.threads).unwrap_or(cores).get(),
            queue_length: hashing.queue_length,
            queue_deadline: hashing.queue_deadline,
        },
        failures: FailureLimit { per_minute: login.failures_per_minute, burst: login.failure_burst },
        block_list: BlockList {
            accounts: login.blocked_accounts.iter().copied().collect(),
            user_names: login
                .blocked_user_names
                .iter()
                .map(|name| BlockList::name(name))
                .collect::<HashSet<_>>(),
        },
        intervals: Intervals { touch: sessions.touch, sweep: sessions.sweep, follow: sessions.follow },
        audit_retention: config.audit.retention(),
        traffic: config.traffic.retention(),
        feed: FeedLimits::default(),
        outgoing: SharedOutgoing(Arc::new(outgoing(loaded))),
        administrators_second_factor: config.admin.second_factor.0,
    }
}

/// A development server asks identity providers on this machine too.
fn outgoing(loaded: &Loaded) -> BoundedOutgoing {
    let configured = loaded.config.outgoing.allowed_networks.iter().map(|network| network.0.0);
    let of_this_machine = match loaded.purpose {
        Purpose::Service => Vec::new(),
        Purpose::Development => {
            let localhost = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
            localhost.map(IpNet::from).to_vec()
        }
    };
    BoundedOutgoing::new(configured.chain(of_this_machine).collect())
}
