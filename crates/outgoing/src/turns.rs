//! How many requests are under way at once: for all accounts together, for each of them, and for each at a host.
//!
//! A host that answers nobody takes half of its account's turns, and an account at most a quarter of all: one whose providers are down
//! keeps no other waiting. Four of them can. Whoever has no turn waits for one, within the time of the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vestibule_model::AccountId;

use crate::target::Target;

/// How many requests are under way at once.
const AT_ONCE: usize = 64;

/// How many of them for the connections of one account.
const OF_ONE_ACCOUNT: usize = 16;

/// How many of those to one host.
const AT_ONE_HOST: usize = 8;

/// How many requests of an account to one host are under way or wait; others are turned away.
const MOST_AT_ONE_HOST: usize = 32;

/// The turns.
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    /// Those with requests that are under way or wait.
    lines: Mutex<HashMap<Line, Queue>>,
}

/// Name and port.
type Host = (String, u16);

/// Those who share turns.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Line {
    OfAccount(AccountId),
    AtHost(AccountId, Host),
}

struct Queue {
    turns: Arc<Semaphore>,
    /// How many have turns or wait for them.
    length: usize,
}

/// A place in the line of an account and a host, as long as it is held.
pub(crate) struct Place {
    turns: Arc<Turns>,
    lines: [Line; 2],
    /// In the same order.
    queues: [Arc<Semaphore>; 2],
}

/// A turn, as long as it is held.
pub(crate) struct Turn {
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

impl Turns {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { all: Arc::new(Semaphore::new(AT_ONCE)), lines: Mutex::default() })
    }

    /// A place in line; None: there are as many in it as may be.
    pub(crate) fn place(self: &Arc<Self>, account: AccountId, target: &Target) -> Option<Place> {
        let host = (target.host.trim_end_matches('.').to_ascii_lowercase(), target.port);
        let lines = [Line::AtHost(account, host), Line::OfAccount(account)];
        let mut all = self.lines();
        if all.get(&lines[0]).is_some_and(|queue| queue.length >= MOST_AT_ONE_HOST) {
            return None;
        }
        let queues = lines.clone().map(|line| {
            let most = if matches!(line, Line::AtHost(..)) { AT_ONE_HOST } else { OF_ONE_ACCOUNT };
            let new = || Queue { turns: Arc::new(Semaphore::new(most)), length: 0 };
            let queue = all.entry(line).or_insert_with(new);
            queue.length += 1;
            Arc::clone(&queue.turns)
        });
        drop(all);
        Some(Place { turns: Arc::clone(self), lines, queues })
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Line, Queue>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A turn, when there is one. Whoever waits for the turn of a wider line has that of the narrower, so that no host fills
    /// the line of its account, and no account that of all.
    pub(crate) async fn turn(&self) -> Turn {
        let [host, account] = &self.queues;
        // Never closed.
        let host = Arc::clone(host).acquire_owned().await.ok();
        let account = Arc::clone(account).acquire_owned().await.ok();
        let all = Arc::clone(&self.turns.all).acquire_owned().await.ok();
        Turn { _permits: [host, account, all] }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.turns.lines();
        for line in &self.lines {
            match all.get_mut(line) {
                Some(queue) if queue.length > 1 => queue.length -= 1,
                _ => drop(all.remove(line)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn one() -> AccountId {
        "123".parse().unwrap()
    }

    fn other() -> AccountId {
        "1234".parse().unwrap()
    }

    fn target(url: &str) -> Target {
        Target::read(url).unwrap()
    }

    /// A place with a turn, if there is one at once.
    fn taken(turns: &Arc<Turns>, account: AccountId, url: &str) -> Option<(Turn, Place)> {
        let place = turns.place(account, &target(url)).unwrap();
        let turn = match std::pin::pin!(place.turn()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn,
            Poll::Pending => return None,
        };
        Some((turn, place))
    }

    #[test]
    fn a_host_has_eight_turns_however_it_is_written() {
        let turns = Turns::new();
        let spellings = ["https://idp.example/a", "https://IDP.example./b", "https://idp.example:443/c"];
        let held: Vec<_> = (0..AT_ONE_HOST).map(|n| taken(&turns, one(), spellings[n % 3])).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(spellings.iter().all(|url| taken(&turns, one(), url).is_none()));
        assert!(taken(&turns, one(), "https://other.example/").is_some());
        assert!(taken(&turns, one(), "https://idp.example:8443/").is_some());
    }

    #[test]
    fn a_host_has_turns_of_its_own_for_each_account() {
        let turns = Turns::new();
        let _held: Vec<_> = (0..AT_ONE_HOST).map(|_| taken(&turns, one(), "https://idp.example/")).collect();
        assert!(taken(&turns, other(), "https://idp.example/").is_some());
    }

    #[test]
    fn an_account_has_a_quarter_of_the_turns_at_however_many_hosts() {
        let turns = Turns::new();
        let url = |host: usize| format!("https://{host}.example/");
        let held: Vec<_> = (0..AT_ONCE).filter_map(|host| taken(&turns, one(), &url(host))).collect();
        assert_eq!(held.len(), AT_ONCE / 4);
        assert!(taken(&turns, other(), &url(0)).is_some());
    }

    #[test]
    fn a_turn_that_is_over_is_anothers_and_no_line_is_remembered() {
        let turns = Turns::new();
        let idp = "https://idp.example/";
        let mut held: Vec<_> = (0..AT_ONE_HOST).map(|_| taken(&turns, one(), idp)).collect();
        held.pop();
        assert!(taken(&turns, one(), idp).is_some());
        held.clear();
        assert!(turns.lines().is_empty());
    }

    #[test]
    fn so_many_wait_for_a_host_and_others_are_turned_away() {
        let turns = Turns::new();
        let idp = target("https://idp.example/");
        let held: Vec<_> = (0..MOST_AT_ONE_HOST).map(|_| turns.place(one(), &idp)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(turns.place(one(), &idp).is_none());
        assert!(turns.place(other(), &idp).is_some());
    }
}
