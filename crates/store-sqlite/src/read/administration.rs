//! Reading administrators and their tokens.

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row};
use vestibule_model::{
    AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, SecretDigest, UserId,
};

use super::undecodable::Table;
use crate::columns::{At, Coded, Id, Numbered, RoleKind};

pub(super) const ADMINISTRATORS: Table = Table { name: "administrators", key: &["user_id"] };
pub(super) const TOKENS: Table = Table { name: "administration_tokens", key: &["id"] };

/// By user id.
pub(super) const EVERY_ADMINISTRATOR: &str =
    "SELECT user_id, role, account_id FROM administrators ORDER BY user_id";

/// By id.
pub(super) const EVERY_TOKEN: &str = "SELECT * FROM administration_tokens ORDER BY id";

/// Every administrator, by user id.
pub(crate) fn administrators(snapshot: &Connection) -> rusqlite::Result<Vec<Administrator>> {
    snapshot.prepare_cached(EVERY_ADMINISTRATOR)?.query_map([], administrator)?.collect()
}

pub(super) fn administrator(row: &Row<'_>) -> rusqlite::Result<Administrator> {
    let of = |row: &Row<'_>| Ok(Administrator { user: UserId(row.get("user_id")?), role: role(row)? });
    ADMINISTRATORS.read(row, of)
}

/// Every administration token, by id.
pub(crate) fn tokens(snapshot: &Connection) -> rusqlite::Result<Vec<AdministrationToken>> {
    snapshot.prepare_cached(EVERY_TOKEN)?.query_map([], token)?.collect()
}

/// The token of this digest.
pub(crate) fn token_with(
    snapshot: &Connection,
    secret: SecretDigest,
) -> rusqlite::Result<Option<AdministrationToken>> {
    let sql = "SELECT * FROM administration_tokens WHERE secret = ?1 AND secret_generation = ?2";
    let parameters = (secret.tag, Numbered(secret.generation));
    snapshot.prepare_cached(sql)?.query_row(parameters, token).optional()
}

pub(super) fn token(row: &Row<'_>) -> rusqlite::Result<AdministrationToken> {
    TOKENS.read(row, token_of)
}

fn token_of(row: &Row<'_>) -> rusqlite::Result<AdministrationToken> {
    let (At(created), At(expires)) = (row.get("created")?, row.get("expires")?);
    let Numbered(generation) = row.get("secret_generation")?;
    let time = |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<At>>(name)?.map(|At(time)| time));
    Ok(AdministrationToken {
        id: AdministrationTokenId(row.get("id")?),
        name: row.get("name")?,
        secret: SecretDigest { tag: row.get("secret")?, generation },
        role: role(row)?,
        created_by: row.get("created_by")?,
        created,
        expires,
        last_used: time("last_used")?,
        revoked: time("revoked")?,
    })
}

#[derive(Debug, thiserror::Error)]
#[error("an administrator of no account")]
struct NoAccount;

fn role(row: &Row<'_>) -> rusqlite::Result<AdministratorRole> {
    let Coded(kind) = row.get("role")?;
    let account = row.get::<_, Option<Id>>("account_id")?.map(|Id(account)| account);
    match (kind, account) {
        (RoleKind::Owner, _) => Ok(AdministratorRole::Owner),
        (RoleKind::Administrator, Some(account)) => Ok(AdministratorRole::Administrator(account)),
        // A role that is limited to no account must not become one that is not limited.
        (RoleKind::Administrator, None) => Err(FromSqlError::other(NoAccount).into()),
        (RoleKind::Auditor, account) => Ok(AdministratorRole::Auditor(account)),
    }
}
