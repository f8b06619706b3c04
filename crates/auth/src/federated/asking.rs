//! Who waits for an answer of an identity provider: so many at once of all accounts, fewer of each, and one for each attempt.
//!
//! Providers are chosen by accounts. One whose providers answer nobody fills its own share and no other's. Whoever has one
//! attempt has one exchange under way, however often the browser sends its callback.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_model::AccountId;

/// How many wait at once.
const AT_ONCE: usize = 256;

/// How many of them at the connections of one account.
const OF_ONE_ACCOUNT: usize = 32;

/// Those who wait.
#[derive(Default)]
pub(crate) struct Asking(Arc<Mutex<UnderWay>>);

#[derive(Default)]
struct UnderWay {
    all: usize,
    accounts: HashMap<AccountId, usize>,
    /// The attempts whose codes are being exchanged.
    attempts: HashSet<String>,
}

/// One who waits, as long as it is held.
pub(super) struct Asks {
    among: Arc<Mutex<UnderWay>>,
    account: AccountId,
    attempt: Option<String>,
}

impl Asking {
    /// One more, for an attempt if it is for one; None: too many wait already, or somebody does for this attempt.
    pub(super) fn begin(&self, account: AccountId, attempt: Option<&str>) -> Option<Asks> {
        let mut guard = lock(&self.0);
        let under_way = &mut *guard;
        let of_account = under_way.accounts.get(&account).copied().unwrap_or_default();
        let is_full = under_way.all >= AT_ONCE || of_account >= OF_ONE_ACCOUNT;
        if is_full || attempt.is_some_and(|attempt| under_way.attempts.contains(attempt)) {
            return None;
        }
        under_way.all += 1;
        under_way.accounts.insert(account, of_account + 1);
        let attempt = attempt.map(ToOwned::to_owned);
        under_way.attempts.extend(attempt.clone());
        Some(Asks { among: Arc::clone(&self.0), account, attempt })
    }
}

impl Drop for Asks {
    fn drop(&mut self) {
        let mut under_way = lock(&self.among);
        under_way.all = under_way.all.saturating_sub(1);
        match under_way.accounts.get_mut(&self.account) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(under_way.accounts.remove(&self.account)),
        }
        if let Some(attempt) = &self.attempt {
            under_way.attempts.remove(attempt);
        }
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: usize) -> AccountId {
        number.to_string().parse().unwrap()
    }

    #[test]
    fn an_account_has_an_eighth_and_others_theirs() {
        let asking = Asking::default();
        let held: Vec<_> = (0..AT_ONCE).filter_map(|_| asking.begin(account(1), None)).collect();
        assert_eq!(held.len(), AT_ONCE / 8);
        assert!(asking.begin(account(2), None).is_some());
    }

    #[test]
    fn there_are_no_more_of_all_accounts_than_may_be() {
        let asking = Asking::default();
        let held: Vec<_> = (0..=AT_ONCE).map(|number| asking.begin(account(number), None)).collect();
        assert_eq!(held.iter().filter(|asks| asks.is_some()).count(), AT_ONCE);
    }

    #[test]
    fn an_attempt_has_one_exchange_under_way_and_another_when_it_is_over() {
        let asking = Asking::default();
        let first = asking.begin(account(1), Some("a"));
        assert!(first.is_some() && asking.begin(account(1), Some("a")).is_none());
        assert!(asking.begin(account(1), Some("b")).is_some());
        drop(first);
        assert!(asking.begin(account(1), Some("a")).is_some());
    }

    #[test]
    fn nothing_is_remembered_of_those_who_are_done() {
        let asking = Asking::default();
        drop([asking.begin(account(1), Some("a")), asking.begin(account(1), None)]);
        let under_way = lock(&asking.0);
        assert!(under_way.all == 0 && under_way.accounts.is_empty() && under_way.attempts.is_empty());
    }
}
