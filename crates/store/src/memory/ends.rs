//! Ends of sessions.

use std::sync::Arc;

use vestibule_model::{Session, SessionId, UserId};

use super::transaction::Transaction;
use crate::{Change, EndSessions, SessionNumber, VersionScope, WalkPosition};

/// How many sessions one transaction looks at for each end of many: few, so that whoever asks learns to go on.
const LOOKS: usize = 32;

impl Transaction<'_> {
    /// Ends sessions. `place` is that of the change in its transaction.
    pub(super) fn end(&mut self, index: usize, change: Change) {
        match change {
            Change::EndSession(session) => {
                self.end_session(session);
            }
            Change::EndIfUnusedSince { session, last_used, entry } => {
                let stored = self.tables.session(session);
                if stored.is_some_and(|stored| stored.session.last_used <= last_used) {
                    self.end_session(session);
                    self.write_audit(*entry);
                }
            }
            Change::EndSessions(end) => {
                let unfinished = self.end_selected(&end);
                self.outcome.unfinished.extend(unfinished.map(|behind| (index, behind)));
            }
            _ => {}
        }
    }

    /// Those behind the one where it goes on; answers where it goes on next.
    fn end_selected(&mut self, end: &EndSessions) -> Option<WalkPosition> {
        if let Some(scope) = end.selector.moves().filter(|_| end.behind.is_none()) {
            self.advance(scope);
        }
        let within = end.selector.within();
        let is_there = |session: &Session| within.is_none_or(|account| session.account == account);
        let sessions = self.tables.sessions.iter().filter(|(_, session)| is_there(session));
        let mut all: Vec<(UserId, SessionNumber)> =
            sessions.map(|(number, session)| (session.user, *number)).collect();
        all.sort_unstable();
        let is_behind = |place: &(UserId, SessionNumber)| {
            end.behind.is_none_or(|behind| *place > (behind.user, behind.session))
        };
        let (mut ended, mut looked_at) = (0, 0);
        for (user, number) in all.into_iter().filter(is_behind) {
            let Some(session) = self.tables.sessions.get(&number).cloned() else { continue };
            looked_at += 1;
            if end.selector.selects(&session)
                && let Some(entry) = end.records.of(&session)
            {
                self.end_session(session.id);
                self.write_audit(entry);
                ended += 1;
            }
            if ended >= end.limit || looked_at >= LOOKS {
                return Some(WalkPosition { user, session: number });
            }
        }
        None
    }

    /// The version of a user who is not there is not kept: they open nothing any more.
    fn advance(&mut self, scope: VersionScope) {
        if !matches!(scope, VersionScope::User(user) if self.tables.directory.user(user).is_none()) {
            self.session_versions().advance(scope);
        }
    }

    fn end_session(&mut self, id: SessionId) {
        if let Some(number) = self.tables.numbers.get(&id).copied() {
            let session = self.tables.put_session(number, None);
            self.undo.push((number, session));
            if self.tables.federated_logins.has(id) {
                Arc::make_mut(&mut self.tables.federated_logins).forget(id);
            }
            if self.tables.sentinel.has_rotated(id) {
                Arc::make_mut(&mut self.tables.sentinel).forget(id);
            }
            self.outcome.ended.push(id);
        }
    }
}
