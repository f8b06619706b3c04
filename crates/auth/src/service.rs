//! The engine as a whole: what it is made of, and how it starts.

use std::sync::Arc;

use vestibule_crypto::{KeyRingError, PasswordError, SealError, TokenKeys, self_check};
use vestibule_model::{AuditAction, AuditReason, Clock, Millis, Rng, SessionId, TrafficOutcome};
use vestibule_store::{AuditPage, AuditQuery, EndJournal, Store, StoreError};

use crate::administration::AdministrationState;
use crate::audit::AuditTrail;
use crate::consumed::ConsumedValues;
use crate::deferred_writes::DeferredWrites;
use crate::directory::{Costs, Directory, UserEntry};
use crate::directory_follower::{self, DirectoryFollower};
use crate::ends::{self, Ends};
use crate::federated::FederatedState;
use crate::feed::{Feed, FeedFigures};
use crate::figures::FigureHistory;
use crate::gateway::Nonces;
use crate::last_uses::{LastUses, written_within};
use crate::live::{LiveSessions, Name, Namer, Start};
use crate::load::Loading;
use crate::login_guard::{HashPoolGauges, LoginGuard};
use crate::master_keys::{KeyMaterial, Keys};
use crate::outgoing::{Outgoing, SharedOutgoing};
use crate::settings::{Intervals, Settings};
use crate::signing_keys::SigningKeys;
use crate::steady_clock::WatchedClock;
use crate::store_health::StoreHealth;
use crate::traffic::{Traffic, TrafficLosses};
use crate::watched_store::WatchedStore;
use crate::work_pool::{Limits, WorkPool, WorkPoolGauges};

/// A verification takes less than a tenth of a millisecond, and most are followed by a commit.
const VERIFICATIONS_TOLD_TOGETHER: usize = 32;

/// The service. Shared by every dialect; all of its state is behind this one handle.
pub struct Auth {
    /// What is asked of it is noted in `store_health`.
    pub(crate) store: Arc<dyn Store>,
    pub(crate) store_health: Arc<StoreHealth>,
    pub(crate) consumed: Arc<ConsumedValues>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) follower: DirectoryFollower,
    pub(crate) live: Arc<LiveSessions<UserEntry>>,
    pub(crate) loading: Loading,
    pub(crate) keys: KeyMaterial,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) clock: WatchedClock,
    pub(crate) login_guard: Arc<LoginGuard>,
    pub(crate) ends: Arc<Ends>,
    pub(crate) deferred: Arc<DeferredWrites>,
    pub(crate) intervals: Intervals,
    pub(crate) audit: Arc<AuditTrail>,
    pub(crate) signing_keys: SigningKeys,
    pub(crate) last_uses: LastUses,
    pub(crate) administration: AdministrationState,
    outgoing: SharedOutgoing,
    /// Verifies what identity providers send.
    pub(crate) verification: WorkPool<()>,
    pub(crate) federated: FederatedState,
    /// Signed requests that were let through.
    pub(crate) nonces: Nonces,
    pub(crate) traffic: Arc<Traffic>,
    /// For gateways that keep answers.
    pub(crate) feed: Arc<Feed>,
    pub(crate) figures: FigureHistory,
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be read.
    #[error("the directory cannot be read from the store")]
    Store(#[from] StoreError),
    /// The master keys are not those that the store was used with.
    #[error("these are not the master keys that the database was used with")]
    MasterKeys(#[from] KeyRingError),
    /// A sealed secret cannot be opened: it was sealed under another master key, or tampered with.
    #[error(
        "a sealed secret of account {account} cannot be opened (`vestibule doctor` says of which API key)"
    )]
    Sealed {
        /// Whose.
        account: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// The hashing engine does not give the known answer, or cannot hash with these parameters.
    #[error("password hashing does not work")]
    Hashing(#[from] PasswordError),
    /// The hash threads cannot be started.
    #[error("the hash threads cannot be started")]
    Threads(#[from] std::io::Error),
}

impl Auth {
    /// Reads the directory from the store and the ends in the journal, and starts the hash threads. The sessions come with
    /// [`Auth::load`]; nothing runs in the background until [`Auth::run`] is spawned.
    pub async fn start(
        store: Arc<dyn Store>,
        journal: Arc<dyn EndJournal>,
        keys: impl Into<Keys>,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Arc<Self>, StartError> {
        self_check(settings.hashing.engine)?;
        let auth = Arc::new(Self::assembled(store, journal, keys.into(), rng, clock, &settings)?);
        auth.follow_clock();
        auth.keys.follow(auth.store.master_keys().await?)?;
        auth.follower.load().await?;
        auth.traffic.learn_stored(auth.directory.account_ids()).await;
        auth.signing_keys.follow().await?;
        if !auth.store.has_session_ids_of_first_form().await? {
            auth.live.expect_no_unproven();
        }
        Ok(auth)
    }

    /// The parts, each with those that it works with.
    #[expect(clippy::too_many_lines, reason = "a line or two for each part")]
    fn assembled(
        store: Arc<dyn Store>,
        journal: Arc<dyn EndJournal>,
        keys: Keys,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let start = Start::new(clock.now(), written_within(settings.intervals.touch));
        let store_health = Arc::<StoreHealth>::default();
        let consumed = Arc::<ConsumedValues>::default();
        let costs = Arc::new(Costs::new(Arc::clone(&rng)));
        let login_guard =
            LoginGuard::start(settings, Arc::clone(&costs), Arc::clone(&rng), Arc::clone(&clock))?;
        let login_guard = Arc::new(login_guard);
        let store: Arc<dyn Store> =
            Arc::new(WatchedStore::new(store, Arc::clone(&store_health), Arc::clone(&consumed)));
        let keys = KeyMaterial::new(keys, Arc::clone(&store));
        let signing_keys = SigningKeys::start(&store, &keys, &rng, &clock)?;
        let directory = Arc::<Directory>::default();
        let deferred = Arc::new(DeferredWrites::new(Arc::clone(&store), Arc::clone(&directory)));
        let feed = Arc::new(Feed::new(&rng, &clock, settings.feed));
        let follower = DirectoryFollower::new(directory_follower::Collaborators {
            store: Arc::clone(&store),
            directory: Arc::clone(&directory),
            sealer: keys.sealer().clone(),
            costs,
            login_guard: Arc::clone(&login_guard),
            deferred: Arc::clone(&deferred),
            feed: Arc::clone(&feed),
        });
        let traffic = Arc::new(Traffic::new(Arc::clone(&store), &*rng, settings.traffic));
        let audit = AuditTrail::new(&store, &directory, &keys, &clock, &traffic, settings.audit_retention);
        let audit = Arc::new(audit);
        let observer = Box::new(Arc::clone(&feed));
        let live = Arc::new(LiveSessions::new(Box::new(keys.tokens().clone()), observer, start));
        let ends = Arc::new(Ends::new(ends::Collaborators {
            live: Arc::clone(&live),
            store: Arc::clone(&store),
            journal,
            directory: Arc::clone(&directory),
            audit: Arc::clone(&audit),
            tokens: keys.tokens().clone(),
            clock: Arc::clone(&clock),
            feed: Arc::clone(&feed),
        }));
        let limits = Limits { told_together: VERIFICATIONS_TOLD_TOGETHER, ..settings.hashing.limits() };
        let verification = WorkPool::start("verify", limits, Arc::clone(&clock), || ())?;
        let touch = settings.intervals.touch;
        let last_uses = LastUses::new(Arc::clone(&live), Arc::clone(&store), Arc::clone(&clock), touch);
        Ok(Self {
            directory,
            follower,
            live,
            loading: Loading::new(),
            keys,
            login_guard,
            ends,
            deferred,
            intervals: settings.intervals,
            audit,
            signing_keys,
            last_uses,
            administration: AdministrationState::new(settings.administrators_second_factor),
            outgoing: settings.outgoing.clone(),
            verification,
            federated: FederatedState::default(),
            nonces: Nonces::new(clock.now()),
            traffic,
            feed,
            figures: FigureHistory::default(),
            store,
            store_health,
            consumed,
            rng,
            clock: WatchedClock::new(clock),
        })
    }

    /// By what identity providers are asked.
    pub fn outgoing(&self) -> &dyn Outgoing {
        &*self.outgoing.0
    }

    /// The directory in memory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The keys under which the credentials of a session are derived.
    pub fn tokens(&self) -> &TokenKeys {
        self.keys.tokens()
    }

    /// Bytes that nobody can guess.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// How many sessions are in the table, expired ones that were not swept yet included.
    pub fn session_count(&self) -> usize {
        self.live.len()
    }

    /// How often something was refused since the start, by what and why.
    pub fn refusal_counts(&self) -> Vec<(AuditAction, AuditReason, u64)> {
        self.audit.refusal_counts()
    }

    /// A page of the audit. What was counted until now is written first, so that the page has it.
    pub async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.audit.page(query).await
    }

    /// Writes what was counted for the audit until now. To be called at the end.
    pub async fn flush_audit(&self) -> Result<(), StoreError> {
        self.audit.flush().await
    }

    /// Removes entries of the audit that are older than the retention. Each call does a bounded amount of work.
    pub async fn prune_audit(&self, now: Millis) -> Result<(), StoreError> {
        self.audit.prune(now).await
    }

    /// Writes the last uses of sessions whose turn to be written is over.
    pub async fn write_due_uses(&self) -> Result<(), StoreError> {
        self.last_uses.write_due().await
    }

    /// Writes what was counted of requests until now.
    pub async fn write_traffic(&self, now: Millis) -> Result<(), StoreError> {
        self.traffic.write(now).await
    }

    /// How many requests were counted since the start, by what came of them.
    pub fn traffic_outcomes(&self) -> Vec<(TrafficOutcome, u64)> {
        self.traffic.outcomes().collect()
    }

    /// Requests that are not counted as they should be.
    pub fn traffic_losses(&self) -> TrafficLosses {
        self.traffic.losses()
    }

    /// What is told of streams of events.
    pub fn feed_figures(&self) -> FeedFigures {
        self.feed.figures()
    }

    /// How many ends neither the store nor the journal has: they hold as long as this process lives, and are tried again.
    pub fn ends_at_risk(&self) -> usize {
        self.ends.at_risk()
    }

    /// How often failed logins have locked a user since the start.
    pub fn lockout_count(&self) -> u64 {
        self.login_guard.lockout_count()
    }

    /// What the threads tell about themselves that verify what identity providers send.
    pub fn verification_gauges(&self) -> Arc<WorkPoolGauges> {
        self.verification.gauges()
    }

    /// What the hash pool tells about itself.
    pub fn hash_pool_gauges(&self) -> Arc<HashPoolGauges> {
        self.login_guard.hash_pool_gauges()
    }
}

impl Namer for TokenKeys {
    fn livevox_lookup(&self, id: SessionId) -> Name {
        Self::livevox_lookup(self, id)
    }
}
