//! Ends of many sessions beside logins: which of the two came first is decided here.
//!
//! An end of many takes what it selects out of the table, and out of the store in several transactions; meanwhile logins go on.
//! Each login is registered from before its session is committed until that stands in the table, each end from its decision
//! until the store or the journal has it. Which orders can happen:
//!
//! - *The login is registered after the decision.* Its session stays, wherever the end meets it, in the table or in the store:
//!   it is known as one that was opened since ([`EndsInForce::was_opened_after`]) until the end is stored.
//! - *The login was registered before, and stands in the table at the decision.* The end takes it out.
//! - *It was registered before, and does not stand in the table yet.* The login asks when it does, finds the end, and ends its
//!   own session ([`Login::overtaken_by`]); if the end has met it in the store before, there is nothing left to end there. An end
//!   is forgotten only when no login is left that was registered before it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_model::{Session, SessionId};
use vestibule_store::SessionSelector;

use crate::audit::End;

/// The ends that are being stored, and the logins that are.
#[derive(Default)]
pub(super) struct EndsInForce(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many ends were decided.
    decided: u64,
    ends: Vec<InForce>,
    /// The sessions that are being opened, and those that were opened after an end that is not stored yet.
    logins: HashMap<SessionId, Opened>,
    /// How many of these there are for each number.
    numbers: BTreeMap<u64, usize>,
}

struct Opened {
    /// That of the last end before it.
    number: u64,
    /// Whether it stands in the table, or never will.
    is_done: bool,
}

struct InForce {
    number: u64,
    selector: SessionSelector,
    end: End,
    is_stored: bool,
}

/// An end that was decided. Dropped when the store or the journal has it.
pub(super) struct Decided {
    all: Arc<EndsInForce>,
    pub(super) number: u64,
}

/// A session that is being opened. Dropped when it stands in the table, or will not.
pub(crate) struct Login<'a> {
    all: &'a EndsInForce,
    session: SessionId,
    number: u64,
}

impl EndsInForce {
    /// Decides an end.
    pub(super) fn decide(self: &Arc<Self>, selector: SessionSelector, end: End) -> Decided {
        let mut state = self.state();
        state.decided += 1;
        let number = state.decided;
        state.ends.push(InForce { number, selector, end, is_stored: false });
        Decided { all: Arc::clone(self), number }
    }

    /// A session is about to be committed.
    pub(super) fn login(&self, session: SessionId) -> Login<'_> {
        let mut state = self.state();
        let number = state.decided;
        state.logins.insert(session, Opened { number, is_done: false });
        *state.numbers.entry(number).or_default() += 1;
        Login { all: self, session, number }
    }

    /// Whether the session was opened by a login that came after an end, which is not stored yet.
    pub(super) fn was_opened_after(&self, session: SessionId, end: u64) -> bool {
        self.state().logins.get(&session).is_some_and(|login| login.number >= end)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tidy(&mut self) {
        let oldest = self.numbers.first_key_value().map_or(u64::MAX, |(number, _)| *number);
        self.ends.retain(|end| !end.is_stored || end.number > oldest);
        let unstored = self.ends.iter().filter(|end| !end.is_stored).map(|end| end.number).min();
        self.logins.retain(|_, login| !login.is_done || unstored.is_some_and(|end| end <= login.number));
    }
}

impl Login<'_> {
    /// The end that was decided since and that means this session.
    pub(crate) fn overtaken_by(&self, session: &Session) -> Option<End> {
        let state = self.all.state();
        let later = state.ends.iter().rev().take_while(|end| end.number > self.number);
        // Whatever the clock said: the login came before.
        let means = |end: &InForce| {
            SessionSelector { opened_until: session.created, ..end.selector }.selects(session)
        };
        later.filter(|end| means(end)).last().map(|end| end.end.clone())
    }
}

impl Drop for Decided {
    fn drop(&mut self) {
        let mut state = self.all.state();
        if let Some(end) = state.ends.iter_mut().find(|end| end.number == self.number) {
            end.is_stored = true;
        }
        state.tidy();
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        let mut state = self.all.state();
        if let Some(login) = state.logins.get_mut(&self.session) {
            login.is_done = true;
        }
        if let Some(count) = state.numbers.get_mut(&self.number) {
            *count -= 1;
            if *count == 0 {
                state.numbers.remove(&self.number);
            }
        }
        state.tidy();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vestibule_model::{
        Application, AuthenticationMethod, Dialect, EndReason, Millis, SecretVersion, UserId,
    };
    use vestibule_store::EndedSessions;

    use super::*;

    #[test]
    fn who_came_after_an_end_is_known_until_that_is_stored() {
        let in_force = Arc::new(EndsInForce::default());
        let id = SessionId([1; 16]);
        let of_all = SessionSelector {
            sessions: EndedSessions::OfUser(UserId(7)),
            account: None,
            opened_until: Millis::EPOCH,
        };
        let end = || End::from(EndReason::EndedByAdministrator);
        let (first, login) = (in_force.decide(of_all, end()), in_force.login(id));
        let second = in_force.decide(of_all, end());
        drop(login);
        assert!(in_force.was_opened_after(id, first.number) && !in_force.was_opened_after(id, second.number));
        drop(second);
        assert!(in_force.was_opened_after(id, first.number), "the first is not stored yet");
        drop(first);
        assert!(in_force.state().logins.is_empty());
    }

    fn session() -> Session {
        Session {
            id: SessionId([7; 16]),
            account: "a".parse().unwrap(),
            user: UserId(1),
            application: Application::None,
            secret_version: SecretVersion(0),
            method: AuthenticationMethod::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::from_unix(5),
            last_used: Millis::from_unix(5),
            idle: Duration::from_secs(1),
            absolute_end: None,
            credential_version: 1,
        }
    }

    fn decide(all: &Arc<EndsInForce>, user: i64) -> Decided {
        let sessions = EndedSessions::OfUser(UserId(user));
        let selector = SessionSelector { sessions, account: None, opened_until: Millis::EPOCH };
        all.decide(selector, EndReason::EndedByAdministrator.into())
    }

    #[test]
    fn a_login_is_overtaken_by_an_end_that_came_after_it_and_means_it() {
        let all = Arc::<EndsInForce>::default();
        let _before = decide(&all, 1);
        let login = all.login(session().id);
        assert!(login.overtaken_by(&session()).is_none());
        let _of_another = decide(&all, 2);
        assert!(login.overtaken_by(&session()).is_none());
        let after = decide(&all, 1);
        assert!(login.overtaken_by(&session()).is_some());
        assert!(!all.was_opened_after(session().id, after.number));
        drop(after);
        assert!(
            login.overtaken_by(&session()).is_some(),
            "it is stored, but the login does not stand in the table"
        );
    }

    #[test]
    fn an_end_is_forgotten_when_it_is_stored_and_no_login_is_left_from_before() {
        let all = Arc::<EndsInForce>::default();
        let (before, end) = (all.login(session().id), decide(&all, 1));
        let after = all.login(SessionId([8; 16]));
        assert!(all.was_opened_after(SessionId([8; 16]), end.number));
        drop(end);
        assert_eq!(all.state().ends.len(), 1);
        drop(before);
        assert_eq!(all.state().ends.len(), 0);
        drop(after);
        assert!(all.state().numbers.is_empty() && all.state().logins.is_empty());
        drop(decide(&all, 1));
        assert_eq!(all.state().ends.len(), 0);
    }
}
