//! An entry on the wire, described: as `vestibule audit export` prints it.

use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_model::AuditAction;

/// Who did what to whom, when, from where and by which means. What is not known is left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the model writes")]
#[schema(as = AuditEntry)]
pub(super) struct Entry {
    /// When it happened, in UTC (RFC 3339).
    time: String,
    /// Its place: grows by one with each entry.
    sequence: i64,
    /// When it happened, of a folded entry first: milliseconds since 1970.
    at: i64,
    action: AuditAction,
    /// Why a session ended, or something was refused.
    reason: Option<String>,
    /// The account that it concerns.
    account: Option<String>,
    /// The id of the user that it concerns.
    user: Option<i64>,
    /// The login name that this user had then. Entries from before version 0.2 have none.
    user_name: Option<String>,
    /// The reference of the session that it concerns.
    session: Option<Uuid>,
    actor: Actor,
    /// `nothing`, `password`, `application-token`, `api-key`, `oauth-client`, `saml`, `oidc`, `session`,
    /// `administration-token`, `connection`, `command-line` or `system`.
    means: String,
    /// The id of the application of the means.
    application: Option<i64>,
    /// `liveperson`, `livevox` or `pages`.
    dialect: Option<String>,
    address: Option<String>,
    target: Option<Target>,
    /// The fields that changed, as they were.
    before: Option<serde_json::Value>,
    /// The fields that changed, as they are now.
    after: Option<serde_json::Value>,
    /// What else explains it.
    details: Option<serde_json::Value>,
    /// How often it happened: more than once in an entry that floods were folded into.
    count: u32,
    /// When it happened last, in a folded entry.
    until: Option<i64>,
}

/// Who did it. Names are those of the time.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the model writes")]
#[schema(as = AuditActor)]
struct Actor {
    /// `unknown`, `user`, `administration-token`, `connection`, `command-line` or `system`.
    kind: String,
    id: Option<i64>,
    name: Option<String>,
}

/// What was made, changed or deleted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the model writes")]
#[schema(as = AuditTarget)]
struct Target {
    kind: String,
    id: String,
    name: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::PartialSchema;
    use vestibule_model::{
        AuditEntry, AuditLine, AuditPlace, AuditRecord, AuditTarget, Dialect, EndReason, Means, Millis,
        SessionReference, TargetKind, UserId,
    };

    use super::*;

    fn full() -> AuditEntry {
        let text = || Some("{}".to_owned());
        let actor = vestibule_model::Actor::User { id: UserId(1), name: "jane".into() };
        let target = AuditTarget { kind: TargetKind::User, id: "1".into(), name: "jane".into() };
        let means = Means::ApiKey(vestibule_model::ApplicationId(1));
        let record = AuditRecord {
            reason: Some(vestibule_model::AuditReason::Ended(EndReason::LoggedOut)),
            account: "one".parse().ok(),
            user: Some(UserId(1)),
            user_name: Some("jane".into()),
            session: Some(SessionReference([1; 16])),
            dialect: Some(Dialect::LiveVox),
            address: "192.0.2.1".parse().ok(),
            target: Some(target),
            before: text(),
            after: text(),
            details: text(),
            until: Some(Millis::EPOCH),
            ..AuditRecord::new(Millis::EPOCH, AuditAction::SessionEnded, actor, means)
        };
        AuditEntry { place: AuditPlace::in_first(1), record }
    }

    #[test]
    fn the_description_has_every_field_of_an_entry() {
        let described = serde_json::to_value(Entry::schema()).unwrap();
        let shown = serde_json::to_value(AuditLine::from(full())).unwrap();
        let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect();
        let (described, shown): (BTreeSet<_>, BTreeSet<_>) = (names(&described["properties"]), names(&shown));
        assert_eq!(described, shown);
    }
}
