//! How many requests are under way at once: for all hosts together, and for each of them.
//!
//! A host that answers nobody keeps none waiting who asks another one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::target::Target;

/// How many requests are under way at once; others wait, within their time.
const AT_ONCE: usize = 64;

/// How many of them to one host; others are turned away.
const OF_ONE_HOST: usize = 8;

/// The turns.
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    /// Hosts that are being asked, by name and port, with the number of requests.
    hosts: Mutex<HashMap<Host, usize>>,
}

type Host = (String, u16);

/// A place among the requests to a host, as long as it is held.
pub(crate) struct HostTurn {
    turns: Arc<Turns>,
    host: Host,
}

impl Turns {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { all: Arc::new(Semaphore::new(AT_ONCE)), hosts: Mutex::default() })
    }

    /// One among those to the host; None: there are as many as may be.
    pub(crate) fn at(self: &Arc<Self>, target: &Target) -> Option<HostTurn> {
        let host = (target.host.trim_end_matches('.').to_ascii_lowercase(), target.port);
        let mut hosts = self.hosts();
        let asked = hosts.get(&host).copied().unwrap_or_default();
        if asked >= OF_ONE_HOST {
            return None;
        }
        hosts.insert(host.clone(), asked + 1);
        Some(HostTurn { turns: Arc::clone(self), host })
    }

    /// One among all. As each who waits has a turn at a host, few do.
    pub(crate) async fn among_all(&self) -> Option<OwnedSemaphorePermit> {
        // Never closed.
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<Host, usize>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        let mut hosts = self.turns.hosts();
        match hosts.get_mut(&self.host) {
            Some(asked) if *asked > 1 => *asked -= 1,
            _ => drop(hosts.remove(&self.host)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::read(url).unwrap()
    }

    #[test]
    fn a_host_has_eight_turns_however_it_is_written() {
        let turns = Turns::new();
        let spellings = ["https://idp.example/a", "https://IDP.example./b", "https://idp.example:443/c"];
        let held: Vec<_> = (0..OF_ONE_HOST).map(|n| turns.at(&target(spellings[n % 3]))).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(spellings.iter().all(|url| turns.at(&target(url)).is_none()));
        assert!(turns.at(&target("https://other.example/")).is_some());
        assert!(turns.at(&target("https://idp.example:8443/")).is_some());
    }

    #[test]
    fn a_turn_that_is_over_is_anothers_and_no_host_is_remembered() {
        let turns = Turns::new();
        let idp = target("https://idp.example/");
        let mut held: Vec<_> = (0..OF_ONE_HOST).map(|_| turns.at(&idp)).collect();
        held.pop();
        assert!(turns.at(&idp).is_some());
        held.clear();
        assert!(turns.hosts().is_empty());
    }
}
