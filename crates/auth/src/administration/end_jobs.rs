//! Ends of many sessions that are asked for at once, and told of while they are done.
//!
//! Jobs are of this node: another does not know them, nor does this one after a restart. A job that is lost is asked for again:
//! what it ended stays ended. Which sessions end is decided by the ends themselves (ADR 37): by their selectors where one means what
//! is asked for, otherwise each by its id.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use tracing::Instrument as _;
use vestibule_model::{AccountId, Application, SessionId, SessionReference, UserId};
use vestibule_store::{EndedSessions, StoreError};

use super::live_sessions::SessionFilter;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::End;
use crate::directory::UserEntry;
use crate::ends::EndProgress;
use crate::live::Entry;
use crate::service::Auth;

/// The most sessions that are named in one job.
const MOST_SELECTED: usize = 1_000;

/// The most sessions that end in one job, where no selector means them.
const MOST_BY_ID: usize = 10_000;

/// Names a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndJobId(pub [u8; 16]);

/// Which sessions are to end.
#[derive(Clone, Debug)]
pub enum EndsAsked {
    /// Those of these references, at most 1,000. What is none, or has ended, is passed over.
    Selected(Vec<SessionReference>),
    /// Those that live and that the filter wants, but for the one by which the caller asks.
    Matching(SessionFilter),
}

/// How far a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndJobState {
    /// It goes on.
    Running,
    /// All have ended, durably.
    Done,
    /// Neither the store nor the journal took the ends of some. All are refused; what is not stored is tried again.
    Failed,
}

/// A job as it is told.
#[derive(Clone, Copy, Debug)]
pub struct EndJob {
    /// Its name.
    pub id: EndJobId,
    /// How far it has come.
    pub state: EndJobState,
    /// How many sessions it ends, as far as they were found.
    pub found: usize,
    /// How many of them have ended, durably.
    pub ended: usize,
}

/// What would end.
#[derive(Clone, Debug)]
pub struct EndsPreview {
    /// How many sessions.
    pub sessions: usize,
    /// Of how many users.
    pub users: usize,
    /// How many of each account.
    pub accounts: BTreeMap<AccountId, usize>,
    /// Whether the session by which the caller asks is wanted too: it stays.
    pub leaves_own: bool,
}

/// The sessions that a filter wants.
#[derive(Default)]
struct Found {
    filter: SessionFilter,
    /// The first [`MOST_BY_ID`] of them.
    sessions: Vec<(SessionId, AccountId)>,
    total: usize,
    /// The caller's own, if it is one of them; it is not counted.
    own: Option<SessionId>,
    /// Of which accounts and kinds, where users or applications are wanted.
    kinds: BTreeSet<(AccountId, Application)>,
}

/// How the sessions are ended.
enum Plan {
    Selectors(Selectors),
    Each(Vec<(SessionId, AccountId)>),
}

impl Administration<'_> {
    /// Begins to end sessions, and answers before they have ended.
    pub async fn begin_ends(&self, caller: &Caller, asked: EndsAsked) -> Result<EndJob, AdministrationError> {
        caller.expect_second_factor()?;
        caller.require_some_writing()?;
        self.auth.loaded().await;
        let plan = match asked {
            EndsAsked::Selected(references) => self.selected(caller, &references)?,
            EndsAsked::Matching(filter) => self.matching(caller, &filter).await?,
        };
        let mut id = [0; 16];
        self.auth.rng.fill(&mut id);
        let id = EndJobId(id);
        let (auth, end, clock) = (Arc::clone(self.auth), caller.end(), Arc::clone(self.auth));
        let job = self.state().end_jobs().begin(id, caller.actor.key(), move || clock.clock.now());
        let job = job.ok_or(AdministrationError::Overloaded)?;
        let work = async move {
            let result = plan.carry_out(&auth, &end, &job.progress).await;
            if let Err(error) = &result {
                tracing::error!(%error, "an administrator's end of sessions is not stored yet");
            }
            job.end(result.is_ok());
        };
        tokio::spawn(work.in_current_span());
        self.end_job(caller, id)
    }

    /// How far a job of the caller's has come.
    pub fn end_job(&self, caller: &Caller, id: EndJobId) -> Result<EndJob, AdministrationError> {
        caller.expect_second_factor()?;
        caller.require_some_writing()?;
        let job = self.state().end_jobs().tell(id, caller.actor.key(), caller.now);
        job.ok_or(AdministrationError::NotFound("job"))
    }

    fn selected(
        &self,
        caller: &Caller,
        references: &[SessionReference],
    ) -> Result<Plan, AdministrationError> {
        if references.len() > MOST_SELECTED {
            let reason = format!("at most {MOST_SELECTED} sessions end in one job");
            return Err(AdministrationError::invalid("sessions", reason));
        }
        let found = references.iter().filter_map(|reference| {
            self.auth.with_reference(reference.0, caller.now, |live| {
                let session = live.entry.session();
                (session.id, session.account)
            })
        });
        let writable = found.filter(|(_, account)| caller.require(Scope::WriteAccount(*account)).is_ok());
        let mut sessions: Vec<_> = writable.collect();
        sessions.sort_unstable();
        sessions.dedup();
        Ok(Plan::Each(sessions))
    }

    async fn matching(&self, caller: &Caller, filter: &SessionFilter) -> Result<Plan, AdministrationError> {
        self.look(caller, filter, |_| {}).await?.plan()
    }

    /// What would end if it were begun now.
    pub async fn preview_ends(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
    ) -> Result<EndsPreview, AdministrationError> {
        let (mut users, mut accounts) = (UsersOfAWalk::default(), BTreeMap::<_, usize>::new());
        let found = self.look(caller, filter, |entry| {
            users.note(self.auth.live.shard_of(entry.holder.id), entry.holder.id);
            *accounts.entry(entry.holder.account).or_default() += 1;
        });
        let found = found.await?;
        let (sessions, leaves_own) = (found.total, found.own.is_some());
        found.plan()?;
        Ok(EndsPreview { sessions, users: users.count(), accounts, leaves_own })
    }

    /// The sessions that the filter wants and the caller may end; `visit` is shown each but their own.
    async fn look(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
        mut visit: impl FnMut(&Entry<UserEntry>),
    ) -> Result<Found, AdministrationError> {
        caller.require_some_writing()?;
        let account = filter.account.or(caller.role.account());
        caller.require(account.map_or(Scope::WriteInstallation, Scope::WriteAccount))?;
        let filter = SessionFilter { account, ..filter.clone() };
        if let Some(entry) = account {
            self.account_entry(entry)?;
        }
        let own = caller.session().map(|own| own.id);
        let has_kinds = filter.user.is_some() || filter.application.is_some();
        let mut found = Found { filter: filter.clone(), ..Found::default() };
        self.visit_live_sessions(caller, &filter, |entry| {
            if has_kinds {
                found.kinds.insert((entry.holder.account, entry.application()));
            }
            if Some(entry.id) == own {
                found.own = own;
                return;
            }
            visit(entry);
            found.total += 1;
            if found.total <= MOST_BY_ID {
                found.sessions.push((entry.id, entry.holder.account));
            }
        })
        .await?;
        Ok(found)
    }
}

/// How many users a walk has seen. It goes from shard to shard, and the sessions of a user are all in one: the users of that alone are
/// kept, in a set that stays small.
#[derive(Default)]
struct UsersOfAWalk {
    shard: u16,
    of_shard: HashSet<UserId, RandomState>,
    before: usize,
}

impl UsersOfAWalk {
    fn note(&mut self, shard: u16, user: UserId) {
        if shard != self.shard {
            self.before += self.of_shard.len();
            self.of_shard.clear();
            self.shard = shard;
        }
        self.of_shard.insert(user);
    }

    fn count(&self) -> usize {
        self.before + self.of_shard.len()
    }
}

impl Found {
    /// How they are ended.
    fn plan(self) -> Result<Plan, AdministrationError> {
        let Self { filter, sessions, total, own, kinds } = self;
        if let Some(selectors) = selectors_of(&filter, own, &kinds) {
            return Ok(Plan::Selectors(selectors));
        }
        if total > MOST_BY_ID {
            let reason = format!(
                "at most {MOST_BY_ID} sessions end by such a filter, and these are {total}: name a shorter time, or an account, a user, an application or an address alone; the session by which you ask may be among those of a user only"
            );
            return Err(AdministrationError::invalid("matching", reason));
        }
        Ok(Plan::Each(sessions))
    }
}

type Selectors = Vec<(EndedSessions, Option<AccountId>)>;

/// The selectors that mean what the filter does, without the caller's own session, where there are such. Of a user or an
/// application the sessions that were found say of which accounts and kinds they are.
fn selectors_of(
    filter: &SessionFilter,
    own: Option<SessionId>,
    found: &BTreeSet<(AccountId, Application)>,
) -> Option<Selectors> {
    let SessionFilter { account, user, application, address, opened_since, opened_before } = *filter;
    if opened_since.is_some() || opened_before.is_some() {
        return None;
    }
    let sessions = match (account, user, application, address, own) {
        (None, None, None, None, None) => EndedSessions::All,
        (None, None, None, None, Some(own)) => EndedSessions::AllBut(own),
        (Some(account), None, None, None, None) => EndedSessions::OfAccount(account),
        (_, Some(user), None, None, own) => {
            let of_user = own.map_or(EndedSessions::OfUser(user), |own| EndedSessions::OfUserBut(user, own));
            let accounts: BTreeSet<_> = found.iter().map(|(account, _)| *account).collect();
            return Some(accounts.into_iter().map(|account| (of_user, Some(account))).collect());
        }
        (_, None, Some(_), None, None) => {
            let of = |(account, kind): &_| (EndedSessions::OfApplication(*kind), Some(*account));
            return Some(found.iter().map(of).collect());
        }
        (_, None, None, Some(address), None) => EndedSessions::FromAddress(address.to_canonical()),
        _ => return None,
    };
    Some(vec![(sessions, account)])
}

impl Plan {
    /// Ends them all: what fails does not keep the others.
    async fn carry_out(
        self,
        auth: &Arc<Auth>,
        end: &End,
        progress: &Arc<EndProgress>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Selectors(selectors) => {
                let mut result = Ok(());
                for (sessions, account) in selectors {
                    let ended = auth.ends.end_selected(sessions, account, end.clone(), progress).await;
                    result = ended.map(drop).and(result);
                }
                result
            }
            Self::Each(sessions) => auth.ends.end_each(sessions, end, progress).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{ApplicationId, Millis, UserId};

    use super::*;

    const OWN: SessionId = SessionId([7; 16]);
    const USER: UserId = UserId(5);

    fn account(name: &str) -> AccountId {
        AccountId::new(name).unwrap()
    }

    fn kind(id: i64) -> Application {
        Application::Token(ApplicationId(id))
    }

    /// What the filter means where such sessions are found in two accounts.
    fn selectors(filter: &SessionFilter, own: Option<SessionId>) -> Option<Selectors> {
        let found = [(account("one"), kind(3)), (account("two"), kind(3))];
        selectors_of(filter, own, &found.into())
    }

    fn of_user() -> SessionFilter {
        SessionFilter { user: Some(USER), ..SessionFilter::default() }
    }

    fn of_application() -> SessionFilter {
        SessionFilter { application: Some(ApplicationId(3)), ..SessionFilter::default() }
    }

    fn in_both(sessions: EndedSessions) -> Selectors {
        vec![(sessions, Some(account("one"))), (sessions, Some(account("two")))]
    }

    #[test]
    fn a_user_alone_is_a_selector_in_the_accounts_where_the_sessions_are() {
        assert_eq!(selectors(&of_user(), None), Some(in_both(EndedSessions::OfUser(USER))));
    }

    #[test]
    fn a_user_with_the_callers_own_session_is_a_selector() {
        assert_eq!(selectors(&of_user(), Some(OWN)), Some(in_both(EndedSessions::OfUserBut(USER, OWN))));
    }

    #[test]
    fn an_application_alone_is_a_selector_in_the_accounts_where_the_sessions_are() {
        assert_eq!(selectors(&of_application(), None), Some(in_both(EndedSessions::OfApplication(kind(3)))));
    }

    #[test]
    fn no_selector_means_an_account_an_application_or_an_address_without_the_callers_own_session() {
        let of_account = SessionFilter { account: Some(account("one")), ..SessionFilter::default() };
        let from = SessionFilter { address: Some([127, 0, 0, 1].into()), ..SessionFilter::default() };
        for filter in [of_account, of_application(), from] {
            assert_eq!(selectors(&filter, Some(OWN)), None, "{filter:?}");
        }
    }

    #[test]
    fn no_selector_means_two_things_at_once_or_a_time() {
        let both = SessionFilter { user: Some(USER), ..of_application() };
        let since = SessionFilter { opened_since: Some(Millis::from_unix(1)), ..of_user() };
        for filter in [both, since] {
            assert_eq!(selectors(&filter, None), None, "{filter:?}");
        }
    }
}
