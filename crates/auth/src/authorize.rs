//! Whoever shows a credential of a session: may they go on?
//!
//! Only a session of the LiveVox dialect has a LiveVox id as its credential. Others are named by their reference, which
//! opens nothing.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{Dialect, EndReason, Millis, Rank, Session, User};

use crate::directory::AccountEntry;
use crate::live::{Live, Name};
use crate::log_out::LogOutError;
use crate::service::Auth;
use crate::standing;

/// What shows a session at a gateway.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    /// A bearer token.
    Bearer(&'a str),
    /// The session cookies of a request, of which one may be right.
    Cookies(&'a [&'a str]),
    /// A LiveVox id.
    LivevoxId([u8; 16]),
}

/// Somebody whose session is valid, and who was counted and kept alive for it.
pub struct Authorized {
    /// The session.
    pub session: Session,
    /// Its account.
    pub entry: Arc<AccountEntry>,
    /// Its user.
    pub user: Arc<User>,
}

impl Authorized {
    /// How much of the account the user may see.
    pub fn rank(&self) -> Rank {
        self.entry.rank(&self.user)
    }
}

impl Auth {
    /// Whether this LiveVox id is that of a session that may be used. Neither keeps it alive nor counts.
    pub fn is_valid(&self, credential: [u8; 16], now: Millis) -> bool {
        let live = self.by_credential(credential, now);
        live.is_some_and(|live| self.may_stay(&live.opened, None, now))
    }

    /// Whoever holds the session that this shows, if they may go on. Counts for its application, and keeps it alive where
    /// the policy says so; in memory.
    pub fn authorize(
        &self,
        credential: Credential<'_>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Option<Authorized> {
        let live = match credential {
            Credential::Bearer(bearer) => self.live.get(self.tokens.read_bearer(bearer)?, now)?,
            Credential::Cookies(cookies) => {
                cookies.iter().find_map(|cookie| self.live.get(self.tokens.read_cookie(cookie)?, now))?
            }
            Credential::LivevoxId(id) => self.by_credential(id, now)?,
        };
        let entry = self.directory.account(live.opened.account)?;
        let user = entry.user(live.opened.user)?;
        if !standing::session_may_go_on(&entry, &user, &live.opened, address, now) {
            return None;
        }
        if entry.account.session_policy_of(live.opened.dialect).kept_alive_by_use {
            self.live.touch(&live, now);
        }
        self.traffic.count(live.opened.application, now);
        Some(Authorized { session: live.session(), entry, user })
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

    /// The live session of this LiveVox id. References are names too, but no credentials.
    fn by_credential(&self, credential: Name, now: Millis) -> Option<Arc<Live>> {
        let id = self.live.named(&credential)?;
        let live = self.live.get(id, now)?;
        let opens = live.opened.dialect == Dialect::LiveVox && self.tokens.livevox(id) == credential;
        opens.then_some(live)
    }
}
