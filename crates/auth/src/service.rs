//! The engine as a whole: what it is made of, and how it starts.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;
use vestibule_crypto::{
    MasterKey, PasswordError, SealError, Sealer, SecretHasher, TokenKeys, decoy, self_check,
};
use vestibule_model::{Clock, Rng, Session, SessionId, UserId};
use vestibule_store::{Change, Sequence, Store, StoreError};

use crate::directory::{AccountEntry, Directory};
use crate::failure_limit::FailuresByAddress;
use crate::hash_pool::{HashPool, HashPoolGauges};
use crate::live::LiveSessions;
use crate::lockout::Lockouts;
use crate::settings::{BlockList, Intervals, Settings};
use crate::traffic::Traffic;

/// How many sessions are read from the store at once while the table loads.
const LOAD_PAGE: usize = 10_000;

/// How many users can take turns independently of each other.
const TURNS: usize = 1_024;

/// The service. Shared by every dialect; all of its state is behind this one handle.
pub struct Auth {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Directory,
    pub(crate) live: LiveSessions,
    pub(crate) tokens: TokenKeys,
    pub(crate) secrets: SecretHasher,
    pub(crate) sealer: Sealer,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hash_pool: HashPool,
    /// The hash that passwords of unknown users are verified against.
    pub(crate) decoy_hash: String,
    pub(crate) lockouts: Lockouts,
    pub(crate) traffic: Traffic,
    pub(crate) failures: FailuresByAddress,
    pub(crate) block_list: BlockList,
    pub(crate) turns: Turns,
    pub(crate) retry: RetryQueue,
    pub(crate) intervals: Intervals,
    pub(crate) sequence: AtomicI64,
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be read.
    #[error("the directory cannot be read from the store")]
    Store(#[from] StoreError),
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
    /// Reads the directory and the sessions from the store, and starts the hash threads. Nothing runs in the
    /// background until [`Auth::run`] is spawned.
    pub async fn start(
        store: Arc<dyn Store>,
        master: &MasterKey,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Arc<Self>, StartError> {
        self_check(settings.hashing.engine)?;
        let auth = Arc::new(Self {
            directory: Directory::default(),
            live: LiveSessions::new(),
            tokens: TokenKeys::derive(master),
            secrets: SecretHasher::derive(master),
            sealer: Sealer::derive(master),
            decoy_hash: decoy(settings.hashing.params, &*rng)?,
            hash_pool: HashPool::start(&settings.hashing, Arc::clone(&clock))?,
            lockouts: Lockouts::default(),
            traffic: Traffic::default(),
            failures: FailuresByAddress::new(settings.failures),
            block_list: settings.block_list,
            turns: Turns::new(),
            retry: RetryQueue::default(),
            intervals: settings.intervals,
            sequence: AtomicI64::new(0),
            store,
            rng,
            clock,
        });
        auth.load_directory().await?;
        auth.load_sessions().await?;
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

    /// What the hash pool tells about itself.
    pub fn hash_pool_gauges(&self) -> Arc<HashPoolGauges> {
        self.hash_pool.gauges()
    }

    async fn load_directory(&self) -> Result<(), StartError> {
        let rows = self.store.directory().await?;
        for account in rows.accounts {
            let id = account.account.id;
            let entry = AccountEntry::build(account, rows.sequence, &self.sealer)
                .map_err(|source| StartError::Sealed { account: id.to_string(), source })?;
            self.directory.put(entry);
        }
        self.sequence.store(rows.sequence.0, Ordering::Relaxed);
        Ok(())
    }

    /// Fills the table. A stored `last_used` may lag behind the true one by the interval in which touches are
    /// written, so each session gets that interval on top: none ends early because of a crash.
    async fn load_sessions(&self) -> Result<(), StartError> {
        let now = self.clock.now();
        let mut after: Option<SessionId> = None;
        loop {
            let page = self.store.sessions(after, LOAD_PAGE).await?;
            after = page.last().map(|session| session.id);
            let last = page.len() < LOAD_PAGE;
            for mut session in page {
                session.last_used = session.last_used.plus(self.intervals.touch);
                if session.is_live(now) && self.is_current(&session) {
                    self.keep(session);
                } else {
                    self.retry.push(Change::EndSession(session.id));
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// Puts a session into the table.
    pub(crate) fn keep(&self, session: Session) {
        let names = [self.tokens.livevox(session.id), self.tokens.reference(session.id)];
        self.live.insert(session, names);
    }

    pub(crate) fn new_salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        self.rng.fill(&mut salt);
        salt
    }

    pub(crate) fn sequence(&self) -> Sequence {
        Sequence(self.sequence.load(Ordering::Relaxed))
    }
}

/// One lock for many users: those who share it take turns needlessly, which costs a commit's time and no more.
pub(crate) struct Turns(Vec<AsyncMutex<()>>);

impl Turns {
    fn new() -> Self {
        Self((0..TURNS).map(|_| AsyncMutex::new(())).collect())
    }

    pub(crate) fn of(&self, user: UserId) -> &AsyncMutex<()> {
        let index = user.0.rem_euclid(i64::try_from(TURNS).unwrap_or(1));
        &self.0[usize::try_from(index).unwrap_or(0)]
    }
}

/// Changes that must still be stored, in the background, until they are.
#[derive(Default)]
pub(crate) struct RetryQueue(Mutex<Vec<Change>>);

impl RetryQueue {
    pub(crate) fn push(&self, change: Change) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    pub(crate) fn take(&self) -> Vec<Change> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
