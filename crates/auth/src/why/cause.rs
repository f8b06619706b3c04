//! Which change ended a session, where the end itself tells only that there was one.

use serde_json::Value;
use vestibule_model::{
    ApplicationId, AuditAction, AuditEntry, AuditRecord, AuditTarget, EndReason, Means, TargetKind, UserId,
};

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
        | EndReason::ConnectionRefused
        | EndReason::LoggedOutAtProvider
        | EndReason::EndedByOwner
        | EndReason::EndedByAdministrator
        | EndReason::TokenReused => false,
    }
}

/// Whose session ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Of {
    pub(super) user: Option<UserId>,
    /// What it was opened with besides a user, and its kind; None: nothing, or it is not known.
    pub(super) application: Option<(TargetKind, ApplicationId)>,
}

impl Of {
    /// What the entries of a session tell of it.
    pub(super) fn entries(entries: &[AuditEntry]) -> Self {
        let application = |entry: &AuditEntry| match entry.record.means {
            Means::ApiKey(id) => Some((TargetKind::ApiKey, id)),
            Means::OauthClient(id) => Some((TargetKind::OauthClient, id)),
            Means::ApplicationToken(id) => Some((TargetKind::ApplicationToken, id)),
            _ => None,
        };
        let opening = entries.iter().find(|entry| entry.record.action == AuditAction::LoggedIn);
        Self {
            user: entries.iter().find_map(|entry| entry.record.user),
            application: opening.and_then(application),
        }
    }

    /// Whether a change of this can have to do with the session: it is of the account as such, of its user, or of its
    /// application.
    fn is_touched_by(self, record: &AuditRecord, target: &AuditTarget) -> bool {
        match target.kind {
            TargetKind::User => self.user.is_none() || record.user == self.user,
            kind if APPLICATIONS.contains(&kind) => {
                self.application.is_none_or(|(own, id)| own == kind && id.to_string() == target.id)
            }
            _ => true,
        }
    }
}

/// The newest change that explains the end, among entries of the account before it, the newest first.
pub(super) fn find(reason: EndReason, of: Of, candidates: &[AuditEntry]) -> Option<&AuditEntry> {
    candidates.iter().find(|entry| explains(reason, of, entry))
}

/// Whether the end may rest on a change of something else than the user, so that their own is not looked at first.
pub(super) fn is_of_application(reason: EndReason) -> bool {
    reason == EndReason::ApplicationRefused
}

fn explains(reason: EndReason, of: Of, entry: &AuditEntry) -> bool {
    let record = &entry.record;
    let target = record.target.as_ref().filter(|target| of.is_touched_by(record, target));
    let kind = target.map(|target| target.kind);
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
            // Administrators begin anew with a second factor.
            let is_factor = record.action == AuditAction::SecondFactorSet && kind == Some(TargetKind::User);
            record.action == AuditAction::PasswordSet || is_factor || changed(&[TargetKind::User], &fields)
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
            let fields = [
                "enabled",
                "privileges",
                "addresses",
                "secret",
                "access_token",
                "token",
                "allowed_app_key",
                "grant_types",
                "enabled_for_profiles",
            ];
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
