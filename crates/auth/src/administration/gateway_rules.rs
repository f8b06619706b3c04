//! Rules of the gate: listed. They are of the installation.

use vestibule_model::{GatewayRule, GatewayRuleSettings};

use super::{Administration, AdministrationError, Caller, Scope};

impl Administration<'_> {
    /// Every rule of the gate, by name; among them the one that there always is, as it is.
    pub fn gateway_rules(&self, caller: &Caller) -> Result<Vec<GatewayRule>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let mut rules = self.auth.directory.rules().to_vec();
        if let Err(place) = rules.binary_search_by(|rule| rule.name.as_str().cmp(GatewayRule::DEFAULT)) {
            let settings = GatewayRuleSettings::default();
            rules.insert(place, GatewayRule { name: GatewayRule::DEFAULT.to_owned(), settings });
        }
        Ok(rules)
    }
}
