//! Writing accounts and those who belong to them.

use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use vestibule_model::{Account, AccountId, Group, Logo, Profile, Skill, User};
use vestibule_store::StoreError;

use super::{execute, own};
use crate::columns::{At, Coded, Id, Json};
use crate::error::of_change;

pub(super) fn put_account(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO accounts (id, code, number, time_zone, state, sign_on, second_factor, features, services,
                              password_policy, lockout_policy, agent_lockout_policy, session_policy,
                              livevox_session_policy, look, logo)
        VALUES (:id, :code, :number, :time_zone, :state, :sign_on, :second_factor, :features, :services,
                :password_policy, :lockout_policy, :agent_lockout_policy, :session_policy,
                :livevox_session_policy, :look, :logo)
        ON CONFLICT (id) DO UPDATE SET
            code = excluded.code, number = excluded.number, time_zone = excluded.time_zone,
            state = excluded.state, sign_on = excluded.sign_on,
            second_factor = excluded.second_factor, features = excluded.features,
            services = excluded.services, password_policy = excluded.password_policy,
            lockout_policy = excluded.lockout_policy, agent_lockout_policy = excluded.agent_lockout_policy,
            session_policy = excluded.session_policy,
            livevox_session_policy = excluded.livevox_session_policy,
            look = excluded.look, logo = excluded.logo";
    let parameters = named_params! {
        ":id": Id(account.id),
        ":code": account.code,
        ":number": account.number,
        ":time_zone": account.time_zone,
        ":state": Coded(account.state),
        ":sign_on": Coded(account.sign_on),
        ":second_factor": Coded(account.second_factor),
        ":features": Json(&account.features),
        ":services": Json(&account.services),
        ":password_policy": Json(&account.password_policy),
        ":lockout_policy": Json(&account.lockout_policy),
        ":agent_lockout_policy": Json(&account.agent_lockout_policy),
        ":session_policy": Json(&account.session_policy),
        ":livevox_session_policy": Json(&account.livevox_session_policy),
        ":look": Json(&account.look),
        ":logo": account.look.logo.as_ref().map(Logo::bytes),
    };
    execute(connection, sql, parameters).map(drop)
}

pub(super) fn put_profile(
    connection: &Connection,
    account: AccountId,
    profile: &Profile,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO profiles (account_id, id, name, role, rank, permissions) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (account_id, id) DO UPDATE SET
            name = excluded.name, role = excluded.role, rank = excluded.rank,
            permissions = excluded.permissions";
    let (role, rank) = (Coded(profile.role), profile.rank.map(Coded));
    let permissions = Json(&profile.permissions);
    execute(connection, sql, params![Id(account), profile.id, profile.name, role, rank, permissions])
        .map(drop)
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
                       credential_version, locked_at, identities, sealed_second_factor, second_factor_since,
                       recovery_codes)
    VALUES (:id, :account_id, :pid, :number, :population, :kind, :login_name, :name_key, :full_name, :nickname,
            :email, :enabled, :allowed_app_key, :max_chats, :max_async_chats, :profiles, :skills, :member_of,
            :manager_of, :must_change_password, :password_hash, :password_changed_at, :password_history,
            :credential_version, :locked_at, :identities, :sealed_second_factor, :second_factor_since,
            :recovery_codes)
    ON CONFLICT (id) DO UPDATE SET
        pid = excluded.pid, number = excluded.number, population = excluded.population, kind = excluded.kind,
        login_name = excluded.login_name, name_key = excluded.name_key, full_name = excluded.full_name,
        nickname = excluded.nickname, email = excluded.email, enabled = excluded.enabled,
        allowed_app_key = excluded.allowed_app_key, max_chats = excluded.max_chats,
        max_async_chats = excluded.max_async_chats, profiles = excluded.profiles, skills = excluded.skills,
        member_of = excluded.member_of, manager_of = excluded.manager_of,
        must_change_password = excluded.must_change_password, password_hash = excluded.password_hash,
        password_changed_at = excluded.password_changed_at, password_history = excluded.password_history,
        credential_version = excluded.credential_version, locked_at = excluded.locked_at,
        identities = excluded.identities, sealed_second_factor = excluded.sealed_second_factor,
        second_factor_since = excluded.second_factor_since, recovery_codes = excluded.recovery_codes
    WHERE users.account_id = excluded.account_id";

pub(super) fn put_user(connection: &Connection, user: &User) -> Result<(), StoreError> {
    let (password, second_factor) = (user.password.as_ref(), user.second_factor.as_ref());
    let parameters = named_params! {
        ":id": user.id.0,
        ":account_id": Id(user.account),
        ":pid": user.pid.as_bytes(),
        ":number": user.number,
        ":population": Coded(user.population),
        ":kind": Coded(user.kind),
        ":login_name": user.login_name,
        ":name_key": name_key(connection, user)?,
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
        ":identities": Some(&user.identities).filter(|all| !all.is_empty()).map(Json),
        ":sealed_second_factor": second_factor.map(|factor| &factor.sealed),
        ":second_factor_since": second_factor.map(|factor| At(factor.since)),
        ":recovery_codes": second_factor.map(|factor| factor.recovery.concat()),
    };
    own(execute(connection, PUT_USER, parameters)?, || format!("user {}", user.id))
}

/// The form in which a login name is unique. That of a name which stays is what it was: names that are one by a rule which
/// they are older than keep apart.
fn name_key(connection: &Connection, user: &User) -> Result<String, StoreError> {
    let sql = "SELECT name_key FROM users WHERE id = ?1 AND population = ?2 AND login_name = ?3";
    let parameters = params![user.id.0, Coded(user.population), user.login_name];
    let kept = connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row(parameters, |row| row.get::<_, String>(0)).optional());
    Ok(kept.map_err(of_change)?.unwrap_or_else(|| user.population.name_key(&user.login_name)))
}
