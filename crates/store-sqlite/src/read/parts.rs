//! Reading one part of the directory.

use rusqlite::{Connection, OptionalExtension, Row, params};
use vestibule_model::AccountId;
use vestibule_store::{Changed, Part, PartRow};

use super::connections::connection;
use super::directory::{api_key, application_token, group, oauth_client, profile, read_account, skill};
use super::gateway_rules::gateway_rules;
use super::users::one_user;
use crate::columns::Id;

/// The part as it is; None: it is not there, or an account with everything in it.
pub(super) fn part(snapshot: &Connection, changed: Changed) -> rusqlite::Result<Option<PartRow>> {
    let Changed::OfAccount { account, part } = changed else {
        return gateway_rules(snapshot).map(PartRow::GatewayRules).map(Some);
    };
    let found = match part {
        Part::Everything => None,
        Part::Account => {
            let mut select = snapshot.prepare_cached("SELECT * FROM accounts WHERE id = ?1")?;
            let account = select.query_row([Id(account)], read_account).optional()?;
            account.map(Box::new).map(PartRow::Account)
        }
        Part::Profile(id) => {
            let sql = "SELECT * FROM profiles WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id, profile)?.map(PartRow::Profile)
        }
        Part::Group(id) => {
            let sql = "SELECT * FROM groups WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id, group)?.map(PartRow::Group)
        }
        Part::Skill(id) => {
            let sql = "SELECT * FROM skills WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id, skill)?.map(PartRow::Skill)
        }
        Part::ApiKey(id) => {
            let sql = "SELECT * FROM api_keys WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id.0, api_key)?.map(Box::new).map(PartRow::ApiKey)
        }
        Part::OauthClient(id) => {
            let sql = "SELECT * FROM oauth_clients WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id.0, oauth_client)?.map(Box::new).map(PartRow::OauthClient)
        }
        Part::ApplicationToken(id) => {
            let sql = "SELECT * FROM application_tokens WHERE account_id = ?1 AND id = ?2";
            let token = one(snapshot, sql, account, id.0, application_token)?;
            token.map(Box::new).map(PartRow::ApplicationToken)
        }
        Part::Connection(id) => {
            let sql = "SELECT * FROM connections WHERE account_id = ?1 AND id = ?2";
            one(snapshot, sql, account, id.0, connection)?.map(Box::new).map(PartRow::Connection)
        }
        Part::User(id) | Part::Credentials(id) => {
            let user = one_user(snapshot, id)?.filter(|user| user.account == account);
            user.map(Box::new).map(PartRow::User)
        }
    };
    Ok(found)
}

fn one<T>(
    snapshot: &Connection,
    sql: &str,
    account: AccountId,
    id: i64,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    snapshot.prepare_cached(sql)?.query_row(params![Id(account), id], read).optional()
}
