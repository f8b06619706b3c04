//! Whoever shows a credential of a session: may they go on?
//!
//! Only a session of the LiveVox dialect has a LiveVox id as its credential. Others are named by their reference, which
//! opens nothing.

mod shown;

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;
use vestibule_crypto::{LivevoxId, TokenKeys};
use vestibule_model::{
    Application, AuthenticationMethod, Dialect, Millis, Rank, Session, SessionId, TrafficOutcome,
};

use crate::administration::{self, Touch};
use crate::directory::UserEntry;
use crate::live;
use crate::log_out::LogOutError;
use crate::service::Auth;
use crate::traffic::{Caller, Counted, Route};

pub(crate) use shown::not_known;
pub use shown::{Accepted, Credential, CredentialKind, Credentials, Showing};

/// The hexadecimal digits of a bearer, a cookie and a csrf value.
const TOKEN_DIGITS: usize = 64;

/// A valid session, as long as it is locked.
#[derive(Clone, Copy)]
pub struct Granted<'a> {
    entry: &'a live::Entry<UserEntry>,
    tokens: &'a TokenKeys,
    expires_at: Millis,
    shown_by: CredentialKind,
}

impl<'a> Granted<'a> {
    fn new(live: &'a Live<'_>, tokens: &'a TokenKeys, shown_by: CredentialKind, now: Millis) -> Self {
        Self { entry: live.entry, tokens, expires_at: live.expires_at(now), shown_by }
    }

    /// The session's reference: a name that opens nothing, in the form of a random UUID.
    pub fn reference(&self) -> [u8; 16] {
        self.tokens.reference(self.entry.id)
    }

    /// Its user, and what follows from the account.
    pub fn user(&self) -> &UserEntry {
        &self.entry.holder
    }

    /// The application it was opened with.
    pub fn application(&self) -> Application {
        self.entry.application()
    }

    /// How it was opened.
    pub fn method(&self) -> AuthenticationMethod {
        self.entry.method
    }

    /// When it was opened.
    pub fn opened_at(&self) -> Millis {
        self.entry.created()
    }

    /// The id, as clients show it, of the OAuth client that it was opened with; None: it was opened with none.
    pub fn client_id(&self) -> Option<&str> {
        let Application::OauthClient(id) = self.application() else { return None };
        Some(self.user().account().oauth_client_of_id(id)?.client_id.as_str())
    }

    /// When it ends if it is not used again.
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// The same to keep.
    pub fn to_owned(&self) -> Authorized {
        let user = Arc::clone(&self.entry.holder);
        Authorized { session: self.entry.session(), user, shown_by: self.shown_by }
    }
}

/// Somebody whose session is valid, and who was counted and kept alive for it.
pub struct Authorized {
    /// The session.
    pub session: Session,
    /// Its user, and what follows from the account.
    pub user: Arc<UserEntry>,
    /// By what it was shown.
    pub shown_by: CredentialKind,
}

impl Authorized {
    /// How much of the account the user may see.
    pub fn rank(&self) -> Rank {
        self.user.grants().rank
    }
}

/// Why it is not known who shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoHolder {
    /// Nothing of it that is accepted opens a session that may be used.
    Nobody,
    /// Sessions of different users may be used.
    Several,
}

/// A session under the locks of the table.
pub(crate) type Live<'a> = live::Live<'a, UserEntry>;

impl Auth {
    /// Whether this LiveVox id is that of a session that may be used. Neither keeps it alive nor counts.
    /// Whoever asks is not known; it is counted under the session's application all the same.
    pub fn is_valid(&self, credential: [u8; 16], address: Option<IpAddr>, now: Millis) -> bool {
        let look = |live: &mut Live<'_>| (self.directory.may_go_on(live, None, now), Caller::live(live));
        let found = self.with_livevox_id(credential, now, look);
        let (is_valid, caller) = found.unwrap_or((false, Caller::UNKNOWN));
        let outcome = if is_valid { TrafficOutcome::Allowed } else { TrafficOutcome::InvalidCredential };
        self.count_own(Route::VALIDATE, caller, outcome, address, now);
        is_valid
    }

    /// What `grant` answers of whoever holds the session that this shows, if they may go on and are no administrator.
    /// Counts for its application, also when it is refused, and keeps it alive where the policy says so; in memory. The session is locked
    /// meanwhile, so `grant` must be quick. While the table is being filled, [`Auth::recall`] goes before.
    ///
    /// Of several credentials the first that lives counts; the rules are those of `agreed`.
    pub fn authorize<R>(
        &self,
        route: Route<'_>,
        shown: Showing<'_>,
        grant: impl Fn(Granted<'_>) -> R,
    ) -> Option<R> {
        let caller = Cell::new(Caller::UNKNOWN);
        let granted = self.with_shown(&shown, |live, shown_by| {
            caller.set(Caller::live(live));
            let may = self.may_be_shown(live, shown_by, &shown);
            may.then(|| {
                Self::note_use(live, shown.now);
                grant(self.granted(live, shown_by, shown.now))
            })
        });
        let outcome = match granted {
            Ok(_) => TrafficOutcome::Allowed,
            Err(NoHolder::Several) => TrafficOutcome::Contradictory,
            Err(NoHolder::Nobody) => not_known(&shown),
        };
        self.count_shown(route, caller.get(), outcome, &shown);
        granted.ok()
    }

    /// Counts a request that shows credentials, now that its outcome is known.
    pub(crate) fn count_shown(
        &self,
        route: Route<'_>,
        Caller { source, user }: Caller,
        outcome: TrafficOutcome,
        shown: &Showing<'_>,
    ) {
        let Showing { address, agent, now, .. } = *shown;
        self.traffic.count(&Counted { source, user, route, outcome, address, agent, now });
    }

    /// What `work` answers of the session that counts of what is shown.
    pub(crate) fn with_shown<R>(
        &self,
        shown: &Showing<'_>,
        work: impl Fn(&mut Live<'_>, CredentialKind) -> Option<R>,
    ) -> Result<R, NoHolder> {
        let mut credentials = shown.credentials.ranked(shown.accepted);
        let (first, is_accepted) = credentials.next().ok_or(NoHolder::Nobody)?;
        let worked = if credentials.next().is_none() {
            let kind = first.kind();
            self.find(first, shown.now, |live| is_accepted.then(|| work(live, kind))?)
        } else {
            let (id, kind) = self.agreed(shown)?;
            self.live.with(id, shown.now, |live| work(live, kind)).flatten()
        };
        worked.ok_or(NoHolder::Nobody)
    }

    /// Whether a session opens what is asked for where it is shown.
    pub(crate) fn may_be_shown(
        &self,
        live: &mut Live<'_>,
        shown_by: CredentialKind,
        shown: &Showing<'_>,
    ) -> bool {
        let of_account = |named: &str| live.entry.holder.account().account.id.as_str() == named;
        shown.account.is_none_or(of_account)
            && opens(live, shown_by)
            && self.directory.may_go_on(live, shown.address, shown.now)
    }

    pub(crate) fn granted<'a>(
        &'a self,
        live: &'a Live<'_>,
        shown_by: CredentialKind,
        now: Millis,
    ) -> Granted<'a> {
        Granted::new(live, self.keys.tokens(), shown_by, now)
    }

    /// The session that counts when several credentials are shown: that of the first accepted one that lives. There is none also
    /// when two of them live and belong to different users, since nobody could tell whose request it is; and when a
    /// bearer is one of ours and has ended, since its holder has logged out. Whatever else does not live counts as absent:
    /// clients send the tokens of other services along, and browsers old cookies.
    fn agreed(&self, shown: &Showing<'_>) -> Result<(SessionId, CredentialKind), NoHolder> {
        let look = |live: &mut Live<'_>, shown_by: CredentialKind| {
            let lives = opens(live, shown_by) && self.directory.may_go_on(live, shown.address, shown.now);
            lives.then(|| (live.entry.id, live.entry.user()))
        };
        let (mut counts, mut holder) = (None, None);
        for (credential, is_accepted) in shown.credentials.ranked(shown.accepted) {
            let Some((id, user)) = self.find(credential, shown.now, |live| look(live, credential.kind()))
            else {
                if matches!(credential, Credential::Bearer(bearer) if self.is_genuine_bearer(bearer)) {
                    return Err(NoHolder::Nobody);
                }
                continue;
            };
            if *holder.get_or_insert(user) != user {
                return Err(NoHolder::Several);
            }
            if is_accepted {
                counts = counts.or(Some((id, credential.kind())));
            }
        }
        counts.ok_or(NoHolder::Nobody)
    }

    /// Whether a bearer is one that this service has made, whatever became of its session.
    pub fn is_genuine_bearer(&self, bearer: &str) -> bool {
        self.keys.tokens().read_bearer(bearer).is_some()
    }

    /// Whether a text that somebody calls no secret is one of ours all the same: has the form of a bearer, a cookie or a csrf
    /// value, or of a token of administration, or is a LiveVox id with this installation's MAC. For what is to be logged.
    pub fn is_credential(&self, text: &str) -> bool {
        let has_form = text.len() == TOKEN_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_livevox_id = |id: Uuid| {
            matches!(self.keys.tokens().read_livevox(id.into_bytes()), Some(LivevoxId::Genuine(_)))
        };
        has_form
            || text.starts_with(administration::TOKEN_PREFIX)
            || Uuid::try_parse(text).is_ok_and(is_livevox_id)
    }

    /// What `work` answers of the first session that this shows and that it answers something of.
    pub(crate) fn find<R>(
        &self,
        credential: Credential<'_>,
        now: Millis,
        work: impl Fn(&mut Live<'_>) -> Option<R>,
    ) -> Option<R> {
        let by_id = |id: SessionId| self.live.with(id, now, &work)?;
        match credential {
            Credential::Bearer(bearer) => by_id(self.keys.tokens().read_bearer(bearer)?),
            Credential::Cookies(cookies) => {
                cookies.iter().find_map(|cookie| by_id(self.keys.tokens().read_cookie(cookie)?))
            }
            Credential::LivevoxId(id) => self.with_livevox_id(id, now, &work)?,
            Credential::PageCookie(cookie) => by_id(self.keys.tokens().read_page_cookie(cookie)?),
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
            let is_administration =
                live.entry.holder.is_administrator && live.entry.dialect != Dialect::Pages;
            let may = is_administration && self.let_pass(live, address, now);
            may.then(|| Granted::new(live, self.keys.tokens(), CredentialKind::Bearer, now).to_owned())
        };
        self.live.with(self.keys.tokens().read_bearer(bearer)?, now, work)?
    }

    /// The same for a session of the console, which is of the pages of the administrators' account. `touch`: whether it is kept alive.
    pub(crate) fn authorize_console(
        &self,
        id: SessionId,
        touch: Touch,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Option<Authorized> {
        let work = |live: &mut Live<'_>| {
            let is_console = live.entry.holder.is_administrator && live.entry.dialect == Dialect::Pages;
            let may = is_console
                && match touch {
                    Touch::Use => self.let_pass(live, address, now),
                    Touch::Look => self.directory.may_go_on(live, address, now),
                };
            may.then(|| Granted::new(live, self.keys.tokens(), CredentialKind::Cookie, now).to_owned())
        };
        self.live.with(id, now, work)?
    }

    pub(crate) fn let_pass(&self, live: &mut Live<'_>, address: Option<IpAddr>, now: Millis) -> bool {
        let may = self.directory.may_go_on(live, address, now);
        if may {
            Self::note_use(live, now);
        }
        may
    }

    /// Counts a use, and keeps the session alive where its policy says so.
    pub(crate) fn note_use(live: &mut Live<'_>, now: Millis) {
        let policy = live.entry.holder.account().account.session_policy_of(live.entry.dialect);
        if policy.kept_alive_by_use {
            live.touch(now);
        }
        live.count(now);
    }

    /// Ends the session with this LiveVox id. Whoever knows the id may end it: nothing else is asked.
    pub async fn end_by_credential(
        self: &Arc<Self>,
        credential: [u8; 16],
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<(), LogOutError> {
        self.loaded_for_livevox_id(credential).await;
        let found = self.with_livevox_id(credential, now, |live| (live.entry.session(), Caller::live(live)));
        self.end_of_holder(found, address, now).await
    }
}

/// Whether a session opens what is neither administration nor a page, shown by this. A session of the pages is shown by its own cookie,
/// and no other session is.
fn opens(live: &Live<'_>, shown_by: CredentialKind) -> bool {
    match shown_by {
        CredentialKind::PageCookie => {
            !live.entry.holder.is_administrator && live.entry.dialect == Dialect::Pages
        }
        CredentialKind::Bearer | CredentialKind::LivevoxId | CredentialKind::Cookie => is_public(live),
    }
}

/// Whether a session is one of a dialect, and of no administrator.
pub(crate) fn is_public(live: &Live<'_>) -> bool {
    !live.entry.holder.is_administrator && live.entry.dialect != Dialect::Pages
}
