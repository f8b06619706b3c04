//! Finding the session of a reference: it is its id, encrypted (ADR 46).

use vestibule_model::{Millis, Session};

use crate::authorize::Live;
use crate::service::Auth;

impl Auth {
    /// What `work` answers of the session of this reference, if it lives at `now`. The session is locked meanwhile.
    pub(crate) fn with_reference<R>(
        &self,
        reference: [u8; 16],
        now: Millis,
        work: impl FnOnce(&mut Live<'_>) -> R,
    ) -> Option<R> {
        let id = self.keys.tokens().ids_of_reference(reference).find(|id| self.live.has(*id))?;
        self.live.with(id, now, work)
    }

    /// The session of this reference as long as it is in the table, where the dead stay until they are removed.
    pub(crate) fn present(&self, reference: [u8; 16]) -> Option<Session> {
        self.keys.tokens().ids_of_reference(reference).find_map(|id| self.live.present(id))
    }
}
