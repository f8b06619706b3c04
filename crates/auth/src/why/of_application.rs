//! The words for what was done to an API key, an OAuth client or an application token whose sessions ended of it.

use serde_json::{Map, Value};
use vestibule_model::{AuditAction, AuditRecord, Means, Millis, TargetKind};

use super::words::who_through;

/// Why the application is refused that a session was opened with; `cause` is the change that did it, if it is known.
pub(super) fn refused(cause: Option<&AuditRecord>, time: &dyn Fn(Millis) -> String) -> String {
    let Some((record, what)) = cause.and_then(|record| Some((record, target(record)?))) else {
        return "what it was opened with was disabled, changed or deleted, or may not be used from there"
            .to_owned();
    };
    let done = format!("{} by {}", time(record.at), who_through(record));
    if record.action == AuditAction::Deleted {
        return format!("{what} was deleted {done}");
    }
    let after = fields(record.after.as_deref());
    let has = |name: &str| after.contains_key(name);
    if after.get("enabled") == Some(&Value::Bool(false)) {
        format!("{what} was disabled {done}")
    } else if has("secret") || has("access_token") || has("token") {
        let until = after.get("previous_values_until").and_then(Value::as_i64);
        other_secrets(record.means, &format!("the secrets of {what} were"), &done, until, time)
    } else if has("privileges") {
        format!("the privileges of {what} were changed {done}")
    } else if has("addresses") {
        format!("the addresses that {what} may be used from were changed {done}")
    } else if has("allowed_app_key") {
        format!("what {what} may log in with was changed {done}")
    } else {
        format!("{what} was changed {done}")
    }
}

/// The administration API only ever renews secrets; a file of `vestibule apply` replaces them by those that it holds.
fn other_secrets(
    means: Means,
    secrets_were: &str,
    done: &str,
    until: Option<i64>,
    time: &dyn Fn(Millis) -> String,
) -> String {
    match until {
        Some(until) => {
            let until = time(Millis::from_unix(until));
            format!("{secrets_were} renewed {done}, and the old ones ended {until}")
        }
        None if means == Means::CommandLine => {
            format!("{secrets_were} replaced by others {done}, and the old ones ended at once")
        }
        None => format!("{secrets_were} renewed {done}, without an overlap"),
    }
}

/// `API key Bots`.
fn target(record: &AuditRecord) -> Option<String> {
    let target = record.target.as_ref()?;
    let kind = match target.kind {
        TargetKind::ApiKey => "API key",
        TargetKind::OauthClient => "OAuth client",
        TargetKind::ApplicationToken => "application token",
        TargetKind::User => "user",
        _ => return None,
    };
    Some(format!("{kind} {}", target.name))
}

fn fields(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
