//! Logins at identity providers by which sessions were opened.

use std::collections::BTreeSet;

use vestibule_model::{ConnectionId, SessionId};

use crate::{FederatedLogin, FederatedLogins};

/// Those of the sessions that are there, by session.
#[derive(Clone, Debug, Default)]
pub(super) struct Logins(BTreeSet<FederatedLogin>);

impl Logins {
    pub(super) fn note(&mut self, login: FederatedLogin) {
        self.0.insert(login);
    }

    pub(super) fn of(&self, session: SessionId) -> Vec<FederatedLogin> {
        self.0.iter().filter(|login| login.session == session).copied().collect()
    }

    pub(super) fn forget(&mut self, session: SessionId) {
        self.0.retain(|login| login.session != session);
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.0.iter().any(|login| login.session == session)
    }

    pub(super) fn sessions(&self, logins: &FederatedLogins) -> BTreeSet<SessionId> {
        self.0.iter().filter(|login| logins.include(login)).map(|login| login.session).collect()
    }

    pub(super) fn connections(&self) -> BTreeSet<ConnectionId> {
        self.0.iter().map(|login| login.connection).collect()
    }
}
