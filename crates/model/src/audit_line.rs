//! An entry of the audit as a line of an export.

use serde::Serialize;

use crate::{AuditEntry, Utc};

/// An entry, with its time as people read it.
#[derive(Serialize)]
pub struct AuditLine {
    time: String,
    #[serde(flatten)]
    entry: AuditEntry,
}

impl From<AuditEntry> for AuditLine {
    fn from(entry: AuditEntry) -> Self {
        Self { time: Utc(entry.record.at).to_string(), entry }
    }
}

impl AuditLine {
    /// The line behind others: JSON without line breaks, and one.
    pub fn append_to(&self, lines: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *lines, self)?;
        lines.push(b'\n');
        Ok(())
    }
}
