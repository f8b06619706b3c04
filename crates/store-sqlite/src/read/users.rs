//! Reading users: one, all of an account, or a page of all.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;
use vestibule_model::{PasswordCredential, SecondFactor, User, UserId};

use super::undecodable::Table;
use crate::columns::{At, Coded, Id, Json};

pub(super) const USERS: Table = Table { name: "users", key: &["id", "account_id"] };

/// The columns of a user in the order in which [`user`] reads them: by place, because a start reads every user there is.
macro_rules! user_columns {
    () => {
        "id, account_id, pid, number, population, kind, login_name, full_name, nickname, email, enabled,
         allowed_app_key, max_chats, max_async_chats, profiles, skills, member_of, manager_of,
         must_change_password, password_hash, password_changed_at, password_history, credential_version, locked_at,
         identities, sealed_second_factor, second_factor_since, recovery_codes"
    };
}

/// A page of the users of all accounts, by id.
pub(super) const EVERY_USER: &str =
    concat!("SELECT ", user_columns!(), " FROM users WHERE id > ?1 ORDER BY id LIMIT ?2");

/// Every user of an account, by id.
pub(super) const OF_ACCOUNT: &str =
    concat!("SELECT ", user_columns!(), " FROM users WHERE account_id = ?1 ORDER BY id");

/// A user, from [`OF_ACCOUNT`] and its like.
pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    USERS.read(row, user_of)
}

fn user_of(row: &Row<'_>) -> rusqlite::Result<User> {
    let (Id(account), Coded(population), Coded(kind)) = (row.get(1)?, row.get(4)?, row.get(5)?);
    let (Json(profiles), Json(skills), Json(manager_of)) = (row.get(14)?, row.get(15)?, row.get(17)?);
    Ok(User {
        id: UserId(row.get(0)?),
        account,
        pid: Uuid::from_bytes(row.get(2)?),
        number: row.get(3)?,
        population,
        kind,
        login_name: row.get(6)?,
        full_name: row.get(7)?,
        nickname: row.get(8)?,
        email: row.get(9)?,
        enabled: row.get(10)?,
        allowed_app_key: row.get(11)?,
        max_chats: row.get(12)?,
        max_async_chats: row.get(13)?,
        profiles,
        skills,
        member_of: row.get(16)?,
        manager_of,
        must_change_password: row.get(18)?,
        password: password(row)?,
        credential_version: row.get(22)?,
        locked_at: row.get::<_, Option<At>>(23)?.map(|At(at)| at),
        identities: row.get::<_, Option<Json<_>>>(24)?.map(|Json(all)| all).unwrap_or_default(),
        second_factor: second_factor(row)?,
    })
}

fn second_factor(row: &Row<'_>) -> rusqlite::Result<Option<Box<SecondFactor>>> {
    let Some(sealed) = row.get(25)? else { return Ok(None) };
    let (At(since), codes): (At, Vec<u8>) = (row.get(26)?, row.get(27)?);
    let (codes, rest) = codes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(rusqlite::Error::InvalidColumnType(27, "recovery_codes".to_owned(), Type::Blob));
    }
    Ok(Some(Box::new(SecondFactor { sealed, since, recovery: codes.to_vec() })))
}

fn password(row: &Row<'_>) -> rusqlite::Result<Option<PasswordCredential>> {
    let Some(hash) = row.get(19)? else { return Ok(None) };
    let (At(changed_at), Json(history)) = (row.get(20)?, row.get(21)?);
    Ok(Some(PasswordCredential { hash, changed_at, history }))
}

const ONE: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE id = ?1");

/// The user of this id.
pub(crate) fn one_user(snapshot: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    snapshot.prepare_cached(ONE)?.query_row([id.0], user).optional()
}

/// A page of the users of all accounts.
pub(crate) fn every_user(
    snapshot: &Connection,
    after: Option<UserId>,
    limit: usize,
) -> rusqlite::Result<Vec<User>> {
    let (behind, limit) = (after.map_or(i64::MIN, |user| user.0), i64::try_from(limit).unwrap_or(i64::MAX));
    snapshot.prepare_cached(EVERY_USER)?.query_map([behind, limit], user)?.collect()
}
