//! Ending sessions: one by its id, or as many as a selector selects and one transaction may.
//!
//! Sessions of an account, and of a user of a known account, stand together in an index. Whatever else is asked for goes
//! through the table in the order of opening. Which of the rows are meant is the selector's to say, here as everywhere; the
//! statements only leave out what cannot be.

use rusqlite::{Connection, OptionalExtension as _, params};
use vestibule_model::{AccountId, AuditRecord, Millis, SessionId, UserId};
use vestibule_store::{
    EndSessions, EndedSessions, Outcome, SessionNumber, StoreError, StoredSession, WalkPosition,
};

use super::{audit, session_uses, session_versions};
use crate::chain::Chain;
use crate::columns::Id;
use crate::error::of_change;
use crate::read::{self, sessions, sessions::select};

/// How many sessions one transaction looks at: a few milliseconds.
const LOOKS: usize = 4_096;

/// How many are read at once.
const PAGE: usize = 512;

/// In two parts, each of which begins in the index where the walk was: of a row value SQLite looks at the first half only, and would
/// pass over all sessions of a user again for each page.
const OF_ACCOUNT: &str = concat!(
    select!("INDEXED BY sessions_of_account WHERE account_id = ?1 AND user_id = ?2 AND number > ?3"),
    " UNION ALL ",
    select!("INDEXED BY sessions_of_account WHERE account_id = ?1 AND user_id > ?2"),
    " ORDER BY user_id, number LIMIT ?4"
);

const OF_USER: &str = select!(
    "INDEXED BY sessions_of_account WHERE account_id = ?1 AND user_id = ?2 AND number > ?3 ORDER BY number LIMIT ?4"
);

const BY_ID: &str = select!("WHERE id = ?1 AND number > ?2");

const OF_ALL: &str = select!("WHERE number > ?1 ORDER BY number LIMIT ?2");

pub(super) fn one(connection: &Connection, session: SessionId) -> Result<Outcome, StoreError> {
    let number = connection
        .prepare_cached("DELETE FROM sessions WHERE id = ?1 RETURNING number")
        .and_then(|mut delete| delete.query_row([session.0], |row| row.get::<_, i64>(0)).optional())
        .map_err(of_change)?;
    let Some(number) = number else { return Ok(Outcome::default()) };
    session_uses::forget_of_ended(connection, SessionNumber(number.cast_unsigned()))?;
    Ok(Outcome { ended: vec![session], ..Outcome::default() })
}

/// Unless it was used after a time.
pub(super) fn if_unused_since(
    connection: &Connection,
    chain: &mut Chain,
    session: SessionId,
    last_used: Millis,
    entry: &AuditRecord,
) -> Result<Outcome, StoreError> {
    let stored = read::session(connection, session).map_err(of_change)?;
    if stored.is_none_or(|stored| stored.session.last_used > last_used) {
        return Ok(Outcome::default());
    }
    chain.append(connection, entry)?;
    one(connection, session)
}

/// Those that are selected. `index` is that of the change in its transaction.
pub(super) fn selected(
    connection: &Connection,
    chain: &mut Chain,
    index: usize,
    end: &EndSessions,
) -> Result<Outcome, StoreError> {
    if let Some(scope) = end.selector.moves().filter(|_| end.behind.is_none()) {
        session_versions::advance(connection, scope)?;
    }
    let mut walk = Walk::of(end);
    let (mut ended, mut looked_at, mut names) = (Vec::new(), 0, Names::default());
    while ended.len() < end.limit && looked_at < LOOKS {
        let page = walk.page(connection, PAGE.min(end.limit - ended.len())).map_err(of_change)?;
        if page.is_empty() {
            return Ok(Outcome { ended, ..Outcome::default() });
        }
        for StoredSession { number, session } in page {
            looked_at += 1;
            walk.behind = Some(WalkPosition { user: session.user, session: number });
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
    Ok(Outcome { ended, unfinished, ..Outcome::default() })
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
    Session(SessionId),
    All,
}

impl Walk {
    fn of(end: &EndSessions) -> Self {
        let through = match (end.selector.within(), end.selector.sessions) {
            (_, EndedSessions::One(id)) => Through::Session(id),
            (Some(account), EndedSessions::OfUser(user) | EndedSessions::OfUserBut(user, _)) => {
                Through::User(account, user)
            }
            (Some(account), _) => Through::Account(account),
            (None, _) => Through::All,
        };
        Self { through, behind: end.behind }
    }

    fn page(&self, connection: &Connection, limit: usize) -> rusqlite::Result<Vec<StoredSession>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let number = |number: SessionNumber| i64::try_from(number.0).unwrap_or(i64::MAX);
        let (user, number) = match self.behind {
            Some(WalkPosition { user, session }) => (user.0, number(session)),
            None => (i64::MIN, -1),
        };
        match &self.through {
            Through::Account(account) => {
                sessions::selected(connection, OF_ACCOUNT, params![Id(*account), user, number, limit])
            }
            Through::User(account, of) => {
                sessions::selected(connection, OF_USER, params![Id(*account), of.0, number, limit])
            }
            Through::Session(id) => sessions::selected(connection, BY_ID, params![id.0, number]),
            Through::All => sessions::selected(connection, OF_ALL, params![number, limit]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;

    /// How SQLite goes through the tables for a statement.
    fn plan(sql: &str) -> String {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = explain.parameter_count();
        let parameters = rusqlite::params_from_iter(vec![1; count]);
        let steps = explain.query_map(parameters, |row| row.get::<_, String>("detail")).unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    /// Otherwise each page of a walk passes again over all that came before it.
    #[test]
    fn each_page_of_a_walk_begins_in_an_index_where_the_one_before_ended() {
        let of_account = plan(OF_ACCOUNT);
        for begins in ["(account_id=? AND user_id=? AND rowid>?)", "(account_id=? AND user_id>?)"] {
            assert!(of_account.contains(begins), "{of_account}");
        }
        let of_user = plan(OF_USER);
        assert!(of_user.contains("(account_id=? AND user_id=? AND rowid>?)"), "{of_user}");
        assert!(plan(OF_ALL).contains("INTEGER PRIMARY KEY (rowid>?)"), "{}", plan(OF_ALL));
        for plan in [of_account, of_user, plan(OF_ALL), plan(BY_ID)] {
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
