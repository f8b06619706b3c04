//! Rows that this version cannot decode: which they are and what is wrong with them, and what can be read beside them.

use std::collections::{HashMap, HashSet};

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Error, Params, Row};
use vestibule_model::{AccountId, Administrator, Population};
use vestibule_store::{AccountRows, DirectoryRows};

use super::administration::{EVERY_ADMINISTRATOR, EVERY_TOKEN, administrator, token};
use super::connections::{CONNECTIONS, connection};
use super::directory::{
    ACCOUNTS, API_KEYS, APPLICATION_TOKENS, GROUPS, OAUTH_CLIENTS, PROFILES, SKILLS, api_key,
    application_token, group, oauth_client, profile, read_account, skill,
};
use super::gateway_rules::{EVERY_RULE, gateway_rule};
use super::sessions::{EVERY_SESSION, session_of};
use super::traffic::EVERY_TABLE;
use super::users::{EVERY_USER, USERS, user};
use crate::columns::{Coded, Id};

/// A row that this version cannot decode, or that contradicts another: a newer version wrote it, or another program changed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("table {table}, row {key}: {reason}")]
pub struct UndecodableRow {
    /// The table it stands in.
    pub table: &'static str,
    /// The columns by which it is found: `id = 4711, account_id = one`.
    pub key: String,
    /// The account that it belongs to, or is; None: to none, or that cannot be decoded either.
    pub account: Option<AccountId>,
    /// What is wrong, with its column. Holds nothing secret.
    pub reason: String,
}

/// What an error about a row that cannot be decoded calls it.
pub(crate) struct Table {
    pub(super) name: &'static str,
    /// The columns by which a row is found.
    pub(super) key: &'static [&'static str],
}

impl Table {
    /// What `read` makes of a row of this table. One that it cannot decode is named in the error, which [`undecodable`] finds.
    pub(crate) fn read<T>(
        &self,
        row: &Row<'_>,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        read(row).map_err(|error| match reason(row, &error) {
            Some(reason) => self.error(row, reason),
            None => error,
        })
    }

    #[cold]
    fn error(&self, row: &Row<'_>, reason: String) -> Error {
        let key = self.key.iter().map(|column| format!("{column} = {}", shown(row, column)));
        let account = if self.name == ACCOUNTS.name { row.get("id") } else { row.get("account_id") };
        let row = UndecodableRow {
            table: self.name,
            key: key.collect::<Vec<_>>().join(", "),
            account: account.ok().map(|Id(account)| account),
            reason,
        };
        Error::FromSqlConversionFailure(usize::MAX, Type::Null, Box::new(row))
    }
}

/// Why a value cannot be decoded, after its column; None: the error is of another kind.
fn reason(row: &Row<'_>, error: &Error) -> Option<String> {
    let (index, reason) = match error {
        Error::FromSqlConversionFailure(index, _, source) => (*index, source.to_string()),
        Error::IntegralValueOutOfRange(index, value) => (*index, format!("{value} is out of range")),
        Error::InvalidColumnType(index, _, found) => (*index, format!("no value of the type {found}")),
        Error::Utf8Error(index, source) => (*index, source.to_string()),
        _ => return None,
    };
    // Words about JSON quote what stands there.
    Some(match row.as_ref().column_name(index) {
        Ok(column @ "password_history") => format!("column {column}: not what this version writes there"),
        Ok(column) => format!("column {column}: {reason}"),
        Err(_) => reason,
    })
}

fn shown(row: &Row<'_>, column: &str) -> String {
    let number = row.get::<_, i64>(column).map(|number| number.to_string());
    let text = || row.get::<_, String>(column).map(|text| text.escape_debug().to_string());
    number.or_else(|_| text()).unwrap_or_else(|_| "?".to_owned())
}

/// The row that an error of a reading is about, if it is one that cannot be decoded. Gives other errors back.
pub(crate) fn undecodable(error: Error) -> Result<UndecodableRow, Error> {
    match error {
        Error::FromSqlConversionFailure(index, found, source) => source
            .downcast()
            .map(|row| *row)
            .map_err(|source| Error::FromSqlConversionFailure(index, found, source)),
        other => Err(other),
    }
}

/// What can be decoded of the directory and the administrators, and every row that cannot: of the directory, the administrators,
/// their tokens, the sessions, and what was counted of requests.
#[derive(Debug)]
pub struct DecodableRows {
    /// Without the rows that cannot be decoded, and without what belongs to an account whose own row cannot.
    pub directory: DirectoryRows,
    /// By user id.
    pub administrators: Vec<Administrator>,
    /// In the order of the tables, and in each of its key. Among them are rows that belong to an account that is not there, and users
    /// whose `name_key` is not the form of their login name.
    pub undecodable: Vec<UndecodableRow>,
}

/// Reads everything but the audit and what is kept for moments.
pub(crate) fn decodable_rows(snapshot: &Connection) -> rusqlite::Result<DecodableRows> {
    let mut reading = Reading { snapshot, accounts: HashMap::new(), undecodable: Vec::new() };
    let accounts = reading.rows("SELECT * FROM accounts ORDER BY id", [], read_account)?;
    let order: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    reading.accounts =
        accounts.into_iter().map(|account| (account.id, AccountRows::empty(account))).collect();
    reading.members(&PROFILES, profile, |rows| &mut rows.profiles)?;
    reading.members(&GROUPS, group, |rows| &mut rows.groups)?;
    reading.members(&SKILLS, skill, |rows| &mut rows.skills)?;
    reading.members(&API_KEYS, api_key, |rows| &mut rows.api_keys)?;
    reading.members(&OAUTH_CLIENTS, oauth_client, |rows| &mut rows.oauth_clients)?;
    reading.members(&APPLICATION_TOKENS, application_token, |rows| &mut rows.application_tokens)?;
    reading.members(&CONNECTIONS, connection, |rows| &mut rows.connections)?;
    for user in reading.rows(EVERY_USER, [i64::MIN, i64::MAX], user)? {
        match reading.accounts.get_mut(&user.account) {
            Some(rows) => rows.users.push(user),
            None => reading.orphan(
                &USERS,
                format!("id = {}, account_id = {}", user.id.0, user.account),
                user.account,
            ),
        }
    }
    reading.names()?;
    let administrators = reading.rows(EVERY_ADMINISTRATOR, [], administrator)?;
    let gateway_rules = reading.rows(EVERY_RULE, [], gateway_rule)?;
    reading.only_look(EVERY_TOKEN, token)?;
    reading.only_look(EVERY_SESSION, session_of)?;
    for (every_row, look_at) in EVERY_TABLE {
        reading.only_look(every_row, look_at)?;
    }
    let Reading { mut accounts, undecodable, .. } = reading;
    let accounts = order.iter().filter_map(|id| accounts.remove(id)).collect();
    let directory = DirectoryRows { accounts, gateway_rules, sequence: super::sequence(snapshot)? };
    Ok(DecodableRows { directory, administrators, undecodable })
}

#[derive(Debug, thiserror::Error)]
#[error("column name_key: not the form of the login name under which a user is found")]
struct AnotherName;

struct Reading<'a> {
    snapshot: &'a Connection,
    accounts: HashMap<AccountId, AccountRows>,
    undecodable: Vec<UndecodableRow>,
}

impl Reading<'_> {
    /// The rows that can be decoded.
    fn rows<T>(
        &mut self,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut found = Vec::new();
        let snapshot = self.snapshot;
        let mut select = snapshot.prepare_cached(sql)?;
        let mut rows = select.query(parameters)?;
        while let Some(row) = rows.next()? {
            match read(row) {
                Ok(value) => found.push(value),
                Err(error) => self.undecodable.push(undecodable(error)?),
            }
        }
        Ok(found)
    }

    /// Rows of which nothing is kept, for there may be more than memory holds.
    fn only_look<T>(
        &mut self,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<()> {
        self.rows(sql, [], |row| read(row).map(drop)).map(drop)
    }

    /// What belongs to accounts, to each its own.
    fn members<T>(
        &mut self,
        table: &Table,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        of: impl Fn(&mut AccountRows) -> &mut Vec<T>,
    ) -> rusqlite::Result<()> {
        let sql = format!("SELECT * FROM {} ORDER BY account_id, id", table.name);
        let with_account = |row: &Row<'_>| {
            let Id(account) = table.read(row, |row| row.get("account_id"))?;
            Ok((account, row.get::<_, i64>("id")?, read(row)?))
        };
        for (account, id, member) in self.rows(&sql, [], with_account)? {
            match self.accounts.get_mut(&account) {
                Some(rows) => of(rows).push(member),
                None => self.orphan(table, format!("account_id = {account}, id = {id}"), account),
            }
        }
        Ok(())
    }

    /// Of an account whose row is there and cannot be decoded, nothing more is to be said.
    fn orphan(&mut self, table: &Table, key: String, account: AccountId) {
        let is_named = |row: &UndecodableRow| row.table == ACCOUNTS.name && row.account == Some(account);
        if !self.undecodable.iter().any(is_named) {
            let reason = "its account is not there".to_owned();
            self.undecodable.push(UndecodableRow { table: table.name, key, account: Some(account), reason });
        }
    }

    /// Users are found by a form of their name that has a column of its own.
    fn names(&mut self) -> rusqlite::Result<()> {
        let read = |row: &Row<'_>| {
            let Coded(population): Coded<Population> = row.get("population")?;
            let (name, key): (String, String) = (row.get("login_name")?, row.get("name_key")?);
            let is_right = population.name_key(&name) == key;
            let wrong = || FromSqlError::other(AnotherName).into();
            if is_right { Ok(()) } else { Err(wrong()) }
        };
        let sql = "SELECT id, account_id, population, login_name, name_key FROM users ORDER BY id";
        let known: HashSet<String> = self.undecodable.iter().map(|row| row.key.clone()).collect();
        let before = self.undecodable.len();
        self.rows(sql, [], |row| USERS.read(row, read))?;
        // One that cannot be decoded is named already.
        let found = self.undecodable.split_off(before);
        self.undecodable.extend(found.into_iter().filter(|row| !known.contains(&row.key)));
        Ok(())
    }
}
