//! Writing administrators and their tokens.

use rusqlite::{Connection, named_params, params};
use vestibule_model::{
    AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, Millis, UserId,
};
use vestibule_store::StoreError;

use super::execute;
use crate::columns::{At, Coded, Id, Numbered, RoleKind};

const PUT: &str = "
    INSERT INTO administrators (user_id, role, account_id) SELECT id, ?2, ?3 FROM users WHERE id = ?1
    ON CONFLICT (user_id) DO UPDATE SET role = excluded.role, account_id = excluded.account_id";

pub(super) fn put(connection: &Connection, administrator: Administrator) -> Result<(), StoreError> {
    let (kind, account) = (kind(administrator.role), administrator.role.account().map(Id));
    match execute(connection, PUT, params![administrator.user.0, Coded(kind), account])? {
        0 => Err(StoreError::Constraint("the user does not exist".into())),
        _ => Ok(()),
    }
}

pub(super) fn delete(connection: &Connection, user: UserId) -> Result<(), StoreError> {
    execute(connection, "DELETE FROM administrators WHERE user_id = ?1", [user.0]).map(drop)
}

/// When a token that is there was last used stays.
const PUT_TOKEN: &str = "
    INSERT INTO administration_tokens (id, name, secret, secret_generation, role, account_id, created_by, created, expires, last_used,
                                       revoked)
    VALUES (:id, :name, :secret, :secret_generation, :role, :account_id, :created_by, :created, :expires, :last_used, :revoked)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, secret = excluded.secret, secret_generation = excluded.secret_generation, role = excluded.role, account_id = excluded.account_id,
        created_by = excluded.created_by, created = excluded.created, expires = excluded.expires,
        revoked = excluded.revoked";

pub(super) fn put_token(connection: &Connection, token: &AdministrationToken) -> Result<(), StoreError> {
    let parameters = named_params! {
        ":id": token.id.0,
        ":name": token.name,
        ":secret": token.secret.tag,
        ":secret_generation": Numbered(token.secret.generation),
        ":role": Coded(kind(token.role)),
        ":account_id": token.role.account().map(Id),
        ":created_by": token.created_by,
        ":created": At(token.created),
        ":expires": At(token.expires),
        ":last_used": token.last_used.map(At),
        ":revoked": token.revoked.map(At),
    };
    execute(connection, PUT_TOKEN, parameters).map(drop)
}

pub(super) fn delete_token(connection: &Connection, token: AdministrationTokenId) -> Result<(), StoreError> {
    execute(connection, "DELETE FROM administration_tokens WHERE id = ?1", [token.0]).map(drop)
}

pub(super) fn touch_token(
    connection: &Connection,
    token: AdministrationTokenId,
    last_used: Millis,
) -> Result<(), StoreError> {
    let sql = "UPDATE administration_tokens SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1";
    execute(connection, sql, params![token.0, At(last_used)]).map(drop)
}

const fn kind(role: AdministratorRole) -> RoleKind {
    match role {
        AdministratorRole::Owner => RoleKind::Owner,
        AdministratorRole::Administrator(_) => RoleKind::Administrator,
        AdministratorRole::Auditor(_) => RoleKind::Auditor,
    }
}
