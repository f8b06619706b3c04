//! What happened over the last hours, as administrators see it.

use super::{Administration, AdministrationError, Caller, Scope};
use crate::figures::Figures;

impl Administration<'_> {
    /// What this process has seen of the last two days.
    pub fn figures(&self, caller: &Caller) -> Result<Figures, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        Ok(self.auth.figures())
    }
}
