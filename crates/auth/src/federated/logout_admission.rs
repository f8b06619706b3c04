//! Which logouts of identity providers are looked at: from an address that sent too much that was refused, no more than cost little.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use vestibule_model::{Means, Refusal};

use super::logout::LogoutError;
use crate::audit::Attempt;
use crate::detach_on_drop::DetachOnDrop;
use crate::log_in::{LogIn, RETRY_AFTER};
use crate::service::Auth;

/// Logouts of addresses that are over their limit: two are verified at once, since logins share the verification, and [`IN_LINE`] are
/// kept in memory at most. The others are turned away.
pub(super) struct LogoutsBeyondLimit {
    line: Semaphore,
    turns: Semaphore,
}

/// How many of them are verified or wait for it.
const IN_LINE: usize = 64;

/// A turn to be verified; none where the address is within its limit.
pub(super) type Turn<'a> = Option<[SemaphorePermit<'a>; 2]>;

impl Default for LogoutsBeyondLimit {
    fn default() -> Self {
        Self { line: Semaphore::new(IN_LINE), turns: Semaphore::new(2) }
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
        let LogoutsBeyondLimit { line, turns } = &self.federated.logouts_beyond_limit;
        let Ok(place) = line.try_acquire() else { return Err(self.too_many_logouts(asked, wait)) };
        // Never closed.
        Ok(turns.acquire().await.ok().map(|turn| [place, turn]))
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
