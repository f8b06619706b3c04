//! Logins at identity providers by which sessions were opened, and logouts there.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_model::{ConnectionId, Millis, SessionId};

use crate::{FederatedLogin, FederatedLogins, FederatedLogout, StoreError};

#[derive(Clone, Debug, Default)]
pub(super) struct Logins {
    /// Those of the sessions that are there, by session.
    logins: BTreeSet<FederatedLogin>,
    /// When the last logout of each was issued, and until when that is kept.
    logouts: BTreeMap<FederatedLogins, (Millis, Millis)>,
}

impl Logins {
    pub(super) fn expect_not_logged_out(&self, login: &FederatedLogin) -> Result<(), StoreError> {
        let is_over = |(logins, (issued_at, _)): (&FederatedLogins, &(Millis, Millis))| {
            logins.include(login) && *issued_at >= login.issued_at
        };
        if self.logouts.iter().any(is_over) { Err(StoreError::LoggedOut) } else { Ok(()) }
    }

    pub(super) fn note_logout(&mut self, logout: FederatedLogout) {
        let FederatedLogout { logins, issued_at, kept_until } = logout;
        let noted = self.logouts.entry(logins).or_insert((issued_at, kept_until));
        *noted = (noted.0.max(issued_at), noted.1.max(kept_until));
    }

    pub(super) fn forget_logouts(&mut self, before: Millis, limit: usize) {
        let kept = self.logouts.iter().map(|(logins, (_, kept_until))| (*kept_until, *logins));
        let mut expired: Vec<(Millis, FederatedLogins)> = kept.filter(|(at, _)| *at < before).collect();
        expired.sort_unstable();
        for (_, logins) in expired.into_iter().take(limit) {
            self.logouts.remove(&logins);
        }
    }

    pub(super) fn note(&mut self, login: FederatedLogin) {
        self.logins.insert(login);
    }

    pub(super) fn copy(&mut self, from: SessionId, to: SessionId) {
        let of_from = self.logins.iter().filter(|login| login.session == from);
        let copies: Vec<_> = of_from.map(|login| FederatedLogin { session: to, ..*login }).collect();
        self.logins.extend(copies);
    }

    pub(super) fn forget(&mut self, session: SessionId) {
        self.logins.retain(|login| login.session != session);
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.logins.iter().any(|login| login.session == session)
    }

    pub(super) fn sessions(&self, logins: &FederatedLogins) -> BTreeSet<SessionId> {
        self.logins.iter().filter(|login| logins.include(login)).map(|login| login.session).collect()
    }

    pub(super) fn connections(&self) -> BTreeSet<ConnectionId> {
        self.logins.iter().map(|login| login.connection).collect()
    }
}
