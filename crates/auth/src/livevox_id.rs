//! LiveVox ids: which of them are looked up at all.
//!
//! One that carries a MAC of ours is. One that carries none is forged, or that of a session whose id is of the first form: it
//! is looked up while there may be such a session, and refused before anything is looked up afterwards. ADR 42.

use vestibule_crypto::LivevoxId;
use vestibule_model::Millis;

use crate::authorize::Live;
use crate::service::Auth;

impl Auth {
    /// What `work` answers of the session with this LiveVox id, if it lives at `now`. The session is locked meanwhile.
    pub(crate) fn with_livevox_id<R>(
        &self,
        id: [u8; 16],
        now: Millis,
        work: impl FnOnce(&mut Live<'_>) -> R,
    ) -> Option<R> {
        self.live.with_livevox_lookup(&self.livevox_lookup(id)?, now, work)
    }

    /// Returns when the table tells whether there is a session with this LiveVox id: by the id the store finds nothing. One
    /// that is not looked up is not waited for.
    pub async fn loaded_for_livevox_id(&self, id: [u8; 16]) {
        if self.livevox_lookup(id).is_some() {
            self.loaded().await;
        }
    }

    /// Under which name this is looked up; None: it is not.
    fn livevox_lookup(&self, id: [u8; 16]) -> Option<[u8; 16]> {
        match self.keys.tokens().read_livevox(id)? {
            LivevoxId::Genuine(name) => Some(name),
            LivevoxId::Unproven(name) => self.live.may_have_unproven().then_some(name),
        }
    }
}
