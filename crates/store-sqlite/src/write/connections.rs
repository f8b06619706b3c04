//! Writing connections to identity providers.

use rusqlite::{Connection as Database, named_params};
use vestibule_model::{AccountId, Connection, ConnectionSecret, Protocol};
use vestibule_store::StoreError;

use super::{execute, own};
use crate::columns::{Coded, Id, Json, ProtocolKind};

const PUT: &str = "
    INSERT INTO connections (id, account_id, name, display_name, enabled, population, linking, clock_skew_ms, targets, provisioning,
                             protocol, settings, sealed_key, sealed_previous_key, sealed_client_secret)
    VALUES (:id, :account_id, :name, :display_name, :enabled, :population, :linking, :clock_skew_ms, :targets, :provisioning,
            :protocol, :settings, :sealed_key, :sealed_previous_key, :sealed_client_secret)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, display_name = excluded.display_name, enabled = excluded.enabled,
        population = excluded.population,
        linking = excluded.linking, clock_skew_ms = excluded.clock_skew_ms, targets = excluded.targets,
        provisioning = excluded.provisioning, protocol = excluded.protocol, settings = excluded.settings, sealed_key = excluded.sealed_key,
        sealed_previous_key = excluded.sealed_previous_key, sealed_client_secret = excluded.sealed_client_secret
    WHERE connections.account_id = excluded.account_id";

pub(super) fn put(
    database: &Database,
    account: AccountId,
    connection: &Connection,
) -> Result<(), StoreError> {
    let sealed = |which| {
        let mut seals = connection.seals();
        seals.find(|(secret, _)| *secret == which).map(|(_, sealed)| sealed)
    };
    let (protocol, settings) = match &connection.protocol {
        Protocol::Saml(saml) => (ProtocolKind::Saml, serde_json::to_string(saml)),
        Protocol::Oidc(oidc) => (ProtocolKind::Oidc, serde_json::to_string(oidc)),
    };
    let parameters = named_params! {
        ":id": connection.id.0,
        ":account_id": Id(account),
        ":name": connection.name,
        ":display_name": connection.display_name,
        ":enabled": connection.enabled,
        ":population": Coded(connection.population),
        ":linking": Json(connection.linking),
        ":clock_skew_ms": i64::try_from(connection.clock_skew.as_millis()).unwrap_or(i64::MAX),
        ":targets": Json(&connection.targets),
        ":provisioning": Json(&connection.provisioning),
        ":protocol": Coded(protocol),
        ":settings": settings.map_err(|error| StoreError::Constraint(error.to_string()))?,
        ":sealed_key": sealed(ConnectionSecret::Key),
        ":sealed_previous_key": sealed(ConnectionSecret::PreviousKey),
        ":sealed_client_secret": sealed(ConnectionSecret::ClientSecret),
    };
    own(execute(database, PUT, parameters)?, || format!("connection {}", connection.id))
}
