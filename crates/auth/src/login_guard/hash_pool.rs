//! The hash pool: threads that do nothing but verify passwords, each with one hashing buffer that it keeps
//! ([`WorkPool`]).

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_crypto::{Argon2Params, PasswordHasher, needs_rehash};
use vestibule_model::Clock;
use zeroize::Zeroizing;

use crate::directory::Cost;
use crate::settings::HashSettings;
use crate::work_pool::{Overloaded, WorkPool, WorkPoolGauges};

/// What a password is compared with, and what it is hashed against besides, so that the work tells nothing.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The hash that decides.
    pub(crate) stored: String,
    /// Hashes of nobody's password.
    pub(crate) decoys: Vec<Arc<Cost>>,
    /// Whether a right password may be seen by the work.
    pub(crate) when_right: WhenRight,
}

/// What becomes of the rest of the work when the password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenRight {
    /// It is left out: the answer will tell anyway that the password is right.
    Stop,
    /// It is done: the answer may have to be that to a wrong password.
    GoOn,
}

impl Comparison {
    /// With this hash and no other.
    pub(crate) fn with(stored: String) -> Self {
        Self { stored, decoys: Vec::new(), when_right: WhenRight::Stop }
    }
}

/// What hashing a password against a stored hash showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verified {
    /// Whether the password is the right one.
    pub(crate) right: bool,
    /// A new hash of the right password, when the stored one has other parameters than the present ones.
    pub(crate) rehashed: Option<String>,
}

/// What the pool tells about itself: as any, and how much it has hashed.
#[derive(Debug, Default)]
pub struct HashPoolGauges {
    pool: Arc<WorkPoolGauges>,
    /// The work done since the start: memory times passes of every hash, in KiB.
    pub filled_kib: Arc<AtomicU64>,
}

impl Deref for HashPoolGauges {
    type Target = WorkPoolGauges;

    fn deref(&self) -> &WorkPoolGauges {
        &self.pool
    }
}

/// The threads and their queue.
pub(super) struct HashPool {
    pool: WorkPool<Worker>,
    gauges: Arc<HashPoolGauges>,
}

impl HashPool {
    pub(crate) fn start(settings: &HashSettings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let filled_kib = Arc::<AtomicU64>::default();
        let (engine, params, filled) = (settings.engine, settings.params, Arc::clone(&filled_kib));
        let worker =
            move || Worker { hasher: PasswordHasher::new(engine), params, filled_kib: Arc::clone(&filled) };
        let pool = WorkPool::start("hash", settings.limits(), clock, worker)?;
        let gauges = Arc::new(HashPoolGauges { pool: pool.gauges(), filled_kib });
        Ok(Self { pool, gauges })
    }

    /// Compares `password`. A hash that cannot be read counts as wrong.
    pub(crate) async fn verify(
        &self,
        comparison: Comparison,
        password: Zeroizing<Vec<u8>>,
        salt: [u8; 16],
    ) -> Result<Verified, Overloaded> {
        let work = move |worker: &mut Worker| {
            worker.counted(|hasher, params| verify(hasher, params, &comparison, salt, &password))
        };
        self.pool.run(work).await
    }

    /// Hashes a new password at the present parameters.
    pub(crate) async fn hash(
        &self,
        password: Zeroizing<Vec<u8>>,
        salt: [u8; 16],
    ) -> Result<String, Overloaded> {
        let work =
            move |worker: &mut Worker| worker.counted(|hasher, params| hasher.hash(params, salt, &password));
        self.pool.run(work).await?.map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            Overloaded
        })
    }

    pub(crate) fn gauges(&self) -> Arc<HashPoolGauges> {
        Arc::clone(&self.gauges)
    }
}

/// What a thread keeps: its hasher, and where it tells of its work.
struct Worker {
    hasher: PasswordHasher,
    params: Argon2Params,
    filled_kib: Arc<AtomicU64>,
}

impl Worker {
    /// The outcome of some work, which is counted before anybody learns of it.
    fn counted<T>(&mut self, work: impl FnOnce(&mut PasswordHasher, Argon2Params) -> T) -> T {
        let before = self.hasher.filled_kib();
        let outcome = work(&mut self.hasher, self.params);
        self.filled_kib.fetch_add(self.hasher.filled_kib() - before, Ordering::Relaxed);
        outcome
    }
}

fn verify(
    hasher: &mut PasswordHasher,
    params: Argon2Params,
    Comparison { stored, decoys, when_right }: &Comparison,
    salt: [u8; 16],
    password: &[u8],
) -> Verified {
    let right = hasher.verify(stored, password).unwrap_or_else(|error| {
        tracing::error!(%error, "a stored password hash cannot be verified");
        false
    });
    if right && *when_right == WhenRight::Stop {
        let rehash = needs_rehash(stored, params).then(|| hasher.hash(params, salt, password));
        return Verified { right, rehashed: rehash.and_then(Result::ok) };
    }
    for decoy in decoys {
        // Nobody's: what comes of it is no matter, and a failure was that of the machine.
        let _ = hasher.verify(decoy.hash(), password);
    }
    Verified { right, rehashed: None }
}
