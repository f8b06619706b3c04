//! How often something was refused since the start, for those who watch the service. What became of the entries that tell of
//! it is another matter: those may be folded, or wait for the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use vestibule_model::{AuditAction, AuditReason, AuditRecord};

/// Counts by what was refused and why: words of which there is a fixed number.
#[derive(Default)]
pub(crate) struct RefusalCounts(Mutex<HashMap<(AuditAction, AuditReason), u64>>);

impl RefusalCounts {
    /// Counts what the record tells of, if it has a reason.
    pub(super) fn count(&self, record: &AuditRecord) {
        let Some(reason) = record.reason else { return };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((record.action, reason)).or_default() += u64::from(record.count);
    }

    /// Every count, none lower than before.
    pub(crate) fn all(&self) -> Vec<(AuditAction, AuditReason, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|((action, reason), count)| (*action, *reason, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{Actor, Means, Millis, Refusal};

    use super::*;

    #[test]
    fn refusals_are_counted_by_what_and_why_and_nothing_else_is() {
        let counts = RefusalCounts::default();
        let told =
            AuditRecord::new(Millis::EPOCH, AuditAction::LogInRefused, Actor::Unknown, Means::Password);
        let reason = AuditReason::Refused(Refusal::WrongPassword);
        for reason in [Some(reason), None, Some(reason)] {
            counts.count(&AuditRecord { reason, ..told.clone() });
        }
        assert_eq!(counts.all(), [(AuditAction::LogInRefused, reason, 2)]);
    }
}
