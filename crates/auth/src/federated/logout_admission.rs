//! Which logouts of identity providers are looked at: from an address that sent too much that was refused, no more than cost little.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use vestibule_model::{Means, Refusal};

use super::logout::LogoutError;
use crate::audit::Attempt;
use crate::detach_on_drop::DetachOnDrop;
use crate::log_in::{LogIn, RETRY_AFTER};
use crate::login_guard::bucket;
use crate::service::Auth;

/// Logouts of addresses that are over their limit: two are verified at once, since logins share the verification. [`IN_LINE`] are kept
/// in memory at most, [`OF_ONE_ADDRESS`] of each address; the others are turned away.
pub(super) struct LogoutsBeyondLimit {
    line: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
    turns: Semaphore,
}

/// How many of them are verified or wait for it.
const IN_LINE: usize = 64;

/// How many of an address.
const OF_ONE_ADDRESS: usize = 8;

/// A place in the line, as long as it is held.
pub(super) struct Place {
    line: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
    address: Option<IpAddr>,
}

/// A turn to be verified; none where the address is within its limit.
pub(super) type Turn<'a> = Option<(Place, SemaphorePermit<'a>)>;

impl Default for LogoutsBeyondLimit {
    fn default() -> Self {
        Self { line: Arc::default(), turns: Semaphore::new(2) }
    }
}

impl LogoutsBeyondLimit {
    /// A place for one more of this address, unless too many wait.
    fn place(&self, address: Option<IpAddr>) -> Option<Place> {
        let address = address.map(bucket);
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = line.get(&address).copied().unwrap_or_default();
        if of_address >= OF_ONE_ADDRESS || line.values().sum::<usize>() >= IN_LINE {
            return None;
        }
        line.insert(address, of_address + 1);
        Some(Place { line: Arc::clone(&self.line), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match line.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(line.remove(&self.address)),
        }
    }
}

/// A logout that is looked at.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) attempt: Attempt,
    /// Set where its address sent too much that was refused: how long until what is not rightly signed is looked at.
    pub(super) wait: Option<Duration>,
}

impl Asked {
    /// Whether keys or certificates are read again for it: not for whom providers that answer late could keep others waiting.
    pub(super) const fn may_read_again(self) -> bool {
        self.wait.is_none()
    }
}

impl Auth {
    /// Waits for the turn of a logout whose address sent too much that was refused, unless too many wait.
    pub(super) async fn turn_to_verify(&self, asked: Asked) -> Result<Turn<'_>, LogoutError> {
        let Some(wait) = asked.wait else { return Ok(None) };
        let beyond = &self.federated.logouts_beyond_limit;
        let place = beyond.place(asked.attempt.at.address);
        let place = place.ok_or_else(|| self.too_many_logouts(asked, wait))?;
        // Never closed.
        Ok(beyond.turns.acquire().await.ok().map(|turn| (place, turn)))
    }

    /// Charges the address, until it is known how this ends. From one that sent too much that was refused, what is rightly signed is
    /// taken all the same: a logout must not be lost because others were refused. So turned away is only what cannot be signed, and
    /// what is signed by a key that the connection does not have yet: it may be sent again.
    pub(super) fn admit_logout(
        &self,
        at: LogIn,
        means: Means,
        may_be_genuine: impl FnOnce() -> bool,
    ) -> Result<Asked, LogoutError> {
        let wait = self.login_guard.charge(at).err().map(|wait| wait.max(RETRY_AFTER));
        let asked = Asked { attempt: Attempt::to_log_out(at, means), wait };
        match wait {
            Some(retry_after) if !may_be_genuine() => Err(self.too_many_logouts(asked, retry_after)),
            _ => Ok(asked),
        }
    }

    pub(super) fn too_many_logouts(&self, asked: Asked, retry_after: Duration) -> LogoutError {
        self.audit.note_refusal(asked.attempt, None, Refusal::TooManyFailures);
        LogoutError::TooMany { retry_after }
    }

    /// As [`Auth::settle`]; what was not charged is not given back.
    pub(super) async fn settle_logout<T: Send + 'static>(
        self: &Arc<Self>,
        asked: Asked,
        whole: impl Future<Output = Result<T, LogoutError>> + Send + 'static,
    ) -> Result<T, LogoutError> {
        match asked.wait {
            None => self.settle(asked.attempt.at, whole).await,
            Some(_) => DetachOnDrop::new(whole).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_somebody_elses_also_when_one_address_takes_all_that_it_may() {
        let beyond = LogoutsBeyondLimit::default();
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        let mut held: Vec<Place> = (0..IN_LINE).filter_map(|_| beyond.place(address(1))).collect();
        assert_eq!(held.len(), OF_ONE_ADDRESS);
        held.extend((2..100).flat_map(|last| [beyond.place(address(last))]).flatten());
        assert_eq!(held.len(), IN_LINE);
        held.clear();
        assert!(beyond.place(address(1)).is_some());
        assert!(beyond.line.lock().unwrap().is_empty(), "nothing stays of whoever is gone");
    }
}
