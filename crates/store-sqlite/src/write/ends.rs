//! Ending sessions: one by its id, or as many as a selector selects and one transaction may.
//!
//! Sessions of an account, and of a user of a known account, stand together in an index. Whatever else is asked for goes
//! through the table in the order of ids. Which of the rows are meant is the selector's to say, here as everywhere; the
//! statements only leave out what cannot be.

use rusqlite::{Connection, params};
use vestibule_model::{AccountId, AuditRecord, Millis, Session, SessionId, UserId};
use vestibule_store::{EndSessions, EndedSessions, Outcome, StoreError, WalkPosition};

use super::{audit, execute};
use crate::chain::Chain;
use crate::columns::{At, Id};
use crate::error::of_change;
use crate::read::session_ids::{BEHIND_ALL, IdRange, ids_under};
use crate::read::sessions::{row, select};

/// How many sessions one transaction looks at: a few milliseconds.
const LOOKS: usize = 4_096;

/// How many are read at once.
const PAGE: usize = 512;

const OF_ACCOUNT: &str = select!(
    "INDEXED BY sessions_of_account WHERE account_id = ?1 AND (user_id, id) > (?2, ?3) ORDER BY user_id, id LIMIT ?4"
);

const OF_USER: &str = select!(
    "INDEXED BY sessions_of_account WHERE account_id = ?1 AND user_id = ?2 AND id > ?3 ORDER BY id LIMIT ?4"
);

const BY_ID: &str = select!("WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3");

pub(super) fn one(connection: &Connection, session: SessionId) -> Result<Outcome, StoreError> {
    let deleted = execute(connection, "DELETE FROM sessions WHERE id = ?1", [session.0])?;
    Ok(ended(session, deleted))
}

/// Unless it was used after a time.
pub(super) fn if_unused_since(
    connection: &Connection,
    chain: &mut Chain,
    (session, last_used): (SessionId, Millis),
    entry: &AuditRecord,
) -> Result<Outcome, StoreError> {
    let sql = "DELETE FROM sessions WHERE id = ?1 AND last_used <= ?2";
    let deleted = execute(connection, sql, params![session.0, At(last_used)])?;
    if deleted > 0 {
        chain.append(connection, entry)?;
    }
    Ok(ended(session, deleted))
}

fn ended(session: SessionId, rows: usize) -> Outcome {
    Outcome { ended: vec![session; rows.min(1)], unfinished: Vec::new() }
}

/// Those that are selected. `index` is that of the change in its transaction.
pub(super) fn selected(
    connection: &Connection,
    chain: &mut Chain,
    index: usize,
    end: &EndSessions,
) -> Result<Outcome, StoreError> {
    let mut walk = Walk::of(end);
    let (mut ended, mut looked_at, mut names) = (Vec::new(), 0, Names::default());
    while ended.len() < end.limit && looked_at < LOOKS {
        let page = walk.page(connection, PAGE.min(end.limit - ended.len())).map_err(of_change)?;
        if page.is_empty() {
            return Ok(Outcome { ended, unfinished: Vec::new() });
        }
        for session in page {
            looked_at += 1;
            walk.behind = Some(WalkPosition { user: session.user, session: session.id });
            let entry = if end.selector.selects(&session) { end.records.of(&session) } else { None };
            if let Some(mut entry) = entry {
                one(connection, session.id)?;
                names.put_into(connection, &mut entry)?;
                chain.append(connection, &entry)?;
                ended.push(session.id);
            }
        }
    }
    let unfinished = walk.behind.map(|behind| (index, behind)).into_iter().collect();
    Ok(Outcome { ended, unfinished })
}

/// The name of the user whose sessions are gone through: those of one user come together, and it is looked up once.
#[derive(Default)]
struct Names(Option<(UserId, Option<String>)>);

impl Names {
    fn put_into(&mut self, connection: &Connection, entry: &mut AuditRecord) -> Result<(), StoreError> {
        let Some(user) = entry.user.filter(|_| entry.user_name.is_none()) else { return Ok(()) };
        if self.0.as_ref().is_none_or(|(known, _)| *known != user) {
            let name = audit::user_name(connection, entry).map_err(of_change)?;
            self.0 = Some((user, name));
        }
        entry.user_name = self.0.as_ref().and_then(|(_, name)| name.clone());
        Ok(())
    }
}

/// Going through the sessions that may be meant.
struct Walk {
    through: Through,
    behind: Option<WalkPosition>,
}

enum Through {
    Account(AccountId),
    User(AccountId, UserId),
    /// Ids in these ranges, which are in their order.
    Ids(Vec<IdRange>),
}

impl Walk {
    fn of(end: &EndSessions) -> Self {
        let through = match (end.selector.within(), end.selector.sessions) {
            (_, EndedSessions::One(SessionId(id))) => {
                // The next id before it, as far as ids of sixteen bytes go: shorter by a byte, and that is all that matters.
                Through::Ids(vec![(id[..15].to_vec(), [&id[..], &[0]].concat())])
            }
            (Some(account), EndedSessions::OfUser(user) | EndedSessions::OfUserBut(user, _)) => {
                Through::User(account, user)
            }
            (Some(account), _) => Through::Account(account),
            (None, EndedSessions::UnderMasterKey(generation)) => Through::Ids(ids_under(generation).into()),
            (None, _) => Through::Ids(vec![(Vec::new(), BEHIND_ALL.to_vec())]),
        };
        Self { through, behind: end.behind }
    }

    fn page(&self, connection: &Connection, limit: usize) -> rusqlite::Result<Vec<Session>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let behind = self.behind.as_ref();
        let id = behind.map_or(&[][..], |behind| &behind.session.0);
        match &self.through {
            Through::Account(account) => {
                let user = behind.map_or(i64::MIN, |behind| behind.user.0);
                let parameters = params![Id(*account), user, id, limit];
                connection.prepare_cached(OF_ACCOUNT)?.query_map(parameters, row)?.collect()
            }
            Through::User(account, user) => {
                let parameters = params![Id(*account), user.0, id, limit];
                connection.prepare_cached(OF_USER)?.query_map(parameters, row)?.collect()
            }
            Through::Ids(ranges) => {
                let mut select = connection.prepare_cached(BY_ID)?;
                for (first, behind) in ranges {
                    let parameters = params![id.max(&first[..]), behind, limit];
                    let page: Vec<Session> = select.query_map(parameters, row)?.collect::<Result<_, _>>()?;
                    if !page.is_empty() {
                        return Ok(page);
                    }
                }
                Ok(Vec::new())
            }
        }
    }
}
