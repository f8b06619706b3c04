//! Reading accounts and what belongs to them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};
use vestibule_model::{
    Account, AccountId, ApiKey, ApiKeyValues, ApplicationId, ApplicationToken, Group, Logo, Look,
    OauthClient, Profile, Rank, SecretDigest, SecretVersion, Skill, Superseded, User,
};
use vestibule_store::AccountRows;

use super::connections::connection;
use super::undecodable::Table;
use super::users::{OF_ACCOUNT, every_user, user};
use crate::columns::{At, Coded, Id, Json, Numbered};

pub(super) const ACCOUNTS: Table = Table { name: "accounts", key: &["id"] };
pub(super) const PROFILES: Table = Table { name: "profiles", key: &["account_id", "id"] };
pub(super) const GROUPS: Table = Table { name: "groups", key: &["account_id", "id"] };
pub(super) const SKILLS: Table = Table { name: "skills", key: &["account_id", "id"] };
pub(super) const API_KEYS: Table = Table { name: "api_keys", key: &["account_id", "id"] };
pub(super) const OAUTH_CLIENTS: Table = Table { name: "oauth_clients", key: &["account_id", "id"] };
pub(super) const APPLICATION_TOKENS: Table = Table { name: "application_tokens", key: &["account_id", "id"] };

/// Every account and everything that belongs to it but its sessions. The users, who are many, are read in one go.
pub(crate) fn accounts(snapshot: &Connection) -> rusqlite::Result<Vec<AccountRows>> {
    let mut accounts = accounts_without_users(snapshot)?;
    let mut of: HashMap<AccountId, Vec<User>> = HashMap::with_capacity(accounts.len());
    for read in every_user(snapshot, None, usize::MAX)? {
        of.entry(read.account).or_default().push(read);
    }
    for rows in &mut accounts {
        rows.users = of.remove(&rows.account.id).unwrap_or_default();
    }
    Ok(accounts)
}

/// Every account and everything that belongs to it but its users and sessions.
pub(crate) fn accounts_without_users(snapshot: &Connection) -> rusqlite::Result<Vec<AccountRows>> {
    let mut select = snapshot.prepare_cached("SELECT * FROM accounts ORDER BY id")?;
    let accounts = select.query_map([], read_account)?.collect::<rusqlite::Result<Vec<Account>>>()?;
    accounts.into_iter().map(|account| rows(snapshot, account, Vec::new())).collect()
}

/// One account and everything that belongs to it but its sessions.
pub(crate) fn account(snapshot: &Connection, id: AccountId) -> rusqlite::Result<Option<AccountRows>> {
    let mut select = snapshot.prepare_cached("SELECT * FROM accounts WHERE id = ?1")?;
    let Some(account) = select.query_row([Id(id)], read_account).optional()? else { return Ok(None) };
    let users = all(snapshot, id, OF_ACCOUNT, user)?;
    rows(snapshot, account, users).map(Some)
}

fn rows(snapshot: &Connection, account: Account, users: Vec<User>) -> rusqlite::Result<AccountRows> {
    let id = account.id;
    Ok(AccountRows {
        account,
        profiles: all(snapshot, id, "SELECT * FROM profiles WHERE account_id = ?1 ORDER BY id", profile)?,
        groups: all(snapshot, id, "SELECT * FROM groups WHERE account_id = ?1 ORDER BY id", group)?,
        skills: all(snapshot, id, "SELECT * FROM skills WHERE account_id = ?1 ORDER BY id", skill)?,
        users,
        api_keys: all(snapshot, id, "SELECT * FROM api_keys WHERE account_id = ?1 ORDER BY id", api_key)?,
        oauth_clients: all(
            snapshot,
            id,
            "SELECT * FROM oauth_clients WHERE account_id = ?1 ORDER BY id",
            oauth_client,
        )?,
        application_tokens: application_tokens(snapshot, id)?,
        connections: all(
            snapshot,
            id,
            "SELECT * FROM connections WHERE account_id = ?1 ORDER BY id",
            connection,
        )?,
    })
}

/// The application tokens of an account.
pub(crate) fn application_tokens(
    snapshot: &Connection,
    account: AccountId,
) -> rusqlite::Result<Vec<ApplicationToken>> {
    let sql = "SELECT * FROM application_tokens WHERE account_id = ?1 ORDER BY id";
    all(snapshot, account, sql, application_token)
}

fn all<T>(
    snapshot: &Connection,
    account: AccountId,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    snapshot.prepare_cached(sql)?.query_map([Id(account)], read)?.collect()
}

pub(super) fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    ACCOUNTS.read(row, account_of)
}

fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    let Id(id) = row.get("id")?;
    let (Coded(state), Coded(sign_on)) = (row.get("state")?, row.get("sign_on")?);
    let Coded(second_factor) = row.get("second_factor")?;
    let (Json(features), Json(services)) = (row.get("features")?, row.get("services")?);
    let Json(password_policy) = row.get("password_policy")?;
    let Json(lockout_policy) = row.get("lockout_policy")?;
    let Json(agent_lockout_policy) = row.get("agent_lockout_policy")?;
    let Json(session_policy) = row.get("session_policy")?;
    let Json(livevox_session_policy) = row.get("livevox_session_policy")?;
    let Json::<Look>(look) = row.get("look")?;
    let logo = row.get::<_, Option<Vec<u8>>>("logo")?.map(Logo::new);
    Ok(Account {
        id,
        code: row.get("code")?,
        number: row.get("number")?,
        time_zone: row.get("time_zone")?,
        state,
        sign_on,
        second_factor,
        features,
        services,
        password_policy,
        lockout_policy,
        agent_lockout_policy,
        session_policy,
        livevox_session_policy,
        look: Look { logo, ..look },
    })
}

pub(super) fn profile(row: &Row<'_>) -> rusqlite::Result<Profile> {
    PROFILES.read(row, profile_of)
}

fn profile_of(row: &Row<'_>) -> rusqlite::Result<Profile> {
    let (Coded(role), Json(permissions)) = (row.get("role")?, row.get("permissions")?);
    let rank = row.get::<_, Option<Coded<Rank>>>("rank")?.map(|Coded(rank)| rank);
    Ok(Profile { id: row.get("id")?, name: row.get("name")?, role, rank, permissions })
}

pub(super) fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    GROUPS
        .read(row, |row| Ok(Group { id: row.get("id")?, name: row.get("name")?, parent: row.get("parent")? }))
}

pub(super) fn skill(row: &Row<'_>) -> rusqlite::Result<Skill> {
    SKILLS.read(row, |row| Ok(Skill { id: row.get("id")?, name: row.get("name")? }))
}

/// The values before the present ones, read by `values`, if there are any.
fn superseded<V>(
    row: &Row<'_>,
    values: impl FnOnce() -> rusqlite::Result<V>,
) -> rusqlite::Result<Option<Superseded<V>>> {
    let Some(At(until)) = row.get("superseded_until")? else { return Ok(None) };
    Ok(Some(Superseded { values: values()?, until }))
}

fn superseded_key(row: &Row<'_>) -> rusqlite::Result<ApiKeyValues> {
    Ok(ApiKeyValues {
        sealed_secret: row.get("sealed_superseded_secret")?,
        access_token: row.get("superseded_access_token")?,
        sealed_access_token_secret: row.get("sealed_superseded_access_token_secret")?,
    })
}

pub(super) fn api_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    API_KEYS.read(row, api_key_of)
}

fn api_key_of(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let (Json(privileges), Json(addresses)) = (row.get("privileges")?, row.get("addresses")?);
    Ok(ApiKey {
        id: ApplicationId(row.get("id")?),
        app_key: row.get("app_key")?,
        sealed_secret: row.get("sealed_secret")?,
        access_token: row.get("access_token")?,
        sealed_access_token_secret: row.get("sealed_access_token_secret")?,
        secret_version: SecretVersion(row.get("secret_version")?),
        superseded: superseded(row, || superseded_key(row))?,
        name: row.get("name")?,
        developer: row.get("developer")?,
        description: row.get("description")?,
        enabled: row.get("enabled")?,
        privileges,
        addresses,
    })
}

pub(super) fn oauth_client(row: &Row<'_>) -> rusqlite::Result<OauthClient> {
    OAUTH_CLIENTS.read(row, oauth_client_of)
}

fn oauth_client_of(row: &Row<'_>) -> rusqlite::Result<OauthClient> {
    let (Json(privileges), Json(addresses)) = (row.get("privileges")?, row.get("addresses")?);
    let Json(metadata) = row.get("metadata")?;
    Ok(OauthClient {
        id: ApplicationId(row.get("id")?),
        client_id: row.get("client_id")?,
        secret: digest(row, "secret", "secret_generation")?,
        secret_version: SecretVersion(row.get("secret_version")?),
        superseded: superseded(row, || digest(row, "superseded_secret", "superseded_generation"))?,
        name: row.get("name")?,
        enabled: row.get("enabled")?,
        privileges,
        addresses,
        metadata,
    })
}

/// A digest, which stands in two columns.
fn digest(row: &Row<'_>, tag: &str, generation: &str) -> rusqlite::Result<SecretDigest> {
    let Numbered(generation) = row.get(generation)?;
    Ok(SecretDigest { tag: row.get(tag)?, generation })
}

pub(super) fn application_token(row: &Row<'_>) -> rusqlite::Result<ApplicationToken> {
    APPLICATION_TOKENS.read(row, application_token_of)
}

fn application_token_of(row: &Row<'_>) -> rusqlite::Result<ApplicationToken> {
    Ok(ApplicationToken {
        id: ApplicationId(row.get("id")?),
        name: row.get("name")?,
        token: digest(row, "token", "token_generation")?,
        secret_version: SecretVersion(row.get("secret_version")?),
        superseded: superseded(row, || digest(row, "superseded_token", "superseded_generation"))?,
        enabled: row.get("enabled")?,
        last_used: row.get::<_, Option<At>>("last_used")?.map(|At(at)| at),
        requests: row.get::<_, i64>("requests")?.unsigned_abs(),
    })
}
