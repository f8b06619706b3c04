//! The login guard: who is turned away before a password is looked at, what comparing one costs, and what failures come to.
//!
//! Owns the failures by address, by key and by user, the hash threads, and the turns of users. Knows users and policies as it
//! is given them: looks nothing up, stores nothing, and tells the audit nothing.

mod code_failures;
mod failure_limit;
mod failures_by_key;
mod hash_pool;
mod lockout;
mod user_turns;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::MutexGuard;
use vestibule_crypto::{PasswordError, decoy};
use vestibule_model::{AccountId, Clock, LockoutPolicy, Millis, Rng, User, UserId};
use zeroize::Zeroizing;

use crate::directory::{Cost, Costs, UserEntry};
use crate::log_in::{LogIn, LoginScope};
use crate::service::StartError;
use crate::settings::{BlockList, Settings};
use code_failures::CodeFailures;
use failure_limit::{Failures, FailuresByAddress};
use failures_by_key::FailuresByKey;
use hash_pool::{Comparison, HashPool, WhenRight};
use lockout::{Lockouts, Moment};
use user_turns::UserTurns;

use crate::work_pool::Overloaded;

pub(crate) use failure_limit::bucket;
pub(crate) use failures_by_key::Charged;
pub use hash_pool::HashPoolGauges;
pub(crate) use lockout::Verdict;

/// The guard.
pub(crate) struct LoginGuard {
    block_list: BlockList,
    /// Whoever fails in one scope is not kept from the other.
    failures_of_public: FailuresByAddress,
    failures_of_unsolicited: FailuresByAddress,
    failures_of_logouts: FailuresByAddress,
    failures_of_administration: FailuresByAddress,
    /// Providers of an account that did not answer, by the address for which they were asked: what fails there keeps nobody from a
    /// login by password, nor from one in another account.
    unanswered: Failures<(Option<AccountId>, IpAddr)>,
    failures_by_key: FailuresByKey,
    lockouts: Lockouts,
    code_failures: CodeFailures,
    turns: UserTurns,
    hash_pool: HashPool,
    /// At which costs passwords are hashed.
    costs: Arc<Costs>,
    /// The cost of new hashes.
    present_cost: Arc<Cost>,
    rng: Arc<dyn Rng>,
    clock: Arc<dyn Clock>,
}

/// Why an attempt is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// Account or user name are on the block list.
    Blocked,
    /// Too many failures came from this address, or at this key.
    TooManyFailures {
        /// How long until one more is looked at.
        wait: Duration,
    },
}

/// What comparing a password showed.
pub(crate) struct Compared {
    /// Whether the password is the user's.
    pub(crate) right: bool,
    /// Set when it is, and the stored hash has other parameters than new ones.
    pub(crate) rehash: Option<Rehash>,
}

/// A hash to be put in the place of one with other parameters.
pub(crate) struct Rehash {
    pub(crate) old: String,
    pub(crate) new: String,
}

impl LoginGuard {
    /// Starts the hash threads.
    pub(crate) fn start(
        settings: &Settings,
        costs: Arc<Costs>,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let params = settings.hashing.params;
        let present_cost = costs.of(&decoy(params, &*rng)?).ok_or(PasswordError::Cost(params))?;
        Ok(Self {
            block_list: settings.block_list.clone(),
            failures_of_public: FailuresByAddress::new(settings.failures),
            failures_of_unsolicited: FailuresByAddress::new(settings.failures),
            failures_of_logouts: FailuresByAddress::new(settings.failures),
            failures_of_administration: FailuresByAddress::new(settings.failures),
            unanswered: Failures::new(settings.failures),
            failures_by_key: FailuresByKey::new(settings.failures),
            lockouts: Lockouts::default(),
            code_failures: CodeFailures::default(),
            turns: UserTurns::new(),
            hash_pool: HashPool::start(&settings.hashing, Arc::clone(&clock))?,
            costs,
            present_cost,
            rng,
            clock,
        })
    }

    /// Turns away who is blocked, or has failed too often from their address. Charges the address as for a failure, until
    /// [`LoginGuard::give_back`].
    pub(crate) fn admit(&self, at: LogIn, user_name: &str) -> Result<(), TurnedAway> {
        if self.block_list.blocks(at.account, user_name) {
            return Err(TurnedAway::Blocked);
        }
        self.charge(at).map_err(|wait| TurnedAway::TooManyFailures { wait })
    }

    /// Charges the address as for a failure, until [`LoginGuard::give_back`]; an error is how long it has to wait instead.
    pub(crate) fn charge(&self, at: LogIn) -> Result<(), Duration> {
        let Some(address) = at.address else { return Ok(()) };
        self.failures_in(at.scope).charge(address, self.clock.monotonic())
    }

    /// Whether a user of this name is on the block list, in this account.
    pub(crate) fn blocks(&self, account: AccountId, user_name: &str) -> bool {
        self.block_list.blocks(Some(account), user_name)
    }

    /// The attempt did not fail: its address is charged nothing.
    pub(crate) fn give_back(&self, at: LogIn) {
        if let Some(address) = at.address {
            self.failures_in(at.scope).give_back(address);
        }
    }

    /// Turns away those for whose address too many providers of the account were asked that did not answer. Charges the address in
    /// this account, until [`LoginGuard::provider_answered`].
    pub(crate) fn admit_to_provider(&self, at: LogIn) -> Result<(), TurnedAway> {
        let Some(address) = at.address else { return Ok(()) };
        let charged = self.unanswered.charge((at.account, bucket(address)), self.clock.monotonic());
        charged.map_err(|wait| TurnedAway::TooManyFailures { wait })
    }

    /// The provider answered, or was not asked.
    pub(crate) fn provider_answered(&self, at: LogIn) {
        if let Some(address) = at.address {
            self.unanswered.give_back((at.account, bucket(address)));
        }
    }

    /// Turns away who fails at a key at which too many failed; charges the key, until [`LoginGuard::key_was_right`]. Who is
    /// turned away here has been admitted: the address gets back what that was charged.
    pub(crate) fn admit_at_key(&self, at: LogIn, app_key: &str) -> Result<Charged, TurnedAway> {
        let now = self.clock.monotonic();
        self.failures_by_key.charge(at.account, app_key, at.address, now).map_err(|wait| {
            self.give_back(at);
            TurnedAway::TooManyFailures { wait }
        })
    }

    /// The values of the key were right.
    pub(crate) fn key_was_right(&self, charged: &Charged) {
        self.failures_by_key.give_back(charged, self.clock.monotonic());
    }

    fn failures_in(&self, scope: LoginScope) -> &FailuresByAddress {
        match scope {
            LoginScope::Public => &self.failures_of_public,
            LoginScope::Unsolicited => &self.failures_of_unsolicited,
            LoginScope::Logout => &self.failures_of_logouts,
            LoginScope::Administration => &self.failures_of_administration,
        }
    }

    /// Compares a password with the user's, or with nobody's. Each failure is hashed once at every cost that any user's password
    /// has, so that the time tells nothing about this one's.
    pub(crate) async fn compare(
        &self,
        user: Option<&UserEntry>,
        password: Zeroizing<Vec<u8>>,
        now: Millis,
    ) -> Result<Compared, Overloaded> {
        let of_nobody = (self.present_cost.hash(), self.present_cost.params());
        let (hash, cost) = user.and_then(UserEntry::hash).unwrap_or(of_nobody);
        let is_locked = user.is_some_and(|user| self.is_locked(user, now));
        let mut decoys = self.costs.all();
        decoys.retain(|decoy| decoy.params() != cost);
        let when_right = if is_locked { WhenRight::GoOn } else { WhenRight::Stop };
        let comparison = Comparison { stored: hash.to_owned(), decoys, when_right };
        let verified = self.hash_pool.verify(comparison, password, self.new_salt()).await?;
        let rehash = verified.rehashed.map(|new| Rehash { old: hash.to_owned(), new });
        let has_password = user.is_some_and(|user| user.hash().is_some());
        Ok(Compared { right: verified.right && has_password, rehash })
    }

    /// Whether failures have locked the user.
    pub(crate) fn is_locked(&self, user: &UserEntry, now: Millis) -> bool {
        let policy = user.account().account.lockout_policy_of(user.population);
        self.lockouts.is_locked(user, policy, self.moment(now))
    }

    /// Whether a password is that of a stored hash. For nobody who logs in: its time tells what it found.
    pub(crate) async fn matches_hash(
        &self,
        hash: String,
        password: Zeroizing<Vec<u8>>,
    ) -> Result<bool, Overloaded> {
        let verified = self.hash_pool.verify(Comparison::with(hash), password, self.new_salt()).await?;
        Ok(verified.right)
    }

    /// Hashes a new password at the present parameters.
    pub(crate) async fn hash(&self, password: Zeroizing<Vec<u8>>) -> Result<String, Overloaded> {
        self.hash_pool.hash(password, self.new_salt()).await
    }

    /// Counts for the user's lock-out whether a password was right, and says what that comes to.
    pub(crate) fn judge(&self, user: &User, policy: &LockoutPolicy, right: bool, now: Millis) -> Verdict {
        self.lockouts.judge(user, policy, right, self.moment(now))
    }

    /// The same of a password that was right and is not all that has to be shown: the failures before it are not forgotten.
    pub(crate) fn judge_so_far(&self, user: &User, policy: &LockoutPolicy, now: Millis) -> Verdict {
        if self.lockouts.is_locked(user, policy, self.moment(now)) {
            return self.judge(user, policy, true, now);
        }
        Verdict::Accepted
    }

    /// Turns away whose codes were wrong too often; charges the user, until [`LoginGuard::code_was_right`].
    pub(crate) fn admit_code(&self, user: UserId) -> Result<(), TurnedAway> {
        let charged = self.code_failures.charge(user, self.clock.monotonic());
        charged.map_err(|wait| TurnedAway::TooManyFailures { wait })
    }

    /// The code was right, or there is none to be guessed any more.
    pub(crate) fn code_was_right(&self, user: UserId) {
        self.code_failures.forget(user);
    }

    /// Whether a user failed since they were right, by password or by code.
    pub(crate) fn has_failures(&self, user: UserId) -> bool {
        self.lockouts.has_failures(user) || self.code_failures.has_failures(user)
    }

    /// Forgets the failures of a user whose lock somebody has lifted, those of codes among them.
    pub(crate) fn forget_failures(&self, user: UserId) {
        self.lockouts.forget(user);
        self.code_failures.forget(user);
    }

    /// The user's turn, for as long as the answer is held: what is decided on one user's sessions is decided in turns.
    pub(crate) async fn turn_of(&self, user: UserId) -> MutexGuard<'_, ()> {
        self.turns.of(user).await
    }

    /// How often failed logins have locked a user since the start.
    pub(crate) fn lockout_count(&self) -> u64 {
        self.lockouts.locks()
    }

    /// What the hash pool tells about itself.
    pub(crate) fn hash_pool_gauges(&self) -> Arc<HashPoolGauges> {
        self.hash_pool.gauges()
    }

    fn moment(&self, now: Millis) -> Moment {
        Moment { time: now, monotonic: self.clock.monotonic() }
    }

    fn new_salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        self.rng.fill(&mut salt);
        salt
    }
}
