//! Reading accounts and what belongs to them.

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;
use vestibule_model::{
    Account, AccountId, ApiKey, ApplicationId, ApplicationToken, Group, OauthClient, PasswordCredential,
    Profile, Rank, SecretDigest, Skill, User, UserId,
};
use vestibule_store::AccountRows;

use crate::columns::{At, Coded, Id, Json};

/// One account and everything that belongs to it but its sessions.
pub(crate) fn account(snapshot: &Connection, id: AccountId) -> rusqlite::Result<Option<AccountRows>> {
    let mut select = snapshot.prepare_cached("SELECT * FROM accounts WHERE id = ?1")?;
    let Some(account) = select.query_row([Id(id)], read_account).optional()? else { return Ok(None) };
    Ok(Some(AccountRows {
        account,
        profiles: all(snapshot, id, "SELECT * FROM profiles WHERE account_id = ?1 ORDER BY id", profile)?,
        groups: all(snapshot, id, "SELECT * FROM groups WHERE account_id = ?1 ORDER BY id", group)?,
        skills: all(snapshot, id, "SELECT * FROM skills WHERE account_id = ?1 ORDER BY id", skill)?,
        users: all(snapshot, id, "SELECT * FROM users WHERE account_id = ?1 ORDER BY id", user)?,
        api_keys: all(snapshot, id, "SELECT * FROM api_keys WHERE account_id = ?1 ORDER BY id", api_key)?,
        oauth_clients: all(
            snapshot,
            id,
            "SELECT * FROM oauth_clients WHERE account_id = ?1 ORDER BY id",
            oauth_client,
        )?,
        application_tokens: all(
            snapshot,
            id,
            "SELECT * FROM application_tokens WHERE account_id = ?1 ORDER BY id",
            application_token,
        )?,
    }))
}

fn all<T>(
    snapshot: &Connection,
    account: AccountId,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    snapshot.prepare_cached(sql)?.query_map([Id(account)], read)?.collect()
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let Id(id) = row.get("id")?;
    let (Coded(state), Coded(sign_on)) = (row.get("state")?, row.get("sign_on")?);
    let (Json(features), Json(services)) = (row.get("features")?, row.get("services")?);
    let Json(password_policy) = row.get("password_policy")?;
    let Json(lockout_policy) = row.get("lockout_policy")?;
    let Json(agent_lockout_policy) = row.get("agent_lockout_policy")?;
    let Json(session_policy) = row.get("session_policy")?;
    let Json(livevox_session_policy) = row.get("livevox_session_policy")?;
    Ok(Account {
        id,
        code: row.get("code")?,
        number: row.get("number")?,
        time_zone: row.get("time_zone")?,
        state,
        sign_on,
        features,
        services,
        password_policy,
        lockout_policy,
        agent_lockout_policy,
        session_policy,
        livevox_session_policy,
    })
}

fn profile(row: &Row<'_>) -> rusqlite::Result<Profile> {
    let (Coded(role), Json(permissions)) = (row.get("role")?, row.get("permissions")?);
    let rank = row.get::<_, Option<Coded<Rank>>>("rank")?.map(|Coded(rank)| rank);
    Ok(Profile { id: row.get("id")?, name: row.get("name")?, role, rank, permissions })
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group { id: row.get("id")?, name: row.get("name")?, parent: row.get("parent")? })
}

fn skill(row: &Row<'_>) -> rusqlite::Result<Skill> {
    Ok(Skill { id: row.get("id")?, name: row.get("name")? })
}

pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let Id(account) = row.get("account_id")?;
    let (Coded(population), Coded(kind)) = (row.get("population")?, row.get("kind")?);
    let (Json(profiles), Json(skills)) = (row.get("profiles")?, row.get("skills")?);
    let Json(manager_of) = row.get("manager_of")?;
    Ok(User {
        id: UserId(row.get("id")?),
        account,
        pid: Uuid::from_bytes(row.get("pid")?),
        number: row.get("number")?,
        population,
        kind,
        login_name: row.get("login_name")?,
        full_name: row.get("full_name")?,
        nickname: row.get("nickname")?,
        email: row.get("email")?,
        enabled: row.get("enabled")?,
        allowed_app_key: row.get("allowed_app_key")?,
        max_chats: row.get("max_chats")?,
        max_async_chats: row.get("max_async_chats")?,
        profiles,
        skills,
        member_of: row.get("member_of")?,
        manager_of,
        must_change_password: row.get("must_change_password")?,
        password: password(row)?,
        credential_version: row.get("credential_version")?,
        locked_at: row.get::<_, Option<At>>("locked_at")?.map(|At(at)| at),
    })
}

fn password(row: &Row<'_>) -> rusqlite::Result<Option<PasswordCredential>> {
    let Some(hash) = row.get("password_hash")? else { return Ok(None) };
    let (At(changed_at), Json(history)) = (row.get("password_changed_at")?, row.get("password_history")?);
    Ok(Some(PasswordCredential { hash, changed_at, history }))
}

fn api_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let (Json(privileges), Json(addresses)) = (row.get("privileges")?, row.get("addresses")?);
    Ok(ApiKey {
        id: ApplicationId(row.get("id")?),
        app_key: row.get("app_key")?,
        sealed_secret: row.get("sealed_secret")?,
        access_token: row.get("access_token")?,
        sealed_access_token_secret: row.get("sealed_access_token_secret")?,
        name: row.get("name")?,
        developer: row.get("developer")?,
        description: row.get("description")?,
        enabled: row.get("enabled")?,
        privileges,
        addresses,
    })
}

fn oauth_client(row: &Row<'_>) -> rusqlite::Result<OauthClient> {
    let (Json(privileges), Json(addresses)) = (row.get("privileges")?, row.get("addresses")?);
    Ok(OauthClient {
        id: ApplicationId(row.get("id")?),
        client_id: row.get("client_id")?,
        secret: SecretDigest(row.get("secret")?),
        name: row.get("name")?,
        enabled: row.get("enabled")?,
        privileges,
        addresses,
    })
}

fn application_token(row: &Row<'_>) -> rusqlite::Result<ApplicationToken> {
    Ok(ApplicationToken {
        id: ApplicationId(row.get("id")?),
        name: row.get("name")?,
        token: SecretDigest(row.get("token")?),
        enabled: row.get("enabled")?,
        last_used: row.get::<_, Option<At>>("last_used")?.map(|At(at)| at),
        requests: row.get::<_, i64>("requests")?.unsigned_abs(),
    })
}
