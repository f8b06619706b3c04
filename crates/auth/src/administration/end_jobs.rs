//! Ends of many sessions that are asked for at once, and told of while they are done.
//!
//! Jobs are of this node: another does not know them, nor does this one after a restart. A job that is lost is asked for again:
//! what it ended stays ended. Which sessions end is decided by the ends themselves (ADR 37): by their selectors where one means what
//! is asked for, otherwise each by its id.

use std::sync::Arc;

use tracing::Instrument as _;
use vestibule_model::{AccountId, SessionId, SessionReference};
use vestibule_store::{EndedSessions, StoreError};

use super::live_sessions::SessionFilter;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::End;
use crate::ends::EndProgress;
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

/// How the sessions are ended.
enum Plan {
    Selectors(Vec<(EndedSessions, Option<AccountId>)>),
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
        let account = filter.account.or(caller.role.account());
        caller.require(account.map_or(Scope::WriteInstallation, Scope::WriteAccount))?;
        let filter = SessionFilter { account, ..filter.clone() };
        if let Some(entry) = account {
            self.account_entry(entry)?;
        }
        let own = caller.session().map(|own| own.id);
        let (mut sessions, mut total, mut has_own) = (Vec::new(), 0, false);
        self.visit_live_sessions(caller, &filter, |entry| {
            has_own |= Some(entry.id) == own;
            if Some(entry.id) != own {
                total += 1;
                if total <= MOST_BY_ID {
                    sessions.push((entry.id, entry.holder.account));
                }
            }
        })
        .await?;
        if let Some(selectors) = selectors_of(&filter, own.filter(|_| has_own)) {
            return Ok(Plan::Selectors(selectors));
        }
        if total > MOST_BY_ID {
            let reason = format!(
                "at most {MOST_BY_ID} sessions end by such a filter, and these are {total}: name an account, a user, an application or an address alone, or a shorter time"
            );
            return Err(AdministrationError::invalid("matching", reason));
        }
        Ok(Plan::Each(sessions))
    }
}

/// The selectors that mean what the filter does, without the caller's own session, where there are such.
fn selectors_of(
    filter: &SessionFilter,
    own: Option<SessionId>,
) -> Option<Vec<(EndedSessions, Option<AccountId>)>> {
    let SessionFilter { account, user, application, address, opened_since, opened_before } = *filter;
    if opened_since.is_some() || opened_before.is_some() {
        return None;
    }
    let sessions = match (account, user, application, address, own) {
        (None, None, None, None, None) => vec![EndedSessions::All],
        (None, None, None, None, Some(own)) => vec![EndedSessions::AllBut(own)],
        (Some(account), None, None, None, None) => vec![EndedSessions::OfAccount(account)],
        (Some(_), Some(user), None, None, None) => vec![EndedSessions::OfUser(user)],
        (Some(_), Some(user), None, None, Some(own)) => vec![EndedSessions::OfUserBut(user, own)],
        (Some(_), None, Some(id), None, None) => {
            super::live_sessions::kinds_of(id).map(EndedSessions::OfApplication).to_vec()
        }
        (_, None, None, Some(address), None) => vec![EndedSessions::FromAddress(address.to_canonical())],
        _ => return None,
    };
    Some(sessions.into_iter().map(|of| (of, account)).collect())
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
