//! Writing rules of the gate.

use rusqlite::{Connection, params};
use vestibule_model::GatewayRule;
use vestibule_store::StoreError;

use super::execute;
use crate::columns::Json;

pub(super) fn put(connection: &Connection, rule: &GatewayRule) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO gateway_rules (name, settings) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET settings = excluded.settings";
    execute(connection, sql, params![rule.name, Json(&rule.settings)]).map(drop)
}

/// Answers whether it was there.
pub(super) fn delete(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    execute(connection, "DELETE FROM gateway_rules WHERE name = ?1", [name]).map(|rows| rows > 0)
}
