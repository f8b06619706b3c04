//! The engine as a whole: what it is made of, and how it starts.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, RwLock as AsyncRwLock, watch};
use vestibule_crypto::{KeyRingError, PasswordError, SealError, Sealer, SecretHasher, TokenKeys, self_check};
use vestibule_model::{AuditAction, AuditReason, Clock, Rng, SessionId};
use vestibule_store::{EndJournal, Sequence, Store, StoreError};

use crate::administration::AdministrationState;
use crate::audit::{Folded, RefusalCounts};
use crate::directory::{AccountEntry, Costs, Directory, UserEntry};
use crate::ends::{EndsInForce, HeldEnds, ManyEnd, RetryQueue};
use crate::later::Later;
use crate::live::{LiveSessions, Name, Namer, Start};
use crate::login_guard::{HashPoolGauges, LoginGuard};
use crate::master_keys::{Keys, RunningKeys};
use crate::settings::{Intervals, Settings};
use crate::steady_clock::SteadyClock;
use crate::store_health::StoreHealth;
use crate::unstored_locks::UnstoredLocks;
use crate::waiting::Waiting;
use crate::watched_store::WatchedStore;

/// The service. Shared by every dialect; all of its state is behind this one handle.
pub struct Auth {
    /// What is asked of it is noted in `store_health`.
    pub(crate) store: Arc<dyn Store>,
    pub(crate) store_health: Arc<StoreHealth>,
    /// For ends that the store does not take.
    pub(crate) journal: Arc<dyn EndJournal>,
    /// What an earlier process left in it.
    pub(crate) held_ends: HeldEnds,
    pub(crate) directory: Directory,
    pub(crate) live: Arc<LiveSessions<UserEntry>>,
    /// Set when the table is complete.
    pub(crate) loaded: watch::Sender<bool>,
    /// Held in part by whoever puts a single session of the store into the table, as a whole while the table becomes complete.
    pub(crate) recalls: AsyncRwLock<()>,
    pub(crate) keys: RunningKeys,
    /// These three take their keys from the ring of `keys`.
    pub(crate) tokens: TokenKeys,
    pub(crate) secrets: SecretHasher,
    pub(crate) sealer: Sealer,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_watch: Mutex<SteadyClock>,
    /// At which costs passwords are hashed.
    pub(crate) costs: Arc<Costs>,
    pub(crate) login_guard: LoginGuard,
    /// Ends of many sessions that are being stored, and the logins beside them.
    pub(crate) ends_in_force: Arc<EndsInForce>,
    /// Ends that were found by following, and that nobody stores yet.
    pub(crate) due: Waiting<ManyEnd>,
    /// Ends that the store did not take.
    pub(crate) retry: RetryQueue,
    /// Other changes that it did not take, and that nobody waits for.
    pub(crate) later: Waiting<Later>,
    pub(crate) unstored_locks: UnstoredLocks,
    pub(crate) intervals: Intervals,
    pub(crate) sequence: AtomicI64,
    /// The sequence at which changes of the directory were forgotten last; 0: not since the start.
    pub(crate) trimmed_at: AtomicI64,
    /// What is counted for the audit, and written once a minute.
    pub(crate) folded: Folded,
    pub(crate) refusals: RefusalCounts,
    /// How long entries of the audit are kept; None: for ever.
    pub(crate) audit_retention: Option<Duration>,
    /// The entry that retention could not remove; 0: none.
    pub(crate) audit_stuck_at: AtomicI64,
    /// Held by whoever changes the directory, or reads it anew: one at a time.
    pub(crate) directory_lock: AsyncMutex<()>,
    pub(crate) administration: AdministrationState,
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
    #[error("a sealed secret of account {account} cannot be opened")]
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
        (store, journal): (Arc<dyn Store>, Arc<dyn EndJournal>),
        keys: impl Into<Keys>,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Arc<Self>, StartError> {
        self_check(settings.hashing.engine)?;
        let keys = RunningKeys::new(keys.into());
        let tokens = TokenKeys::derive(&keys.ring);
        let start = Start::new(clock.now(), settings.intervals.touch);
        let store_health = Arc::<StoreHealth>::default();
        let costs = Arc::new(Costs::new(Arc::clone(&rng)));
        let login_guard =
            LoginGuard::start(&settings, Arc::clone(&costs), Arc::clone(&rng), Arc::clone(&clock))?;
        let auth = Arc::new(Self {
            directory: Directory::default(),
            live: Arc::new(LiveSessions::new(Box::new(tokens.clone()), start)),
            held_ends: HeldEnds::read(&*journal),
            loaded: watch::Sender::new(false),
            recalls: AsyncRwLock::default(),
            tokens,
            secrets: SecretHasher::derive(&keys.ring),
            sealer: Sealer::derive(&keys.ring),
            keys,
            costs,
            login_guard,
            ends_in_force: Arc::default(),
            due: Waiting::default(),
            retry: RetryQueue::default(),
            later: Waiting::default(),
            unstored_locks: UnstoredLocks::default(),
            intervals: settings.intervals,
            sequence: AtomicI64::new(0),
            trimmed_at: AtomicI64::default(),
            folded: Folded::default(),
            refusals: RefusalCounts::default(),
            audit_retention: settings.audit_retention,
            audit_stuck_at: AtomicI64::new(0),
            directory_lock: AsyncMutex::default(),
            administration: AdministrationState::new(&*rng),
            clock_watch: Mutex::default(),
            store: Arc::new(WatchedStore::new(store, Arc::clone(&store_health))),
            store_health,
            journal,
            rng,
            clock,
        });
        auth.follow_clock();
        auth.keys.follow(auth.store.master_keys().await?)?;
        auth.load_directory().await?;
        if !auth.store.has_session_ids_of_first_form().await? {
            auth.live.expect_no_unproven();
        }
        Ok(auth)
    }

    /// The directory in memory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The keys under which the credentials of a session are derived.
    pub fn tokens(&self) -> &TokenKeys {
        &self.tokens
    }

    /// How many sessions are in the table, expired ones that were not swept yet included.
    pub fn session_count(&self) -> usize {
        self.live.len()
    }

    /// How often something was refused since the start, by what and why.
    pub fn refusal_counts(&self) -> Vec<(AuditAction, AuditReason, u64)> {
        self.refusals.all()
    }

    /// How often failed logins have locked a user since the start.
    pub fn lockout_count(&self) -> u64 {
        self.login_guard.lockout_count()
    }

    /// What the hash pool tells about itself.
    pub fn hash_pool_gauges(&self) -> Arc<HashPoolGauges> {
        self.login_guard.hash_pool_gauges()
    }

    async fn load_directory(&self) -> Result<(), StartError> {
        let rows = self.store.directory().await?;
        for account in rows.accounts {
            let id = account.account.id;
            let entry = AccountEntry::build(account, rows.sequence, (&self.sealer, &self.costs))
                .map_err(|source| StartError::Sealed { account: id.to_string(), source })?;
            for user in entry.without_their_name() {
                tracing::warn!(
                    account = %id, user = %user.id,
                    "two login names differ only in how Unicode composes them: this user logs in with the exact spelling \
                     alone; give one of the two another name"
                );
            }
            self.directory.put(entry);
        }
        self.sequence.store(rows.sequence.0, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn sequence(&self) -> Sequence {
        Sequence(self.sequence.load(Ordering::Relaxed))
    }
}

impl Namer for TokenKeys {
    fn reference(&self, id: SessionId) -> Name {
        Self::reference(self, id)
    }

    fn livevox_lookup(&self, id: SessionId) -> Name {
        Self::livevox_lookup(self, id)
    }
}
