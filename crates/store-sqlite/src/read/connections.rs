//! Reading connections to identity providers.

use std::time::Duration;

use rusqlite::types::FromSqlError;
use rusqlite::{Error, Row};
use vestibule_model::{Connection, ConnectionId, OidcConnection, OwnKey, Protocol, SamlConnection};

use super::undecodable::Table;
use crate::columns::{Coded, Json, ProtocolKind};

pub(super) const CONNECTIONS: Table = Table { name: "connections", key: &["account_id", "id"] };

pub(super) fn connection(row: &Row<'_>) -> rusqlite::Result<Connection> {
    CONNECTIONS.read(row, connection_of)
}

fn connection_of(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let (Coded(population), Json(linking)) = (row.get("population")?, row.get("linking")?);
    Ok(Connection {
        id: ConnectionId(row.get("id")?),
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        enabled: row.get("enabled")?,
        population,
        linking,
        clock_skew: Duration::from_millis(row.get::<_, i64>("clock_skew_ms")?.unsigned_abs()),
        targets: row.get("targets").map(|Json(targets)| targets)?,
        provisioning: row.get("provisioning").map(|Json(provisioning)| provisioning)?,
        protocol: match row.get("protocol")? {
            Coded(ProtocolKind::Saml) => Protocol::Saml(Box::new(saml(row)?)),
            Coded(ProtocolKind::Oidc) => Protocol::Oidc(Box::new(oidc(row)?)),
        },
    })
}

fn saml(row: &Row<'_>) -> rusqlite::Result<SamlConnection> {
    let Json(mut saml): Json<SamlConnection> = row.get("settings")?;
    with_key(row, "sealed_key", saml.key.as_mut())?;
    with_key(row, "sealed_previous_key", saml.previous_key.as_mut())?;
    Ok(saml)
}

#[derive(Debug, thiserror::Error)]
#[error("there is a certificate without its key, or a key without its certificate")]
struct Unpaired;

fn with_key(row: &Row<'_>, column: &str, key: Option<&mut OwnKey>) -> rusqlite::Result<()> {
    match (key, row.get(column)?) {
        (Some(key), Some(sealed)) => key.sealed_key = sealed,
        (None, None::<Vec<u8>>) => {}
        _ => return Err(Error::from(FromSqlError::other(Unpaired))),
    }
    Ok(())
}

fn oidc(row: &Row<'_>) -> rusqlite::Result<OidcConnection> {
    let Json(oidc): Json<OidcConnection> = row.get("settings")?;
    Ok(OidcConnection { sealed_client_secret: row.get("sealed_client_secret")?, ..oidc })
}
