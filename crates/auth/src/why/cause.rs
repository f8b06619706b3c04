//! Which change ended a session, where the end itself tells only that there was one.

use serde_json::Value;
use vestibule_model::{AuditAction, AuditEntry, EndReason, TargetKind};

/// Whether the end of a session rests on a change that somebody made to its user or its account.
pub(super) const fn has_cause(reason: EndReason) -> bool {
    match reason {
        EndReason::CredentialsChanged
        | EndReason::PasswordSet
        | EndReason::MustChangePassword
        | EndReason::UserDisabled
        | EndReason::UserDeleted
        | EndReason::AccountDisabled
        | EndReason::AccountDeleted
        | EndReason::SsoOnly
        | EndReason::BotFeatureOff
        | EndReason::ApplicationRefused => true,
        EndReason::LoggedOut
        | EndReason::Replaced
        | EndReason::Expired
        | EndReason::AbsoluteEnd
        | EndReason::PasswordChanged
        | EndReason::PasswordExpired
        | EndReason::EndedByOwner
        | EndReason::EndedByAdministrator => false,
    }
}

/// The newest change that explains the end, among entries of the account before it, the newest first.
pub(super) fn find(reason: EndReason, candidates: &[AuditEntry]) -> Option<&AuditEntry> {
    candidates.iter().find(|entry| explains(reason, entry))
}

fn explains(reason: EndReason, entry: &AuditEntry) -> bool {
    let record = &entry.record;
    let kind = record.target.as_ref().map(|target| target.kind);
    let changed = |kinds: &[TargetKind], fields: &[&str]| {
        let of_kind = kind.is_some_and(|kind| kinds.contains(&kind));
        record.action == AuditAction::Changed && of_kind && tells_of(record.after.as_deref(), fields)
    };
    let deleted = |kinds: &[TargetKind]| {
        record.action == AuditAction::Deleted && kind.is_some_and(|kind| kinds.contains(&kind))
    };
    match reason {
        EndReason::CredentialsChanged => {
            let fields = ["password", "enabled", "allowed_app_key"];
            record.action == AuditAction::PasswordSet || changed(&[TargetKind::User], &fields)
        }
        EndReason::PasswordSet => {
            record.action == AuditAction::PasswordSet || changed(&[TargetKind::User], &["password"])
        }
        EndReason::MustChangePassword => {
            record.action == AuditAction::PasswordSet
                || changed(&[TargetKind::User], &["must_change_password"])
        }
        EndReason::UserDisabled => changed(&[TargetKind::User], &["enabled"]),
        EndReason::UserDeleted => deleted(&[TargetKind::User]),
        EndReason::AccountDisabled => changed(&[TargetKind::Account], &["state"]),
        EndReason::AccountDeleted => deleted(&[TargetKind::Account]),
        EndReason::SsoOnly => changed(&[TargetKind::Account], &["sign_on"]),
        EndReason::BotFeatureOff => changed(&[TargetKind::Account], &["features"]),
        EndReason::ApplicationRefused => {
            let fields =
                ["enabled", "privileges", "addresses", "secret", "access_token", "token", "allowed_app_key"];
            changed(&[APPLICATIONS, &[TargetKind::User]].concat(), &fields) || deleted(APPLICATIONS)
        }
        _ => false,
    }
}

const APPLICATIONS: &[TargetKind] =
    &[TargetKind::ApiKey, TargetKind::OauthClient, TargetKind::ApplicationToken];

/// Whether one of the fields is among those that changed.
fn tells_of(after: Option<&str>, fields: &[&str]) -> bool {
    let after = after.and_then(|text| serde_json::from_str::<Value>(text).ok());
    after.is_some_and(|after| fields.iter().any(|field| after.get(field).is_some()))
}
