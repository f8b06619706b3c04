//! Live sessions as administrators list and count them: in an order, a page at a time, with how many there are in all.
//!
//! Each page is one walk through the table of this node, as it follows the installation: no order is kept, so nothing is to be
//! kept true. A page costs a look at everything that may be wanted, 60 ms of a million sessions (ADR 67).

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountId, Application, ApplicationId, Millis, SessionId, SessionOrder, UserId};

use super::caller::administrators_account;
use super::named::PageRequest;
use super::ordered_page::{OrderedPage, Selected};
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::UserEntry;
use crate::live::{Among, Entry};
use crate::sessions::Listed;

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

/// A page of sessions, in order.
pub struct SessionPage {
    /// The sessions. Those that ended while the page was put together are left out.
    pub sessions: Vec<Listed>,
    /// How many the filter wants in all, on this page and on others.
    pub total: usize,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

/// Where a session stands in an order; of two the lesser is listed first.
type Place = (i64, u64);

/// What of the sessions a caller is shown.
struct Reach {
    filter: SessionFilter,
    sees_administrators: bool,
}

impl Administration<'_> {
    /// The live sessions that the filter wants and the caller may see: at most `limit`, 1 to 1,000.
    pub async fn list_live_sessions(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
        order: SessionOrder,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<SessionPage, AdministrationError> {
        let reach = Reach::of(caller, filter)?;
        let question = format!("sessions {order:?} {:?}", reach.filter);
        let behind = match cursor {
            Some(cursor) => Some(read_place(&self.read_cursor(&question, cursor)?)?),
            None => None,
        };
        let mut page = OrderedPage::new(limit.clamp(1, MOST), behind);
        self.walk(caller.now, &reach, |entry| page.offer(place(order, entry), || entry.id)).await?;
        let Selected { total, page, is_more } = page.select();
        let last = page.last().filter(|_| is_more);
        let next = last.map(|(place, _)| self.cursor(&question, &write_place(*place)));
        let sessions = page.into_iter().filter_map(|(_, id)| self.listed(id, caller.now)).collect();
        Ok(SessionPage { sessions, total, next })
    }

    /// How many live sessions the filter wants that the caller may see.
    pub async fn count_live_sessions(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
    ) -> Result<usize, AdministrationError> {
        let mut count = 0;
        self.visit_live_sessions(caller, filter, |_| count += 1).await?;
        Ok(count)
    }

    /// Shows `visit` the live sessions that the filter wants and the caller may see.
    pub(super) async fn visit_live_sessions(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
        visit: impl FnMut(&Entry<UserEntry>),
    ) -> Result<(), AdministrationError> {
        self.walk(caller.now, &Reach::of(caller, filter)?, visit).await
    }

    /// Those of a user are found at once; for all others a turn is waited for.
    async fn walk(
        &self,
        now: Millis,
        reach: &Reach,
        mut visit: impl FnMut(&Entry<UserEntry>),
    ) -> Result<(), AdministrationError> {
        self.auth.loaded().await;
        let kinds = reach.filter.application.map(kinds_of);
        let among = match (reach.filter.user, &kinds) {
            (Some(user), _) => Among::OfUser(user),
            (None, Some(kinds)) => Among::OpenedWith(kinds),
            (None, None) => Among::All,
        };
        let _turn = match among {
            Among::OfUser(_) => None,
            Among::OpenedWith(_) | Among::All => Some(self.auth.administration.walks().take().await?),
        };
        let meet = |entry: &mut Entry<UserEntry>| {
            let address = entry.address();
            if reach.wants(entry) && self.auth.directory.entry_may_go_on(entry, address, now) {
                visit(entry);
            }
        };
        self.auth.live.walk(among, now, meet).await;
        Ok(())
    }

    fn listed(&self, id: SessionId, now: Millis) -> Option<Listed> {
        let found =
            self.auth.live.with(id, now, |live| (live.entry.session(), Arc::clone(&live.entry.holder)));
        found.map(|(session, user)| self.auth.listed(session, user, now))
    }
}

impl Reach {
    /// The filter, limited to what the caller may see. Sessions have their addresses in the canonical form.
    fn of(caller: &Caller, filter: &SessionFilter) -> Result<Self, AdministrationError> {
        let account = filter.account.or(caller.role.account());
        match account {
            Some(account) => caller.require(Scope::ReadAccount(account))?,
            None => caller.require(Scope::ReadInstallation)?,
        }
        let address = filter.address.map(|address| address.to_canonical());
        let sees_administrators = caller.require(Scope::ReadAccount(administrators_account())).is_ok();
        Ok(Self { filter: SessionFilter { account, address, ..filter.clone() }, sees_administrators })
    }

    /// What is asked first is where the table has it at hand.
    fn wants(&self, entry: &Entry<UserEntry>) -> bool {
        let SessionFilter { account, user: _, application, address, opened_since, opened_before } =
            &self.filter;
        address.is_none_or(|address| entry.address() == Some(address))
            && opened_since.is_none_or(|since| entry.created() >= since)
            && opened_before.is_none_or(|before| entry.created() < before)
            && application.is_none_or(|id| entry.application().id() == Some(id))
            && account.is_none_or(|account| entry.holder.account == account)
            && (self.sees_administrators || !entry.holder.is_administrator)
    }
}

fn place(order: SessionOrder, entry: &Entry<UserEntry>) -> Place {
    let (opened, used) = (entry.created().as_unix(), entry.last_used.as_unix());
    let number = entry.number().0;
    match order {
        SessionOrder::Newest => (!opened, !number),
        SessionOrder::Oldest => (opened, number),
        SessionOrder::RecentlyUsed => (!used, !number),
        SessionOrder::LongUnused => (used, number),
    }
}

/// The applications that an id may mean.
pub(super) const fn kinds_of(id: ApplicationId) -> [Application; 3] {
    [Application::ApiKey(id), Application::OauthClient(id), Application::Token(id)]
}

fn write_place((time, number): Place) -> String {
    format!("{time:016x}{number:016x}")
}

fn read_place(text: &str) -> Result<Place, AdministrationError> {
    let refused = || AdministrationError::Cursor;
    let (time, number) =
        text.split_at_checked(16).filter(|(_, rest)| rest.len() == 16).ok_or_else(refused)?;
    let read = |text| u64::from_str_radix(text, 16).map_err(|_| refused());
    Ok((read(time)?.cast_signed(), read(number)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for place in [(0, 0), (-1, u64::MAX), (i64::MIN, 7), (i64::MAX, 1)] {
            assert_eq!(read_place(&write_place(place)).unwrap(), place);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "0", "000.", "zz", &"0".repeat(33), &"é".repeat(16)] {
            assert!(read_place(text).is_err(), "{text}");
        }
    }
}
