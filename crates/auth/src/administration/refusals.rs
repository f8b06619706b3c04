//! Requests of administration that were refused: counted for the audit, as failed logins are.

use std::net::IpAddr;

use serde_json::json;
use vestibule_model::{Actor, AuditAction, AuditReason, AuditRecord, Means, Millis, Refusal};

use super::{Administration, Caller};

/// A request that was refused.
#[derive(Clone, Copy, Debug)]
pub struct RefusedRequest<'a> {
    /// Who asked, if they proved it; None: what they showed proved nothing.
    pub caller: Option<&'a Caller>,
    /// Which operation: a method and the pattern of a path, nothing that a caller chose.
    pub operation: &'a str,
    /// From where.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Millis,
}

impl Administration<'_> {
    /// Counts it. Which account or thing was asked for is not told: whoever is refused could choose it, and fill the audit.
    pub fn note_refused_administration(&self, refused: RefusedRequest<'_>) {
        let RefusedRequest { caller, operation, address, now } = refused;
        let (actor, means, why) = match caller {
            Some(caller) => (caller.actor.clone(), caller.means, Refusal::NotAllowed),
            None => (Actor::Unknown, Means::Nothing, Refusal::NotProved),
        };
        let user = match &actor {
            Actor::User { id, .. } => Some(*id),
            _ => None,
        };
        let record = AuditRecord {
            reason: Some(AuditReason::Refused(why)),
            user,
            address,
            details: Some(json!({ "operation": operation }).to_string()),
            ..AuditRecord::new(now, AuditAction::AdministrationRefused, actor, means)
        };
        self.auth.audit.fold(record);
    }
}
