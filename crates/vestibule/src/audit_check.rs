//! Walks through the audit of a running service when an owner asks for it in the console: on a connection of its own that reads only,
//! with the keys that are in their place then.

use std::path::Path;
use std::sync::Arc;

use vestibule_console::{AuditCheck, AuditProgress, AuditVerified};
use vestibule_crypto::{AuditKey, KeyRing};
use vestibule_model::Clock;
use vestibule_store_sqlite::verify_audit;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::master_key::MasterKeySource;

/// Of the service with this configuration.
pub(crate) fn of(config: &Config, clock: &Arc<dyn Clock>) -> AuditCheck {
    let data = DataDir::at(&config.server.data_dir);
    let (database, source) = (data.database(), MasterKeySource::of(&config.master_key, &data));
    AuditCheck::new(Arc::clone(clock), move |progress| {
        let verified = verify(&database, &source, progress);
        match &verified {
            Ok(AuditVerified { wrong: Some(wrong), findings, .. }) => {
                tracing::error!(%wrong, findings, "the audit is not what was written");
            }
            Ok(AuditVerified { entries, .. }) => tracing::info!(entries, "the audit was verified"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the audit could not be verified"),
        }
        verified.map_err(|error| format!("{error:#}"))
    })
}

fn verify(
    database: &Path,
    source: &MasterKeySource,
    progress: AuditProgress<'_>,
) -> anyhow::Result<AuditVerified> {
    let keys = KeyRing::new(&source.read()?);
    let key = AuditKey::derive(&keys);
    let walked = verify_audit(database, keys.check_values(), &key, None, progress)?;
    Ok(AuditVerified {
        entries: walked.entries,
        wrong: walked.finding.map(|finding| finding.to_string()),
        findings: walked.findings,
        unverifiable: walked.unverifiable.iter().map(ToString::to_string).collect(),
        newest: walked.newest.map(|newest| newest.to_string()),
    })
}
