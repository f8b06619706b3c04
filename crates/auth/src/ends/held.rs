//! The ends that an earlier process left in the journal: no session that they end is put into the table.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::{AccountId, Application, Session, SessionId, UserId};
use vestibule_store::{EndJournal, EndedSessions, JournaledEnd};

use super::Journaled;

/// What the journal held at the start, until the table of sessions is complete.
#[derive(Default)]
pub(super) struct HeldEnds(RwLock<Held>);

#[derive(Default)]
struct Held {
    sessions: Ends<SessionId>,
    users: Ends<UserId>,
    applications: Ends<Application>,
    accounts: Ends<AccountId>,
    /// Few: they are asked of each session.
    others: Vec<HeldEnd>,
}

type Ends<K> = HashMap<K, Vec<HeldEnd>, RandomState>;

/// One of them.
#[derive(Clone)]
pub(super) struct HeldEnd {
    pub(super) end: Arc<JournaledEnd>,
    pub(super) record: Arc<Journaled>,
}

impl HeldEnds {
    /// Reads the journal.
    pub(super) fn read(journal: &dyn EndJournal) -> Self {
        let mut held = Held::default();
        for (slot, end) in journal.held() {
            let of = end.selector.sessions;
            let end = HeldEnd { end: Arc::new(end), record: Arc::new(Journaled(slot)) };
            match of {
                EndedSessions::One(id) => held.sessions.entry(id).or_default().push(end),
                EndedSessions::OfUser(user) | EndedSessions::OfUserBut(user, _) => {
                    held.users.entry(user).or_default().push(end);
                }
                EndedSessions::OfApplication(application) => {
                    held.applications.entry(application).or_default().push(end);
                }
                EndedSessions::OfAccount(account) => held.accounts.entry(account).or_default().push(end),
                EndedSessions::FromAddress(_)
                | EndedSessions::ByMethod(_)
                | EndedSessions::UnderMasterKey(_)
                | EndedSessions::All
                | EndedSessions::AllBut(_) => held.others.push(end),
            }
        }
        Self(RwLock::new(held))
    }

    /// The one that ends this session.
    pub(super) fn of(&self, session: &Session) -> Option<HeldEnd> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let ends = [
            held.sessions.get(&session.id),
            held.users.get(&session.user),
            held.applications.get(&session.application),
            held.accounts.get(&session.account),
        ];
        let ends = ends.into_iter().flatten().flatten().chain(&held.others);
        ends.into_iter().find(|held| held.end.ends(session)).cloned()
    }

    /// Forgets them; gives their records in the journal.
    pub(super) fn take(&self) -> Vec<Arc<Journaled>> {
        let held = std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner));
        let Held { sessions, users, applications, accounts, others } = held;
        let all = sessions.into_values().chain(users.into_values());
        let all = all.chain(applications.into_values()).chain(accounts.into_values());
        all.flatten().chain(others).map(|held| held.record).collect()
    }
}
