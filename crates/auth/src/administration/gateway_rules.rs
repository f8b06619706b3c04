//! Rules of the gate: listed, set, deleted. They are of the installation.

use vestibule_model::GatewayRule;
use vestibule_store::Change;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::gateway::Rules;
use crate::rules::{gateway_rule_violations, tidy_gateway_rule};

impl Administration<'_> {
    /// Every rule of the gate, by name; among them the one that there always is, as it is.
    pub fn gateway_rules(&self, caller: &Caller) -> Result<Vec<GatewayRule>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let mut rules = self.auth.directory.with_rules(|rules| rules.stored.clone());
        if let Err(place) = rules.binary_search_by(|rule| rule.name.as_str().cmp(GatewayRule::DEFAULT)) {
            rules.insert(place, GatewayRule::unset_default());
        }
        Ok(rules)
    }

    /// One of them.
    pub fn gateway_rule(&self, caller: &Caller, name: &str) -> Result<GatewayRule, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        self.present_rule(name).ok_or(AdministrationError::NotFound("gateway rule"))
    }

    /// Makes a rule, or puts other settings in the place of those that it has. `unchanged` is asked about the present one.
    pub async fn set_gateway_rule(
        &self,
        caller: &Caller,
        mut rule: GatewayRule,
        unchanged: impl Fn(Option<&GatewayRule>) -> Result<(), AdministrationError>,
        idempotency: Idempotency<'_, GatewayRule>,
    ) -> Result<GatewayRule, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        tidy_gateway_rule(&mut rule.settings);
        self.write_directory(caller, || {
            let before = self.present_rule(&rule.name);
            let is_another = |other: &&GatewayRule| other.name != rule.name;
            let others =
                self.auth.directory.with_rules(|rules| rules.stored.iter().filter(is_another).count());
            let broken = gateway_rule_violations(&rule, before.as_ref(), others, &*self.auth.directory);
            broken.into_iter().next().map_or(Ok(()), Err)?;
            unchanged(before.as_ref())?;
            let details = match &before {
                Some(before) if *before == rule => return Ok((None, rule.clone())),
                Some(before) => AuditDetails::changed(before, &rule),
                None => AuditDetails::made(&rule),
            };
            let change = Change::PutGatewayRule(rule.clone().into());
            let written = AuditedWrite::one(change, details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &rule)), rule.clone()))
        })
        .await
    }

    /// Deletes a rule; the one that there always is goes back to what it is at first. `unchanged` is asked about the present one.
    pub async fn delete_gateway_rule(
        &self,
        caller: &Caller,
        name: &str,
        unchanged: impl Fn(&GatewayRule) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.write_directory(caller, || {
            let before = self.present_rule(name).ok_or(AdministrationError::NotFound("gateway rule"))?;
            unchanged(&before)?;
            let details = match name {
                GatewayRule::DEFAULT if before == GatewayRule::unset_default() => return Ok((None, ())),
                GatewayRule::DEFAULT => AuditDetails::changed(&before, &GatewayRule::unset_default()),
                _ => AuditDetails::deleted(&before),
            };
            Ok((Some(AuditedWrite::one(Change::DeleteGatewayRule(name.to_owned()), details)), ()))
        })
        .await
    }

    fn present_rule(&self, name: &str) -> Option<GatewayRule> {
        let find = |rules: &Rules| rules.stored.iter().find(|rule| rule.name == name).cloned();
        let stored = self.auth.directory.with_rules(find);
        stored.or_else(|| (name == GatewayRule::DEFAULT).then(GatewayRule::unset_default))
    }
}
