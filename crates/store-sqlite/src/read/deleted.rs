//! Which ids belonged to something that is deleted.

use rusqlite::Connection;
use vestibule_store::Part;

const RETIRED: &str = "SELECT 1 FROM retired_ids WHERE kind = ?1 AND id = ?2";

/// Those of these parts whose ids are retired, in their order.
pub(crate) fn deleted(snapshot: &Connection, parts: Vec<Part>) -> rusqlite::Result<Vec<Part>> {
    let mut select = snapshot.prepare_cached(RETIRED)?;
    let mut deleted = Vec::new();
    for part in parts {
        let Some(key) = retired_as(part) else { continue };
        if select.exists(key)? {
            deleted.push(part);
        }
    }
    Ok(deleted)
}

/// The row that stands for it once it is deleted, by kind and id as the triggers of migrations 3 and 17 write them; None: its id is given again.
const fn retired_as(part: Part) -> Option<(i64, i64)> {
    match part {
        Part::User(id) => Some((1, id.0)),
        Part::ApiKey(id) => Some((2, id.0)),
        Part::OauthClient(id) => Some((3, id.0)),
        Part::ApplicationToken(id) => Some((4, id.0)),
        Part::Connection(id) => Some((6, id.0)),
        _ => None,
    }
}
