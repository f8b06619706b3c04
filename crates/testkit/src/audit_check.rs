//! Walks through the audit of a server, as the program does.

use std::path::PathBuf;
use std::sync::Arc;

use vestibule_console::{AuditCheck, AuditVerified};
use vestibule_crypto::{AuditKey, KeyRing};
use vestibule_model::Clock;
use vestibule_store_sqlite::verify_audit;

use crate::TestClock;

/// What walks through the audit in this database.
pub(crate) fn audit_check(path: PathBuf, ring: &KeyRing, clock: &Arc<TestClock>) -> AuditCheck {
    let ring = ring.clone();
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
    AuditCheck::new(clock, move |progress| {
        let key = AuditKey::derive(ring.clone());
        let walked = verify_audit(&path, ring.check_values(), &key, None, progress);
        let walked = walked.map_err(|error| error.to_string())?;
        Ok(AuditVerified {
            entries: walked.entries,
            wrong: walked.finding.map(|finding| finding.to_string()),
            findings: walked.findings,
            unverifiable: walked.unverifiable.iter().map(ToString::to_string).collect(),
            newest: walked.newest.map(|newest| newest.to_string()),
        })
    })
}
