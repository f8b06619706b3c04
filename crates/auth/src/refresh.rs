//! Refreshing: a session that its holder shows alive slides its idle limit, if its user may still stay.

use std::net::IpAddr;

use vestibule_model::{AccountId, Dialect, Millis, Refusal, TrafficOutcome};

use crate::authorize::Live;
use crate::service::Auth;
use crate::traffic::{Caller, Route, outcome_of};

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
        let slide = |live: &mut Live<'_>| {
            let may = self.directory.may_go_on(live, presented.address, presented.now);
            if may {
                live.touch(presented.now);
            }
            may
        };
        let slide = |live: &mut Live<'_>| (slide(live), live.entry.user(), Caller::live(live));
        let Some(((may, user, caller), cookie)) = self.presented(presented, slide) else {
            self.audit.note_refresh_refused(presented, None, Refusal::NoSession);
            self.count_refresh(presented, Caller::UNKNOWN, outcome_of(Refusal::NoSession));
            return Err(RefreshError::NoSession);
        };
        if may {
            self.count_refresh(presented, caller, TrafficOutcome::Allowed);
            return Ok(cookie);
        }
        self.audit.note_refresh_refused(presented, Some(user), Refusal::MayNotStay);
        self.count_refresh(presented, caller, outcome_of(Refusal::MayNotStay));
        Err(RefreshError::MayNotStay)
    }

    fn count_refresh(&self, presented: Presented<'_>, caller: Caller, outcome: TrafficOutcome) {
        self.count_own(Route::REFRESH, caller, outcome, presented.address, presented.now);
    }

    /// What `work` answers of the live session that was shown, if cookie, csrf and account belong together, and its
    /// cookie.
    pub(crate) fn presented<'a, R>(
        &self,
        presented: Presented<'a>,
        work: impl Fn(&mut Live<'_>) -> R,
    ) -> Option<(R, &'a str)> {
        presented.cookies.iter().find_map(|cookie| {
            let id = self.keys.tokens().read_cookie(cookie)?;
            if !self.keys.tokens().csrf_matches(id, presented.csrf) {
                return None;
            }
            let of_account = |live: &mut Live<'_>| {
                let is_here = live.entry.holder.account().account.id == presented.account
                    && live.entry.dialect != Dialect::Pages;
                is_here.then(|| work(live))
            };
            Some((self.live.with(id, presented.now, of_account)??, *cookie))
        })
    }
}
