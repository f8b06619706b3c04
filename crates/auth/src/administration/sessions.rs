//! Sessions as administrators see them: looked for, looked at, ended.
//!
//! Looking for them costs no more than [`LOOKS`] looks, however many there are: a page may have fewer sessions than were
//! asked for, or none, although more follow.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountId, Application, ApplicationId, Millis, SessionReference, UserId};
use vestibule_store::EndedSessions;

use super::caller::administrators_account;
use super::named::PageRequest;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountUser, UserEntry};
use crate::live::{Among, Entry, Found, LiveSessions, Search, ShardFinds, Slot};
use crate::sessions::Listed;

/// How many sessions are looked at for one page, and one shard more: some 20 ms.
const LOOKS: usize = 100_000;

/// The longest page.
const MOST: usize = 1_000;

/// Which sessions are wanted. Every field that is set has to be met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this user.
    pub user: Option<UserId>,
    /// Opened with the API key, OAuth client or application token of this id.
    pub application: Option<ApplicationId>,
    /// Opened from this address.
    pub address: Option<IpAddr>,
    /// Opened at this time or later.
    pub opened_since: Option<Millis>,
    /// Opened before this time.
    pub opened_before: Option<Millis>,
}

/// A page of sessions.
pub struct SessionPage {
    /// The sessions, in no order that means anything.
    pub sessions: Vec<Listed>,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

/// Where a walk through the table goes on: in this shard, behind this slot.
struct Position {
    shard: u16,
    behind: Option<Slot>,
}

impl Administration<'_> {
    /// The sessions that the filter wants and the caller may see: at most `limit`, 1 to 1,000.
    pub async fn find_sessions(
        &self,
        caller: &Caller,
        filter: SessionFilter,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<SessionPage, AdministrationError> {
        let filter = within_reach(caller, &filter)?;
        self.auth.loaded().await;
        let question = self.question(&filter);
        let from = match cursor {
            Some(cursor) => read_position(self.read_cursor(&question, cursor)?)?,
            None => Position { shard: 0, behind: None },
        };
        let limit = limit.clamp(1, MOST);
        let (found, next) = self.walk(caller.now, &filter, &from, limit);
        let sees_administrators = caller.require(Scope::ReadAccount(administrators_account())).is_ok();
        let listed = found.into_iter().map(|found| self.auth.listed(found.session, found.holder, caller.now));
        let sessions = listed
            .filter(|listed| sees_administrators || listed.session.account != administrators_account())
            .filter(|listed| self.auth.directory.is_current(&listed.session, caller.now))
            .collect();
        Ok(SessionPage { sessions, next: next.map(|next| self.cursor(&question, &write_position(&next))) })
    }

    /// The session of this reference. One of an account that the caller may not see is none.
    pub async fn session_of_reference(
        &self,
        caller: &Caller,
        reference: SessionReference,
    ) -> Result<Listed, AdministrationError> {
        self.auth.loaded().await;
        let found = self.auth.with_reference(reference.0, caller.now, |live| {
            (live.entry.session(), Arc::clone(&live.entry.holder))
        });
        let found = found.map(|(session, user)| self.auth.listed(session, user, caller.now));
        let visible = |listed: &Listed| {
            caller.require(Scope::ReadAccount(listed.session.account)).is_ok()
                && self.auth.directory.is_current(&listed.session, caller.now)
        };
        found.filter(visible).ok_or(AdministrationError::NotFound("session"))
    }

    /// Ends one session.
    pub async fn end_session(
        &self,
        caller: &Caller,
        reference: SessionReference,
    ) -> Result<(), AdministrationError> {
        caller.require_some_writing()?;
        let listed = self.session_of_reference(caller, reference).await?;
        caller.require(Scope::WriteAccount(listed.session.account))?;
        Ok(self.auth.ends.end_detached(listed.session, caller.end()).await?)
    }

    /// Ends every session of a user; answers how many there were.
    pub async fn end_sessions_of_user(
        &self,
        caller: &Caller,
        account: AccountId,
        user: UserId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        entry.user(user).ok_or(AdministrationError::NotFound("user"))?;
        Ok(self.auth.end_all_of_user(AccountUser { account, user }, caller.end()).await?)
    }

    /// Ends every session that was opened with an application of an account; answers how many there were.
    pub async fn end_sessions_of_application(
        &self,
        caller: &Caller,
        account: AccountId,
        application: ApplicationId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        let kinds = entry.applications_of_id(application);
        if kinds.is_empty() {
            return Err(AdministrationError::NotFound("application"));
        }
        let (mut ended, mut failed) = (0, None);
        for application in kinds {
            match self.auth.end_all_of_application(account, application, caller.end()).await {
                Ok(of_kind) => ended += of_kind,
                // It is tried again, and does not keep the others.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(ended), |error| Err(error.into()))
    }

    /// Ends every session of an account; answers how many there were. Costs a look at every session there is.
    pub async fn end_sessions_of_account(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        Ok(self.auth.end_selected(EndedSessions::OfAccount(account), account, caller.end()).await?)
    }

    /// Ends every session of an account, or of all accounts, that was opened from an address; answers how many there were. The
    /// caller's own may be among them.
    pub async fn end_sessions_from_address(
        &self,
        caller: &Caller,
        account: Option<AccountId>,
        address: IpAddr,
    ) -> Result<usize, AdministrationError> {
        caller.require(account.map_or(Scope::WriteInstallation, Scope::WriteAccount))?;
        if account.is_some_and(|account| self.auth.directory.account(account).is_none()) {
            return Err(AdministrationError::NotFound("account"));
        }
        let from = EndedSessions::FromAddress(address.to_canonical());
        Ok(self.auth.end_selected(from, account, caller.end()).await?)
    }

    /// Ends every session there is, of administrators too, but not the one by which the caller asks; answers how many there were.
    pub async fn end_all_sessions(&self, caller: &Caller) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let own = caller.session().map(|session| session.id);
        let all = own.map_or(EndedSessions::All, EndedSessions::AllBut);
        Ok(self.auth.end_selected(all, None, caller.end()).await?)
    }

    /// A walk through the shards; all sessions of a user are in one.
    fn walk(
        &self,
        now: Millis,
        filter: &SessionFilter,
        from: &Position,
        limit: usize,
    ) -> (Vec<Found<UserEntry>>, Option<Position>) {
        let kinds = filter
            .application
            .map(|id| [Application::ApiKey(id), Application::OauthClient(id), Application::Token(id)]);
        let (among, shards) = match (filter.user, &kinds) {
            (Some(user), _) => {
                let shard = self.auth.live.shard_of(user);
                (Among::OfUser(user), shard..shard + 1)
            }
            (None, Some(kinds)) => (Among::OpenedWith(kinds), from.shard..LiveSessions::<UserEntry>::WALK),
            (None, None) => (Among::All, from.shard..LiveSessions::<UserEntry>::WALK),
        };
        let (mut found, mut looks, mut behind) = (Vec::new(), 0, from.behind);
        for shard in shards {
            if looks >= LOOKS {
                return (found, Some(Position { shard, behind }));
            }
            let wants = |entry: &Entry<UserEntry>| filter.wants(entry);
            let ShardFinds { found: mut here, looked_at } =
                self.auth.live.search_shard(shard, Search { among, behind, now, wants });
            // A look at a shard costs something also when it is empty.
            looks += looked_at + 1;
            let room = limit - found.len();
            let is_more = here.len() > room;
            here.truncate(room);
            let last = here.last().map(|last| last.slot).or(behind);
            found.append(&mut here);
            if is_more {
                return (found, Some(Position { shard, behind: last }));
            }
            behind = None;
        }
        (found, None)
    }

    /// What a cursor is bound to: the filter, and this run of the program, which deals sessions to shards in its own way.
    fn question(&self, filter: &SessionFilter) -> String {
        format!("sessions {:?} {filter:?}", self.state().incarnation())
    }
}

impl SessionFilter {
    fn wants(&self, entry: &Entry<UserEntry>) -> bool {
        self.address.is_none_or(|address| entry.address() == Some(address))
            && self.opened_since.is_none_or(|since| entry.created() >= since)
            && self.opened_before.is_none_or(|before| entry.created() < before)
            && self.application.is_none_or(|id| entry.application().id() == Some(id))
            && self.account.is_none_or(|account| entry.holder.account == account)
    }
}

/// The filter, limited to what the caller may see. Sessions have their addresses in the canonical form.
fn within_reach(caller: &Caller, filter: &SessionFilter) -> Result<SessionFilter, AdministrationError> {
    let account = filter.account.or(caller.role.account());
    match account {
        Some(account) => caller.require(Scope::ReadAccount(account))?,
        None => caller.require(Scope::ReadInstallation)?,
    }
    let address = filter.address.map(|address| address.to_canonical());
    Ok(SessionFilter { account, address, ..filter.clone() })
}

fn write_position(position: &Position) -> String {
    let behind = position.behind.map_or_else(String::new, |slot| format!("{slot:08x}"));
    format!("{:03x}{behind}", position.shard)
}

fn read_position(text: &str) -> Result<Position, AdministrationError> {
    let refused = || AdministrationError::Cursor;
    let (shard, behind) = text.split_at_checked(3).ok_or_else(refused)?;
    let shard = u16::from_str_radix(shard, 16).map_err(|_| refused())?;
    let behind = match behind {
        "" => None,
        slot => Some(Slot::from_str_radix(slot, 16).map_err(|_| refused())?),
    };
    Ok(Position { shard, behind })
}
