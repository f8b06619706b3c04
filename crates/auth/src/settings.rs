//! What an operator can set about the engine; policies of accounts are in the directory.

use std::collections::HashSet;
use std::time::Duration;

use vestibule_crypto::{Argon2Params, Engine};
use vestibule_model::{AccountId, Day, Month, Population, SecondFactorPolicy};

use crate::feed::FeedLimits;
use crate::outgoing::SharedOutgoing;
use crate::work_pool::Limits;

/// Settings of the engine.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Password hashing.
    pub hashing: HashSettings,
    /// Failed logins per address.
    pub failures: FailureLimit,
    /// Who is answered 451.
    pub block_list: BlockList,
    /// The intervals of the background tasks.
    pub intervals: Intervals,
    /// How long entries of the audit are kept; None: for ever.
    pub audit_retention: Option<Duration>,
    /// By what identity providers are asked.
    pub outgoing: SharedOutgoing,
    /// Whether administrators need a second factor.
    pub administrators_second_factor: SecondFactorPolicy,
    /// How long it is known what was counted of requests.
    pub traffic: TrafficRetention,
    /// How many may read events at once.
    pub feed: FeedLimits,
}

/// How long it is known what was counted of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficRetention {
    /// For how many days by the hour, today included; 0: nothing is counted.
    pub keep_days: u32,
    /// For how many months by the day, this one included; 0: for no longer than by the hour.
    pub keep_months: u32,
}

impl TrafficRetention {
    /// The first day that is known by the hour: today is one of them, if any is.
    pub(crate) fn first_by_hour(self, today: Day) -> Day {
        today.plus(1).minus(self.keep_days)
    }

    /// The first month that is known by the day: this one is one of them, if any is; the next, if none is.
    pub(crate) fn first_by_day(self, today: Day) -> Month {
        match self.keep_months.checked_sub(1) {
            Some(months) => today.month().minus(months),
            None => today.plus(31).month(),
        }
    }

    /// The first day of which anything is known.
    pub(crate) fn first_day(self, today: Day) -> Day {
        self.first_by_hour(today).min(self.first_by_day(today).first_day())
    }
}

impl Default for TrafficRetention {
    fn default() -> Self {
        Self { keep_days: 35, keep_months: 14 }
    }
}

/// Password hashing: how dear, by which engine, on how many threads, and when the queue is full.
#[derive(Clone, Debug)]
pub struct HashSettings {
    /// The implementation.
    pub engine: Engine,
    /// Parameters of new hashes; hashes with others are rewritten at login.
    pub params: Argon2Params,
    /// Threads that do nothing but hash; each keeps one hashing buffer.
    pub threads: usize,
    /// How many logins may wait.
    pub queue_length: usize,
    /// How long a login may wait before it is turned away.
    pub queue_deadline: Duration,
}

impl HashSettings {
    pub(crate) const fn limits(&self) -> Limits {
        let Self { threads, queue_length, queue_deadline, .. } = *self;
        Limits { threads, queue_length, queue_deadline, told_together: 1 }
    }
}

impl Default for HashSettings {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            params: Argon2Params::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            queue_length: 1_000,
            queue_deadline: Duration::from_secs(5),
        }
    }
}

/// How many logins from one address may fail before it is answered 429. Logins that succeed cost nothing.
#[derive(Clone, Copy, Debug)]
pub struct FailureLimit {
    /// Failures per minute that are forgiven in the long run; 0: no limit.
    pub per_minute: u32,
    /// Failures at once before the first 429.
    pub burst: u32,
}

impl Default for FailureLimit {
    fn default() -> Self {
        Self { per_minute: 60, burst: 100 }
    }
}

/// Accounts and user names that are answered 451 before anything else is looked at.
#[derive(Clone, Debug, Default)]
pub struct BlockList {
    /// Blocked accounts.
    pub accounts: HashSet<AccountId>,
    /// Login names that are blocked in every account, as [`BlockList::name`] has them: any spelling of them is blocked.
    pub user_names: HashSet<String>,
}

impl BlockList {
    /// Whether a login of this name in this account is blocked.
    pub fn blocks(&self, account: Option<AccountId>, user_name: &str) -> bool {
        account.is_some_and(|id| self.accounts.contains(&id))
            || self.user_names.contains(&Self::name(user_name))
    }

    /// The form in which a name is in the list, whatever its spelling.
    pub fn name(user_name: &str) -> String {
        Population::Agent.name_key(user_name)
    }
}

/// The intervals of the background tasks.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Within which time a last use of a session is written, in turn with others. After a crash a session lives at most this
    /// longer than its idle limit; of the uses in this time before it, those may be missing that came within an eighth of the idle limit
    /// after another, and those of the last two seconds.
    pub touch: Duration,
    /// How often expired sessions are removed.
    pub sweep: Duration,
    /// How often the directory is looked at for changes by another process.
    pub follow: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            touch: Duration::from_secs(30),
            sweep: Duration::from_secs(5),
            follow: Duration::from_millis(500),
        }
    }
}
