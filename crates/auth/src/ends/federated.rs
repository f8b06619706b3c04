//! Ends of sessions that were opened by a login at an identity provider: because that is over, or the connection is.
//!
//! Which they are, the store knows alone.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use vestibule_model::{AccountId, ConnectionId, EndReason, Millis, SessionId};
use vestibule_store::{EndedSessions, FederatedLogins, SessionNumber, SessionSelector, StoreError};

use super::{EndProgress, Ends, ManyEnd};
use crate::audit::End;
use crate::background::BATCH;

/// How many numbers of sessions are read at once.
const NUMBERS: usize = 50_000;

/// A session that is to end.
type Found = (SessionId, AccountId);

impl Ends {
    /// The sessions of these logins.
    pub(crate) async fn sessions_of_logins(&self, logins: FederatedLogins) -> Result<Vec<Found>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, last) = self.page_of(logins, after).await?;
            let is_last = page.len() < BATCH;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
            after = last;
        }
    }

    /// Their numbers, in order. It may be a million, which take a twentieth of what the sessions do: without a look at any.
    pub(crate) async fn numbers_of_logins(
        &self,
        logins: FederatedLogins,
    ) -> Result<Vec<SessionNumber>, StoreError> {
        let mut all = Vec::new();
        loop {
            let page = self.store.federated_session_numbers(logins, all.last().copied(), NUMBERS).await?;
            let is_last = page.len() < NUMBERS;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Some of them, all if there are fewer than [`BATCH`], and the last of these.
    async fn page_of(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
    ) -> Result<(Vec<Found>, Option<SessionNumber>), StoreError> {
        let page = self.store.federated_sessions(logins, after, BATCH).await?;
        let last = page.last().map(|stored| stored.number);
        Ok((page.iter().map(|stored| (stored.session.id, stored.session.account)).collect(), last))
    }

    /// Ends each of these: refused in memory from here on, and durable when this answers.
    pub(crate) async fn end_each(
        &self,
        sessions: Vec<Found>,
        end: &End,
        progress: &EndProgress,
    ) -> Result<(), StoreError> {
        progress.add_found(sessions.len());
        let mut result = Ok(());
        for some in sessions.chunks(BATCH) {
            let at = self.clock.now();
            let (mut pending, mut in_force) = (self.pending(), Vec::new());
            for (id, account) in some {
                let sessions = EndedSessions::One(*id);
                let selector = SessionSelector { sessions, account: Some(*account), opened_until: at };
                let decided = self.in_force.decide(selector, end.clone());
                let records = self.records_unless_later(decided.number, end.clone(), at);
                pending.add([ManyEnd::new(selector, end.clone(), at, records)]);
                in_force.push(decided);
                self.live.remove(*id);
                tracing::debug!(session = ?id, reason = %end.reason, "session ended");
            }
            // Boxed: what is pending may hold connections, of which sessions end in the same way.
            match Box::pin(pending.end_all()).await {
                Ok(()) => progress.add_ended(some.len()),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Ends the sessions of those of these connections that are not enabled any more. One whose sessions the store does not tell
    /// is looked at again.
    pub(super) async fn end_of_refused(
        &self,
        mut connections: BTreeSet<ConnectionId>,
    ) -> Result<(), StoreError> {
        let mut result = Ok(());
        while let Some(connection) = connections.pop_first() {
            if let Err(error) = self.end_if_refused(connection).await {
                self.look_for_sessions_of([connection]);
                result = Err(error);
            }
        }
        result
    }

    async fn end_if_refused(&self, connection: ConnectionId) -> Result<(), StoreError> {
        let logins = FederatedLogins { connection, subject: None, session_index: None };
        let mut after = None;
        loop {
            let (page, last) = self.page_of(logins, after).await?;
            let is_refused = |(_, account): &Found| {
                let entry = self.directory.account(*account);
                let usable = entry.as_ref().and_then(|entry| entry.connection(connection));
                !usable.is_some_and(|usable| usable.connection.enabled)
            };
            // All are of one account.
            if !page.first().is_some_and(is_refused) {
                return Ok(());
            }
            // Behind the last one stands what came of one of these while they ended.
            after = last;
            self.end_each(page, &EndReason::ConnectionRefused.into(), &EndProgress::default()).await?;
        }
    }

    /// Every connection by which sessions were opened is to be looked at: it may have been disabled while no service ran.
    pub(crate) async fn look_at_all_connections(&self) -> Result<(), StoreError> {
        let all = self.store.federated_connections().await?;
        self.look_for_sessions_of(all);
        Ok(())
    }

    /// Has every connection looked at, until [`Ends::has_looked_at_all`]. For whoever has the turn of the directory.
    pub(crate) fn look_at_all(&self) {
        self.of_all_connections.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_to_look_at_all(&self) -> bool {
        self.of_all_connections.load(Ordering::Relaxed)
    }

    pub(crate) fn has_looked_at_all(&self) {
        self.of_all_connections.store(false, Ordering::Relaxed);
    }

    pub(super) fn look_for_sessions_of(&self, connections: impl IntoIterator<Item = ConnectionId>) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).extend(connections);
    }

    /// Takes those that are to be looked at.
    pub(super) fn refused_connections(&self) -> BTreeSet<ConnectionId> {
        std::mem::take(&mut self.connections.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the sessions of these logins looked for and ended, those that were opened until the time beside each: a logout was taken of
    /// which the store did not tell.
    pub(crate) fn look_for_sessions_of_logins(
        &self,
        logins: impl IntoIterator<Item = (FederatedLogins, Millis)>,
    ) {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner).extend(logins);
    }

    /// Ends the sessions of those logins. What the store does not tell is looked for again.
    pub(super) async fn end_of_logins(&self) -> Result<(), StoreError> {
        let logins = std::mem::take(&mut *self.logins.lock().unwrap_or_else(PoisonError::into_inner));
        let mut result = Ok(());
        for (logins, opened_until) in logins {
            if let Err(error) = self.end_of_login(logins, opened_until).await {
                self.look_for_sessions_of_logins([(logins, opened_until)]);
                result = Err(error);
            }
        }
        result
    }

    async fn end_of_login(&self, logins: FederatedLogins, opened_until: Millis) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.federated_sessions(logins, after, BATCH).await?;
            after = page.last().map(|stored| stored.number);
            let is_last = page.len() < BATCH;
            let meant = page.into_iter().filter(|stored| stored.session.created <= opened_until);
            let meant = meant.map(|stored| (stored.session.id, stored.session.account)).collect();
            self.end_each(meant, &EndReason::LoggedOutAtProvider.into(), &EndProgress::default()).await?;
            if is_last {
                return Ok(());
            }
        }
    }
}
