//! Sessions of the service's own pages: opened by any login in the dialect [`Dialect::Pages`], shown by a cookie of their own.
//!
//! They open pages and nothing else: no bearer and no cookie of another dialect names them, and the check refuses them. A
//! policy of their own says how long they live; they neither end the sessions of the dialects nor are ended by their logins.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use vestibule_crypto::TokenText;
use vestibule_model::{AuthenticationMethod, Dialect, Millis, Session, SessionId, TrafficOutcome};
use vestibule_store::StoreError;

use crate::attempt::ProvedUser;
use crate::authorize::{Authorized, CredentialKind, Live};
use crate::directory::{AccountEntry, UserEntry};
use crate::load::RecallError;
use crate::log_in::LogIn;
use crate::open::earliest;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

/// Somebody who looks at a page.
#[derive(Clone)]
pub struct PageSession {
    /// The session; its dialect is [`Dialect::Pages`].
    pub session: Session,
    /// The account, as it is now.
    pub entry: Arc<AccountEntry>,
    /// The user.
    pub user: Arc<UserEntry>,
}

impl PageSession {
    /// Who it is.
    pub fn proved(&self) -> ProvedUser {
        ProvedUser { entry: Arc::clone(&self.entry), user: Arc::clone(&self.user) }
    }

    /// When what is opened by it ends at the latest, where an identity provider of SAML opened it (SAML core §2.7.2): with the page
    /// itself, whose end has that attribute in it. It is kept nowhere by itself.
    pub(crate) fn session_not_on_or_after(&self) -> Option<Millis> {
        self.session.absolute_end.filter(|_| self.session.method == AuthenticationMethod::Saml)
    }

    /// The same for what a holder of any session may ask.
    pub fn authorized(&self) -> Authorized {
        let user = Arc::clone(&self.user);
        Authorized { session: self.session.clone(), user, shown_by: CredentialKind::Cookie }
    }
}

/// A page session as it was shown, which is not counted yet.
#[must_use = "a request is counted, as that of a page or as whatever else it is"]
pub struct ShownPage {
    page: Option<PageSession>,
    caller: Caller,
    address: Option<IpAddr>,
    now: Millis,
}

impl ShownPage {
    /// Whose page it is; None: of nobody who may go on.
    pub const fn page(&self) -> Option<&PageSession> {
        self.page.as_ref()
    }

    /// The same, of a request that is counted as something else.
    pub fn counted_elsewhere(self) -> Option<PageSession> {
        self.page
    }
}

impl Auth {
    /// Whose page it is, if the cookie is that of a page session that lives and whose user may go on. Counts as a request for a page.
    ///
    /// # Errors
    ///
    /// Those of [`Auth::shown_page`].
    pub async fn page_session(
        &self,
        cookie: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Option<PageSession>, RecallError> {
        let shown = self.shown_page(cookie, address, now).await?;
        Ok(shown.and_then(|shown| self.count_page(shown)))
    }

    /// The page session of a cookie; None: it is none of ours. Slides its idle limit, and is still to be counted. While the table is
    /// being filled, the store is asked for it.
    ///
    /// # Errors
    ///
    /// [`RecallError`] when neither can tell yet.
    pub async fn shown_page(
        &self,
        cookie: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Option<ShownPage>, RecallError> {
        let Some(id) = self.keys.tokens().read_page_cookie(cookie) else { return Ok(None) };
        if !self.is_loaded() {
            self.recall_all(vec![id]).await?;
        }
        Ok(Some(self.live_page(id, address, now)))
    }

    fn live_page(&self, id: SessionId, address: Option<IpAddr>, now: Millis) -> ShownPage {
        let caller = Cell::new(Caller::UNKNOWN);
        let work = |live: &mut Live<'_>| {
            caller.set(Caller::live(live));
            let is_page = live.entry.dialect == Dialect::Pages && !live.entry.holder.is_administrator;
            let may = is_page && self.let_pass(live, address, now);
            may.then(|| (live.entry.session(), Arc::clone(&live.entry.holder)))
        };
        let found = self.live.with(id, now, work).flatten();
        let page = found.and_then(|(session, user)| {
            let entry = self.directory.account(session.account)?;
            Some(PageSession { session, entry, user })
        });
        ShownPage { page, caller: caller.get(), address, now }
    }

    /// Counts a request for a page, and tells whose it is.
    pub fn count_page(&self, ShownPage { page, caller, address, now }: ShownPage) -> Option<PageSession> {
        let outcome =
            if page.is_some() { TrafficOutcome::Allowed } else { TrafficOutcome::InvalidCredential };
        self.count_own(Route::PAGES, caller, outcome, address, now);
        page
    }

    /// What takes the place of a page session when its holder changes the password. It was opened in the same way, and does not
    /// live longer than the one before.
    pub(crate) fn successor(&self, page: &PageSession, at: LogIn, credential_version: i64) -> Session {
        let policy = page.entry.account.session_policy_of(Dialect::Pages);
        let own_end = policy.absolute_end(at.now);
        Session {
            id: self.keys.tokens().mint_session_id(&*self.rng),
            address: at.address,
            created: at.now,
            last_used: at.now,
            idle: policy.idle(),
            absolute_end: earliest([own_end, page.session.absolute_end]),
            credential_version,
            ..page.session.clone()
        }
    }

    /// The value of the cookie that shows a page session.
    pub fn page_cookie(&self, session: &Session) -> TokenText {
        self.keys.tokens().page_cookie(session.id)
    }

    /// What the forms of a page session carry.
    pub fn page_csrf(&self, session: &Session) -> TokenText {
        self.keys.tokens().page_csrf(session.id)
    }

    /// Whether a form is one of this page session.
    pub fn page_csrf_matches(&self, session: &Session, text: &str) -> bool {
        self.keys.tokens().page_csrf_matches(session.id, text)
    }

    /// Ends a page session because its holder logs out.
    pub async fn end_page_session(
        self: &Arc<Self>,
        page: &PageSession,
        address: Option<IpAddr>,
    ) -> Result<(), StoreError> {
        let end = self.by_holder(&page.session, address);
        self.ends.end_detached(page.session.clone(), end).await
    }
}
