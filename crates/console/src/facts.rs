//! What the program around the console knows and the engine does not.

use vestibule_model::Millis;

/// A certificate that a listener shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateFact {
    /// Which listener.
    pub listener: &'static str,
    /// Until when it is good.
    pub until: Millis,
    /// Whether its files hold another that cannot be used.
    pub has_failed: bool,
}

/// Asked for each time that somebody looks at the overview: an answer takes no more than a look at a file.
pub trait OperatorFacts: Send + Sync {
    /// The certificates of all listeners that are read from files.
    fn certificates(&self) -> Vec<CertificateFact>;

    /// When the last backup was made; None: none was, as far as is known here.
    fn last_backup(&self) -> Option<Millis>;

    /// How large the database is with its log, in bytes; None: it is not on this machine.
    fn database_bytes(&self) -> Option<u64>;

    /// Whether this is a server for development, whose passwords everybody knows.
    fn is_development(&self) -> bool;
}
