//! As whom identity providers know a user: connections by their names, where the API has ids.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use vestibule_model::AccountId;

use super::connection;
use crate::client::{Extent, Fields, Service, id_of, list, walk};
use crate::input_error::InputError;

/// The field of a user.
const FIELD: &str = "identities";

/// Sets what the arguments say, the connections as they are called there.
pub(super) fn put(arguments: &[String], fields: &mut Fields) -> Result<(), InputError> {
    let Some(arguments) = list(arguments) else { return Ok(()) };
    let identity = |text: &String| {
        let parts = text
            .split_once('=')
            .filter(|(connection, subject)| !connection.is_empty() && !subject.is_empty());
        let parts =
            parts.map(|(connection, subject)| json!({ "connection": connection, "subject": subject }));
        parts.ok_or_else(|| InputError::new("--identity", "write CONNECTION=SUBJECT, or none"))
    };
    fields.put(FIELD, Some(arguments.iter().map(identity).collect::<Result<Vec<_>, _>>()?));
    Ok(())
}

/// Has the ids of connections where their names are.
pub(super) async fn name_by_id(
    service: &Service,
    account: AccountId,
    fields: &mut Fields,
) -> anyhow::Result<()> {
    let Some(identities) = fields.get_mut(FIELD).and_then(Value::as_array_mut) else { return Ok(()) };
    let named = connection::of(account).named();
    for identity in identities {
        if let Some(name) = identity.get("connection").and_then(Value::as_str) {
            identity["connection"] = id_of(&service.client, &named, name).await?.into();
        }
    }
    Ok(())
}

/// Writes those of a user for people: connection and subject, as they are set.
pub(super) async fn write(service: &Service, account: AccountId, user: &mut Value) -> anyhow::Result<()> {
    let Some(identities) = user[FIELD].as_array_mut().filter(|all| !all.is_empty()) else { return Ok(()) };
    let mut names = HashMap::new();
    walk(&service.client, &connection::of(account).place, &[], Extent::All, |page| {
        let known = |one: &Value| Some((one["id"].as_i64()?, one["name"].as_str()?.to_owned()));
        names.extend(page.iter().filter_map(known));
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    for identity in identities {
        let id = &identity["connection"];
        let connection = id.as_i64().and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| id.to_string());
        *identity = format!("{connection}={}", identity["subject"].as_str().unwrap_or_default()).into();
    }
    Ok(())
}
