//! Refreshing: a session that its holder shows alive slides its idle limit, if its user may still stay.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountId, Millis, Session};

use crate::live::Live;
use crate::service::Auth;
use crate::standing;

/// What a caller shows of a session: cookies, of which one may be right, and the csrf token that goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The account that the path names.
    pub account: AccountId,
    /// The values of the session cookies, in the order in which they came.
    pub cookies: &'a [&'a str],
    /// The csrf token.
    pub csrf: &'a str,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// The time.
    pub now: Millis,
}

/// Why a refresh was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// No live session of this account belongs to what was shown.
    #[error("no such session")]
    NoSession,
    /// The session lives, but its user may not stay: account, user, password or key are no longer what they were.
    #[error("the user may not stay")]
    MayNotStay,
}

impl Auth {
    /// Slides the session's idle limit, and gives back the cookie that was right. Touches memory only: what moved is
    /// written in batches.
    pub fn refresh<'a>(&self, presented: Presented<'a>) -> Result<&'a str, RefreshError> {
        let (live, cookie) = self.presented(presented).ok_or(RefreshError::NoSession)?;
        if !self.may_stay(&live.opened, presented.address, presented.now) {
            return Err(RefreshError::MayNotStay);
        }
        self.live.touch(&live, presented.now);
        Ok(cookie)
    }

    /// The live session that was shown, if cookie, csrf and account belong together, and its cookie.
    pub(crate) fn presented<'a>(&self, presented: Presented<'a>) -> Option<(Arc<Live>, &'a str)> {
        presented.cookies.iter().find_map(|cookie| {
            let id = self.tokens.read_cookie(cookie)?;
            let live = self.live.get(id, presented.now)?;
            let belongs =
                live.opened.account == presented.account && self.tokens.csrf_matches(id, presented.csrf);
            belongs.then_some((live, *cookie))
        })
    }

    /// [`standing::session_may_go_on`] for whoever has only the session.
    pub(crate) fn may_stay(&self, session: &Session, address: Option<IpAddr>, now: Millis) -> bool {
        let Some(entry) = self.directory.account(session.account) else { return false };
        let Some(user) = entry.user(session.user) else { return false };
        standing::session_may_go_on(&entry, &user, session, address, now)
    }

    /// Whether the user exists, is enabled, and has the credentials that the session was opened with.
    pub(crate) fn is_current(&self, session: &Session) -> bool {
        let user = self.directory.account(session.account).and_then(|entry| entry.user(session.user));
        user.is_some_and(|user| user.enabled && user.credential_version == session.credential_version)
    }
}
