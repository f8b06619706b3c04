//! By which connections a user has come in, as the audit tells it.

use std::cmp::Reverse;
use std::net::IpAddr;

use vestibule_model::{AccountId, AuditAction, AuditRecord, ConnectionId, Millis, SessionReference, UserId};
use vestibule_store::AuditQuery;

use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::AuditTrail;
use crate::directory::AccountUser;

/// How many of a user's newest logins are looked at.
const LOGINS: usize = 30;

/// How many pages of the audit are looked through for them, some 20 ms each.
const PAGES: usize = 3;

/// How many of an account's newest logins are looked at, and in how many pages: beside those of a connection there may be many
/// others.
const LOGINS_OF_ACCOUNT: usize = 500;
const PAGES_OF_ACCOUNT: usize = 2;

/// A login opens a session, or is given the one that lives.
const ACTIONS: [AuditAction; 2] = [AuditAction::LoggedIn, AuditAction::JoinedSession];

/// Who came in by a connection, when they did last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameIn {
    /// Who.
    pub user: UserId,
    /// Their login name then.
    pub name: String,
    /// Whether there is such a user yet.
    pub is_there: bool,
    /// When.
    pub at: Millis,
    /// From where.
    pub address: Option<IpAddr>,
    /// The session that was opened, or that they were given.
    pub session: Option<SessionReference>,
}

impl CameIn {
    /// The most users who are told of a connection.
    pub const MOST: usize = 20;
}

/// What was found among logins, and which were looked at for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastLogins<T> {
    /// What was found, the newest first.
    pub found: Vec<T>,
    /// Which logins were looked at.
    pub looked_at: LookedAt,
}

/// Which logins were looked at. Those of a minute that the audit counts in one entry are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookedAt {
    /// All that the audit has: so many.
    All(usize),
    /// So many, the newest; older ones are not looked at.
    Newest(usize),
    /// So many: to look further back in the audit for others would take too long.
    CutShort(usize),
}

/// How far logins are looked for.
struct Extent {
    logins: usize,
    pages: usize,
}

impl Administration<'_> {
    /// The users who came in by a connection, each with the last time: at most [`CameIn::MOST`], of the newest five hundred logins of
    /// the account.
    pub async fn last_logins_by(
        &self,
        caller: &Caller,
        account: AccountId,
        connection: ConnectionId,
    ) -> Result<LastLogins<CameIn>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let of_account = AuditQuery { account: Some(account), ..AuditQuery::default() };
        let extent = Extent { logins: LOGINS_OF_ACCOUNT, pages: PAGES_OF_ACCOUNT };
        let (logins, looked_at) = self.newest_logins(caller, of_account, &extent).await?;
        let mut found: Vec<CameIn> = Vec::new();
        for login in logins {
            let is_by_it = AuditTrail::connection_of(&login) == Some(connection);
            let Some(user) = login.user.filter(|_| is_by_it) else { continue };
            if found.len() < CameIn::MOST && found.iter().all(|known| known.user != user) {
                found.push(CameIn {
                    user,
                    at: last_of(&login),
                    name: login.user_name.unwrap_or_default(),
                    is_there: entry.user(user).is_some(),
                    address: login.address,
                    session: login.session,
                });
            }
        }
        Ok(LastLogins { found, looked_at })
    }

    /// The connections by which a user came in, each with when it was last: of the newest thirty logins that the audit still has.
    /// None: the account has no connection, and nothing is looked for.
    pub async fn last_logins_by_connection(
        &self,
        caller: &Caller,
        of: AccountUser,
    ) -> Result<Option<LastLogins<(ConnectionId, Millis)>>, AdministrationError> {
        caller.require(Scope::ReadAccount(of.account))?;
        self.present_user(of.account, of.user)?;
        if self.account_entry(of.account)?.connections().is_empty() {
            return Ok(None);
        }
        let of_user = AuditQuery { account: Some(of.account), user: Some(of.user), ..AuditQuery::default() };
        let (logins, looked_at) =
            self.newest_logins(caller, of_user, &Extent { logins: LOGINS, pages: PAGES }).await?;
        let mut found: Vec<(ConnectionId, Millis)> = Vec::new();
        for login in logins {
            let by = AuditTrail::connection_of(&login);
            if let Some(by) = by.filter(|by| found.iter().all(|(known, _)| known != by)) {
                found.push((by, last_of(&login)));
            }
        }
        Ok(Some(LastLogins { found, looked_at }))
    }

    /// The newest logins that a question wants, of either kind.
    async fn newest_logins(
        &self,
        caller: &Caller,
        wanted: AuditQuery,
        &Extent { logins: limit, pages }: &Extent,
    ) -> Result<(Vec<AuditRecord>, LookedAt), AdministrationError> {
        self.auth.audit.show(caller.now).await?;
        let (mut logins, mut is_cut_short, mut is_all) = (Vec::new(), false, true);
        for action in ACTIONS {
            let query = AuditQuery { action: Some(action), limit, ..wanted.clone() };
            let page = self.auth.look_through(query, limit, pages).await?;
            is_all &= page.next.is_none();
            is_cut_short |= page.next.is_some() && page.entries.len() < limit;
            logins.extend(page.entries.into_iter().map(|entry| entry.record));
        }
        // Logins that are counted in one entry are written after the minute that they are of.
        logins.sort_by_key(|login| Reverse(last_of(login)));
        is_all &= logins.len() <= limit;
        logins.truncate(limit);
        let looked_at = match (is_all, is_cut_short) {
            (true, _) => LookedAt::All,
            (false, true) => LookedAt::CutShort,
            (false, false) => LookedAt::Newest,
        };
        let count = logins.len();
        Ok((logins, looked_at(count)))
    }
}

/// When the last of the logins was that an entry tells of.
fn last_of(login: &AuditRecord) -> Millis {
    login.until.unwrap_or(login.at)
}
