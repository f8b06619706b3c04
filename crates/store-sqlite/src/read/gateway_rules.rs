//! Reading rules of the gate.

use rusqlite::{Connection, Row};
use vestibule_model::GatewayRule;

use super::undecodable::Table;
use crate::columns::Json;

const RULES: Table = Table { name: "gateway_rules", key: &["name"] };

/// By name.
pub(super) const EVERY_RULE: &str = "SELECT * FROM gateway_rules ORDER BY name";

/// Every rule of the gate, by name.
pub(super) fn gateway_rules(snapshot: &Connection) -> rusqlite::Result<Vec<GatewayRule>> {
    snapshot.prepare_cached(EVERY_RULE)?.query_map([], gateway_rule)?.collect()
}

pub(super) fn gateway_rule(row: &Row<'_>) -> rusqlite::Result<GatewayRule> {
    RULES.read(row, |row| {
        let Json(settings) = row.get("settings")?;
        Ok(GatewayRule { name: row.get("name")?, settings })
    })
}
