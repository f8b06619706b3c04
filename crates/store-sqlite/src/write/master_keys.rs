//! Writing which generation of the master key is in force, and what is made anew under it.

use rusqlite::{Connection, params, params_from_iter};
use vestibule_model::{Generation, Millis, SecretDigest};
use vestibule_store::{DigestHolder, DigestKind, SealHolder, StoreError};

use super::execute;
use crate::columns::{At, Id};
use crate::error::of_change;
use crate::read;
use crate::sealed_columns::{self, SealedColumns};

/// Fails unless this generation is in force.
pub(super) fn expect(connection: &Connection, generation: Generation) -> Result<(), StoreError> {
    let active = read::active_generation(connection).map_err(of_change)?;
    if active == Some(generation) { Ok(()) } else { Err(StoreError::DirectoryMoved) }
}

/// The one before becomes readable (2).
pub(super) fn activate(
    connection: &Connection,
    generation: Generation,
    check_value: &[u8; 32],
    at: Millis,
) -> Result<(), StoreError> {
    execute(connection, "UPDATE master_keys SET state = 2 WHERE state = 1", [])?;
    let sql = "
        INSERT INTO master_keys (generation, check_value, state, activated_at) SELECT ?1, ?2, 1, ?3
        WHERE NOT EXISTS (SELECT 1 FROM master_keys WHERE generation >= ?1)";
    match execute(connection, sql, params![generation.number(), check_value, At(at)])? {
        0 => {
            let why = "a generation of the master key that is not older was active before";
            Err(StoreError::Constraint(why.into()))
        }
        _ => Ok(()),
    }
}

/// Nothing can come to depend on it between the look and the change: both are in one transaction.
pub(super) fn retire(connection: &Connection, generation: Generation, at: Millis) -> Result<(), StoreError> {
    if !read::remains(connection, generation, at).map_err(of_change)?.is_nothing() {
        let why = "something depends on the generation of the master key";
        return Err(StoreError::Constraint(why.into()));
    }
    let sql = "UPDATE master_keys SET state = 3, retired_at = ?2 WHERE generation = ?1 AND state = 2";
    match execute(connection, sql, params![generation.number(), At(at)])? {
        0 => Err(StoreError::Constraint("the generation of the master key is not readable".into())),
        _ => Ok(()),
    }
}

/// Whether the holder has the secret that is sealed as `old`: no two sealings are the same bytes.
pub(super) fn reseal(
    connection: &Connection,
    holder: SealHolder,
    old: &[u8],
    new: &[u8],
) -> Result<bool, StoreError> {
    let (SealedColumns { table, columns, row }, mut parameters) = sealed_columns::place(holder);
    let (before, after) = (parameters.len() + 1, parameters.len() + 2);
    parameters.extend([old.to_vec().into(), new.to_vec().into()]);
    let mut found = 0;
    for column in *columns {
        let sql = format!("UPDATE {table} SET {column} = ?{after} WHERE {row} AND {column} = ?{before}");
        found += execute(connection, &sql, params_from_iter(&parameters))?;
    }
    Ok(found > 0)
}

/// Whether the holder has the digest `old`.
pub(super) fn redo_digest(
    connection: &Connection,
    holder: &DigestHolder,
    old: SecretDigest,
    new: SecretDigest,
) -> Result<bool, StoreError> {
    const CLIENT: [&str; 2] = [
        "UPDATE oauth_clients SET secret = ?5, secret_generation = ?6
         WHERE id = ?2 AND account_id = ?1 AND secret = ?3 AND secret_generation = ?4",
        "UPDATE oauth_clients SET superseded_secret = ?5, superseded_generation = ?6
         WHERE id = ?2 AND account_id = ?1 AND superseded_secret = ?3 AND superseded_generation = ?4",
    ];
    const TOKEN: [&str; 2] = [
        "UPDATE application_tokens SET token = ?5, token_generation = ?6
         WHERE id = ?2 AND account_id = ?1 AND token = ?3 AND token_generation = ?4",
        "UPDATE application_tokens SET superseded_token = ?5, superseded_generation = ?6
         WHERE id = ?2 AND account_id = ?1 AND superseded_token = ?3 AND superseded_generation = ?4",
    ];
    // It belongs to no account.
    const ADMINISTRATION_TOKEN: [&str; 1] =
        ["UPDATE administration_tokens SET secret = ?5, secret_generation = ?6
         WHERE ?1 IS NULL AND id = ?2 AND secret = ?3 AND secret_generation = ?4"];
    let statements: &[&str] = match holder.kind {
        DigestKind::ApplicationToken => &TOKEN,
        DigestKind::OauthClient => &CLIENT,
        DigestKind::AdministrationToken => &ADMINISTRATION_TOKEN,
    };
    let account = holder.account.map(Id);
    let (before, after) = (old.generation.number(), new.generation.number());
    let mut found = 0;
    for sql in statements {
        found += execute(connection, sql, params![account, holder.id, old.tag, before, new.tag, after])?;
    }
    Ok(found > 0)
}
