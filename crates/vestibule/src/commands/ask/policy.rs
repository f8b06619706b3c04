//! `vestibule policy …`: what new accounts can be made after.

use serde_json::Value;

use crate::client::{ResourcePath, Service, ServiceError, items};
use crate::command_line::PolicyAction;

const COLUMNS: &[&str] = &[
    "name",
    "password_policy.min_strength",
    "password_policy.min_length",
    "password_policy.expiry_days",
    "password_policy.history",
    "lockout_policy.failures",
    "agent_lockout_policy.failures",
    "lockout_policy.unlock",
];

pub(super) async fn run(service: &Service, action: PolicyAction) -> anyhow::Result<()> {
    let policies = items(service.client.get(&ResourcePath::of("policies"), &[]).await?.body)?;
    match action {
        PolicyAction::List => {
            let mut list = service.output.list(COLUMNS, "policies");
            let _ = list.page(&policies)?;
            list.end()
        }
        PolicyAction::Show(one) => {
            let is_it = |policy: &&Value| policy.get("name").and_then(Value::as_str) == Some(&*one.name);
            let found = policies.iter().find(is_it);
            let found =
                found.ok_or_else(|| ServiceError::NoSuch(format!("there is no policy {:?}", one.name)))?;
            service.output.show(found, COLUMNS);
            Ok(())
        }
    }
}
