//! Writing accounts and what belongs to them. A row that is there is replaced, unless it is another account's.

use rusqlite::{Connection, OptionalExtension, named_params, params};
use vestibule_model::{Account, AccountId, ApiKey, Group, Millis, OauthClient, Profile, Skill, User, UserId};
use vestibule_store::StoreError;

use super::execute;
use crate::columns::{At, Coded, Id, Json};
use crate::error::of_change;

pub(super) fn put_account(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO accounts (id, code, number, time_zone, state, sign_on, features, services,
                              password_policy, lockout_policy, session_policy)
        VALUES (:id, :code, :number, :time_zone, :state, :sign_on, :features, :services,
                :password_policy, :lockout_policy, :session_policy)
        ON CONFLICT (id) DO UPDATE SET
            code = excluded.code, number = excluded.number, time_zone = excluded.time_zone,
            state = excluded.state, sign_on = excluded.sign_on, features = excluded.features,
            services = excluded.services, password_policy = excluded.password_policy,
            lockout_policy = excluded.lockout_policy, session_policy = excluded.session_policy";
    let parameters = named_params! {
        ":id": Id(account.id),
        ":code": account.code,
        ":number": account.number,
        ":time_zone": account.time_zone,
        ":state": Coded(account.state),
        ":sign_on": Coded(account.sign_on),
        ":features": Json(&account.features),
        ":services": Json(&account.services),
        ":password_policy": Json(&account.password_policy),
        ":lockout_policy": Json(&account.lockout_policy),
        ":session_policy": Json(&account.session_policy),
    };
    execute(connection, sql, parameters).map(drop)
}

pub(super) fn put_profile(
    connection: &Connection,
    account: AccountId,
    profile: &Profile,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO profiles (account_id, id, name, role, permissions) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (account_id, id) DO UPDATE SET
            name = excluded.name, role = excluded.role, permissions = excluded.permissions";
    let (role, permissions) = (Coded(profile.role), Json(&profile.permissions));
    execute(connection, sql, params![Id(account), profile.id, profile.name, role, permissions]).map(drop)
}

pub(super) fn put_group(
    connection: &Connection,
    account: AccountId,
    group: &Group,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO groups (account_id, id, name, parent) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name, parent = excluded.parent";
    execute(connection, sql, params![Id(account), group.id, group.name, group.parent]).map(drop)
}

pub(super) fn put_skill(
    connection: &Connection,
    account: AccountId,
    skill: &Skill,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO skills (account_id, id, name) VALUES (?1, ?2, ?3)
        ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name";
    execute(connection, sql, params![Id(account), skill.id, skill.name]).map(drop)
}

const PUT_USER: &str = "
    INSERT INTO users (id, account_id, pid, number, population, kind, login_name, name_key, full_name, nickname,
                       email, enabled, allowed_app_key, max_chats, max_async_chats, profiles, skills, member_of,
                       manager_of, must_change_password, password_hash, password_changed_at, password_history,
                       credential_version, locked_at)
    VALUES (:id, :account_id, :pid, :number, :population, :kind, :login_name, :name_key, :full_name, :nickname,
            :email, :enabled, :allowed_app_key, :max_chats, :max_async_chats, :profiles, :skills, :member_of,
            :manager_of, :must_change_password, :password_hash, :password_changed_at, :password_history,
            :credential_version, :locked_at)
    ON CONFLICT (id) DO UPDATE SET
        pid = excluded.pid, number = excluded.number, population = excluded.population, kind = excluded.kind,
        login_name = excluded.login_name, name_key = excluded.name_key, full_name = excluded.full_name,
        nickname = excluded.nickname, email = excluded.email, enabled = excluded.enabled,
        allowed_app_key = excluded.allowed_app_key, max_chats = excluded.max_chats,
        max_async_chats = excluded.max_async_chats, profiles = excluded.profiles, skills = excluded.skills,
        member_of = excluded.member_of, manager_of = excluded.manager_of,
        must_change_password = excluded.must_change_password, password_hash = excluded.password_hash,
        password_changed_at = excluded.password_changed_at, password_history = excluded.password_history,
        credential_version = excluded.credential_version, locked_at = excluded.locked_at
    WHERE users.account_id = excluded.account_id";

pub(super) fn put_user(connection: &Connection, user: &User) -> Result<(), StoreError> {
    let password = user.password.as_ref();
    let parameters = named_params! {
        ":id": user.id.0,
        ":account_id": Id(user.account),
        ":pid": user.pid.as_bytes(),
        ":number": user.number,
        ":population": Coded(user.population),
        ":kind": Coded(user.kind),
        ":login_name": user.login_name,
        ":name_key": user.population.name_key(&user.login_name),
        ":full_name": user.full_name,
        ":nickname": user.nickname,
        ":email": user.email,
        ":enabled": user.enabled,
        ":allowed_app_key": user.allowed_app_key,
        ":max_chats": user.max_chats,
        ":max_async_chats": user.max_async_chats,
        ":profiles": Json(&user.profiles),
        ":skills": Json(&user.skills),
        ":member_of": user.member_of,
        ":manager_of": Json(&user.manager_of),
        ":must_change_password": user.must_change_password,
        ":password_hash": password.map(|password| &password.hash),
        ":password_changed_at": password.map(|password| At(password.changed_at)),
        ":password_history": password.map(|password| Json(&password.history)),
        ":credential_version": user.credential_version,
        ":locked_at": user.locked_at.map(At),
    };
    own(execute(connection, PUT_USER, parameters)?, || format!("user {}", user.id))
}

pub(super) fn put_api_key(
    connection: &Connection,
    account: AccountId,
    key: &ApiKey,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO api_keys (id, account_id, app_key, sealed_secret, access_token, sealed_access_token_secret,
                              name, developer, description, enabled, privileges, addresses)
        VALUES (:id, :account_id, :app_key, :sealed_secret, :access_token, :sealed_access_token_secret,
                :name, :developer, :description, :enabled, :privileges, :addresses)
        ON CONFLICT (id) DO UPDATE SET
            app_key = excluded.app_key, sealed_secret = excluded.sealed_secret,
            access_token = excluded.access_token,
            sealed_access_token_secret = excluded.sealed_access_token_secret,
            name = excluded.name, developer = excluded.developer, description = excluded.description,
            enabled = excluded.enabled, privileges = excluded.privileges, addresses = excluded.addresses
        WHERE api_keys.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": key.id.0,
        ":account_id": Id(account),
        ":app_key": key.app_key,
        ":sealed_secret": key.sealed_secret,
        ":access_token": key.access_token,
        ":sealed_access_token_secret": key.sealed_access_token_secret,
        ":name": key.name,
        ":developer": key.developer,
        ":description": key.description,
        ":enabled": key.enabled,
        ":privileges": Json(&key.privileges),
        ":addresses": Json(&key.addresses),
    };
    own(execute(connection, sql, parameters)?, || format!("API key {}", key.id))
}

pub(super) fn put_oauth_client(
    connection: &Connection,
    account: AccountId,
    client: &OauthClient,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO oauth_clients (id, account_id, client_id, secret, name, enabled, privileges, addresses)
        VALUES (:id, :account_id, :client_id, :secret, :name, :enabled, :privileges, :addresses)
        ON CONFLICT (id) DO UPDATE SET
            client_id = excluded.client_id, secret = excluded.secret, name = excluded.name,
            enabled = excluded.enabled, privileges = excluded.privileges, addresses = excluded.addresses
        WHERE oauth_clients.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": client.id.0,
        ":account_id": Id(account),
        ":client_id": client.client_id,
        ":secret": client.secret.0,
        ":name": client.name,
        ":enabled": client.enabled,
        ":privileges": Json(&client.privileges),
        ":addresses": Json(&client.addresses),
    };
    own(execute(connection, sql, parameters)?, || format!("OAuth client {}", client.id))
}

/// A put that changed no row met one of another account.
fn own(rows: usize, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    if rows == 0 {
        return Err(StoreError::Constraint(format!("{} belongs to another account", what())));
    }
    Ok(())
}

/// Answers the user's account when the hash was replaced.
pub(super) fn replace_password_hash(
    connection: &Connection,
    user: UserId,
    old: &str,
    new: &str,
) -> Result<Option<AccountId>, StoreError> {
    let sql = "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2 RETURNING account_id";
    account_of(connection, sql, params![user.0, old, new])
}

/// Answers the user's account when that changed anything.
pub(super) fn set_lock(
    connection: &Connection,
    user: UserId,
    locked_at: Option<Millis>,
) -> Result<Option<AccountId>, StoreError> {
    let sql = "UPDATE users SET locked_at = ?2 WHERE id = ?1 AND locked_at IS NOT ?2 RETURNING account_id";
    account_of(connection, sql, params![user.0, locked_at.map(At)])
}

fn account_of(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<AccountId>, StoreError> {
    let found = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(parameters, |row| row.get(0)).optional());
    found.map(|account: Option<Id>| account.map(|Id(account)| account)).map_err(of_change)
}
