//! Whoever shows a credential of a session: may they go on?
//!
//! Only a session of the LiveVox dialect has a LiveVox id as its credential. Others are named by their reference, which
//! opens nothing.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{Application, Millis, Rank, Session, SessionId};

use crate::directory::UserEntry;
use crate::live;
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

/// A valid session, as long as it is locked.
#[derive(Clone, Copy)]
pub struct Granted<'a>(&'a live::Entry<UserEntry>);

impl Granted<'_> {
    /// The session's reference: a name that opens nothing, in the form of a random UUID.
    pub fn reference(&self) -> [u8; 16] {
        self.0.reference
    }

    /// Its user, and what follows from the account.
    pub fn user(&self) -> &UserEntry {
        &self.0.holder
    }

    /// The application it was opened with.
    pub fn application(&self) -> Application {
        self.0.application()
    }

    /// When it ends if it is not used again.
    pub fn expires_at(&self) -> Millis {
        self.0.expires_at()
    }

    /// The same to keep.
    pub fn to_owned(&self) -> Authorized {
        Authorized { session: self.0.session(), user: Arc::clone(&self.0.holder) }
    }
}

/// Somebody whose session is valid, and who was counted and kept alive for it.
pub struct Authorized {
    /// The session.
    pub session: Session,
    /// Its user, and what follows from the account.
    pub user: Arc<UserEntry>,
}

impl Authorized {
    /// How much of the account the user may see.
    pub fn rank(&self) -> Rank {
        self.user.grants().rank
    }
}

/// A session under the locks of the table.
pub(crate) type Live<'a> = live::Live<'a, UserEntry>;

impl Auth {
    /// Whether this LiveVox id is that of a session that may be used. Neither keeps it alive nor counts.
    pub fn is_valid(&self, credential: [u8; 16], now: Millis) -> bool {
        self.live.with_livevox_id(&credential, now, |live| self.may_go_on(live, None, now)) == Some(true)
    }

    /// What `grant` answers of whoever holds the session that this shows, if they may go on and are no administrator. Counts for its application,
    /// and keeps it alive where the policy says so; in memory. The session is locked meanwhile, so `grant` must be quick.
    /// While the table is being filled, [`Auth::recall`] goes before.
    pub fn authorize<R>(
        &self,
        credential: Credential<'_>,
        address: Option<IpAddr>,
        now: Millis,
        grant: impl Fn(Granted<'_>) -> R,
    ) -> Option<R> {
        let work = |live: &mut Live<'_>| {
            let may = !live.entry.holder.is_administrator && self.let_pass(live, address, now);
            may.then(|| grant(Granted(live.entry)))
        };
        let by_id = |id: SessionId| self.live.with(id, now, work);
        match credential {
            Credential::Bearer(bearer) => by_id(self.tokens.read_bearer(bearer)?)?,
            Credential::Cookies(cookies) => {
                cookies.iter().find_map(|cookie| by_id(self.tokens.read_cookie(cookie)?))?
            }
            Credential::LivevoxId(id) => self.live.with_livevox_id(&id, now, work)?,
        }
    }

    /// The same for a session of the administrators' account, which opens nothing else.
    pub(crate) fn authorize_administrator(
        &self,
        bearer: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Option<Authorized> {
        let work = |live: &mut Live<'_>| {
            let may = live.entry.holder.is_administrator && self.let_pass(live, address, now);
            may.then(|| Granted(live.entry).to_owned())
        };
        self.live.with(self.tokens.read_bearer(bearer)?, now, work)?
    }

    fn let_pass(&self, live: &mut Live<'_>, address: Option<IpAddr>, now: Millis) -> bool {
        if !self.may_go_on(live, address, now) {
            return false;
        }
        let policy = live.entry.holder.account().account.session_policy_of(live.entry.dialect);
        if policy.kept_alive_by_use {
            live.touch(now);
        }
        live.count(now);
        true
    }

    /// Whether the holder of a session may stay, by the present directory.
    pub(crate) fn may_go_on(&self, live: &mut Live<'_>, address: Option<IpAddr>, now: Millis) -> bool {
        let entry = &mut *live.entry;
        if entry.holder.is_replaced() {
            let Some(present) = self.user_of(&entry.session()) else { return false };
            entry.holder = present;
        }
        standing::may_go_on(&entry.holder, (entry.opening, entry.application()), address, now)
    }

    /// The present entry of a session's user, if the session rests on the credentials that the user has.
    pub(crate) fn user_of(&self, session: &Session) -> Option<Arc<UserEntry>> {
        let user = self.directory.account(session.account)?.user(session.user)?;
        (user.credential_version == session.credential_version).then_some(user)
    }

    /// Ends the session with this LiveVox id. Whoever knows the id may end it: nothing else is asked.
    pub async fn end_by_credential(
        self: &Arc<Self>,
        credential: [u8; 16],
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<(), LogOutError> {
        self.loaded().await;
        let session = self.live.with_livevox_id(&credential, now, |live| live.entry.session());
        let session = session.ok_or(LogOutError::NoSession)?;
        let end = self.by_holder(&session, address);
        self.end_detached(session, end).await.map_err(LogOutError::Store)
    }
}
