//! Whether a session may go on, by the directory as it is.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{Millis, Session};

use super::{Directory, UserEntry};
use crate::eligibility::{self, OpenedWith};
use crate::live::{Entry, Live};

impl Directory {
    /// The present entry of a session's user, if the session rests on the credentials that the user has.
    pub(crate) fn user_of(&self, session: &Session) -> Option<Arc<UserEntry>> {
        let user = self.account(session.account)?.user(session.user)?;
        (user.credential_version == session.credential_version).then_some(user)
    }

    /// Whether the session may go on at `now` where it was opened from: its user exists and has the credentials that it was
    /// opened with, and so has its application.
    pub(crate) fn is_current(&self, session: &Session, now: Millis) -> bool {
        self.user_of(session).is_some_and(|user| {
            user.enabled && eligibility::may_go_on(&user, session.into(), session.address, now)
        })
    }

    /// The same of a session of the table that somebody shows from this address.
    pub(crate) fn may_go_on(
        &self,
        live: &mut Live<'_, UserEntry>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> bool {
        self.entry_may_go_on(live.entry, address, now)
    }

    /// The same of what the table has. Its holder is looked up when the one that it has was replaced.
    pub(crate) fn entry_may_go_on(
        &self,
        entry: &mut Entry<UserEntry>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> bool {
        if entry.holder.is_replaced() {
            let Some(present) = self.user_of(&entry.session()) else { return false };
            entry.holder = present;
        }
        let opened = OpenedWith {
            method: entry.method,
            application: entry.application(),
            secret_version: entry.secret_version,
        };
        eligibility::may_go_on(&entry.holder, opened, address, now)
    }
}
