//! Requests of administration: counted, and refused ones for the audit too, as failed logins are.

use std::net::IpAddr;

use serde_json::json;
use vestibule_model::{Actor, AuditAction, AuditReason, AuditRecord, Means, Millis, Refusal, TrafficOutcome};

use super::{Administration, Caller};

/// A request that somebody has asked who showed something of who they are, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct NotedRequest<'a> {
    /// Who asked, if they proved it; None: what they showed proved nothing.
    pub caller: Option<&'a Caller>,
    /// What came of it.
    pub outcome: TrafficOutcome,
    /// Which operation: a method and the pattern of a path, nothing that a caller chose.
    pub operation: &'a str,
    /// From where.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Millis,
}

impl Administration<'_> {
    /// Counts it. Of a refused one the audit does not tell which account or thing was asked for: whoever is refused could choose it,
    /// and fill the audit.
    pub fn note_request(&self, noted: NotedRequest<'_>) {
        let NotedRequest { caller, outcome, operation, address, now } = noted;
        self.count_request(caller, outcome, address, now);
        let is_refused = match outcome {
            TrafficOutcome::InvalidCredential => caller.is_none(),
            TrafficOutcome::NotAllowed => caller.is_some(),
            _ => false,
        };
        if !is_refused {
            return;
        }
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
            dialect: caller.and_then(Caller::console_dialect),
            details: Some(json!({ "operation": operation }).to_string()),
            ..AuditRecord::new(now, AuditAction::AdministrationRefused, actor, means)
        };
        self.auth.audit.fold(record);
    }
}
