//! What the console is told by the program around it.

use vestibule_console::{CertificateFact, OperatorFacts};
use vestibule_model::Millis;

use crate::certificates::Followed;
use crate::config::Purpose;
use crate::data_metrics::DataMetrics;

/// Looks at files and certificates when somebody looks at the console.
pub(crate) struct ConsoleFacts {
    pub(crate) data: DataMetrics,
    pub(crate) certificates: Followed,
    pub(crate) purpose: Purpose,
}

impl OperatorFacts for ConsoleFacts {
    fn certificates(&self) -> Vec<CertificateFact> {
        self.certificates.facts()
    }

    fn last_backup(&self) -> Option<Millis> {
        self.data.last_backup()
    }

    fn database_bytes(&self) -> Option<u64> {
        self.data.database_bytes()
    }

    fn is_development(&self) -> bool {
        self.purpose == Purpose::Development
    }
}
