//! Ends of all sessions at once, which no session has an entry of its own about: a restore, and a start that found an older
//! copy of the database.

use serde_json::Value;
use vestibule_model::{AuditAction, AuditEntry};
use vestibule_store::{AuditOrder, AuditQuery, StoreError};

use crate::service::Auth;

/// How many restores that kept the sessions are passed over.
const KEPT: usize = 100;

/// How many pages of the audit are looked through: those that cannot have any are passed over.
const PAGES: usize = 200;

impl Auth {
    /// The first end of all sessions after the opening of one, by its entries.
    pub(super) async fn end_of_all_since(
        &self,
        entries: &[AuditEntry],
    ) -> Result<Option<AuditEntry>, StoreError> {
        let Some(opened) = entries.iter().find(|entry| entry.record.action == AuditAction::LoggedIn) else {
            return Ok(None);
        };
        let mut first: Option<AuditEntry> = None;
        for action in [AuditAction::Restored, AuditAction::SetBack] {
            let query = AuditQuery {
                action: Some(action),
                order: AuditOrder::OldestFirst,
                behind: Some(opened.place),
                limit: KEPT,
                ..AuditQuery::default()
            };
            let found = self.entries(query, KEPT, PAGES).await?;
            first = first.into_iter().chain(found).filter(has_ended_any).min_by_key(|entry| entry.place);
        }
        Ok(first)
    }
}

fn has_ended_any(entry: &AuditEntry) -> bool {
    let details = entry.record.details.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    details.is_some_and(|details| details["sessions_ended"].as_u64().is_some_and(|ended| ended > 0))
}
