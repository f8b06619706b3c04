//! Sessions that are shown by their LiveVox id: is one valid, may its holder go on, end it.
//!
//! Only a session of that dialect has such an id as its credential. Others are named by their reference, which opens
//! nothing.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{Dialect, EndReason, Millis, Rank, Session, User};

use crate::directory::AccountEntry;
use crate::live::{Live, Name};
use crate::log_out::LogOutError;
use crate::service::Auth;

/// Somebody whose session is valid, and who was counted and kept alive for it.
pub struct Authorized {
    /// The session.
    pub session: Session,
    /// Its account.
    pub entry: Arc<AccountEntry>,
    /// Its user.
    pub user: Arc<User>,
    /// How much of the account the user may see.
    pub rank: Rank,
}

impl Auth {
    /// Whether this LiveVox id is that of a session that may be used. Neither keeps it alive nor counts.
    pub fn is_valid(&self, credential: [u8; 16], now: Millis) -> bool {
        self.usable(credential, None, now).is_some()
    }

    /// Whoever holds the session with this LiveVox id, if they may go on. Keeps it alive, and counts for its
    /// application; in memory.
    pub fn authorize(
        &self,
        credential: [u8; 16],
        address: Option<IpAddr>,
        now: Millis,
    ) -> Option<Authorized> {
        let live = self.usable(credential, address, now)?;
        let entry = self.directory.account(live.opened.account)?;
        let user = entry.user(live.opened.user)?;
        self.live.touch(&live, now);
        self.traffic.count(live.opened.application, now);
        let rank = entry.rank(&user);
        Some(Authorized { session: live.session(), entry, user, rank })
    }

    /// Ends the session with this LiveVox id. Whoever knows the id may end it: nothing else is asked.
    pub async fn end_by_credential(
        self: &Arc<Self>,
        credential: [u8; 16],
        now: Millis,
    ) -> Result<(), LogOutError> {
        let live = self.by_credential(credential, now).ok_or(LogOutError::NoSession)?;
        self.end_detached(live.session(), EndReason::LoggedOut).await.map_err(LogOutError::Store)
    }

    fn usable(&self, credential: Name, address: Option<IpAddr>, now: Millis) -> Option<Arc<Live>> {
        let live = self.by_credential(credential, now)?;
        self.may_stay(&live.opened, address, now).then_some(live)
    }

    /// The live session of this LiveVox id. References are names too, but no credentials.
    fn by_credential(&self, credential: Name, now: Millis) -> Option<Arc<Live>> {
        let id = self.live.named(&credential)?;
        let live = self.live.get(id, now)?;
        let opens = live.opened.dialect == Dialect::LiveVox && self.tokens.livevox(id) == credential;
        opens.then_some(live)
    }
}
