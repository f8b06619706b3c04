//! Words for what the audit keeps.

use vestibule_model::{AuditAction, Means, TargetKind};

/// What was done.
pub(super) const fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::LoggedIn => "session opened",
        AuditAction::JoinedSession => "login given a live session",
        AuditAction::LogInRefused => "login refused",
        AuditAction::RefreshRefused => "refresh refused",
        AuditAction::ChangePasswordRefused => "change of password refused",
        AuditAction::SessionEnded => "session ended",
        AuditAction::UserLocked => "user locked",
        AuditAction::UserUnlocked => "user unlocked",
        AuditAction::PasswordChanged => "password changed by its user",
        AuditAction::PasswordSet => "password set",
        AuditAction::PasswordRehashed => "password hashed anew",
        AuditAction::Created => "made",
        AuditAction::Changed => "changed",
        AuditAction::Deleted => "deleted",
        AuditAction::AdministrationRefused => "administrator’s request refused",
        AuditAction::AuditPruned => "old entries removed",
        AuditAction::AuditExported => "audit exported",
        AuditAction::Restored => "restored from a backup",
        AuditAction::SetBack => "database found to be an older one",
        AuditAction::WitnessRenewed => "database confirmed by somebody",
        AuditAction::CommitsLost => "commits lost",
        AuditAction::DirectoryExported => "directory exported",
        AuditAction::TokenIssued => "token given to a client",
        AuditAction::TokenRefused => "token refused",
        AuditAction::LogOutRefused => "provider’s logout refused",
        AuditAction::SecondFactorSet => "second factor set up",
        AuditAction::SecondFactorRemoved => "second factor removed",
    }
}

/// A kind of thing.
pub(super) const fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Account => "account",
        TargetKind::User => "user",
        TargetKind::Profile => "profile",
        TargetKind::Group => "group",
        TargetKind::Skill => "skill",
        TargetKind::ApiKey => "API key",
        TargetKind::OauthClient => "OAuth client",
        TargetKind::ApplicationToken => "application token",
        TargetKind::AdministrationToken => "administration token",
        TargetKind::Administrator => "role of the user",
        TargetKind::Audit => "audit",
        TargetKind::MasterKey => "master key",
        TargetKind::Connection => "connection",
        TargetKind::SigningKey => "signing key",
        TargetKind::GatewayRule => "gateway rule",
    }
}

/// By which means something was done.
pub(super) fn means(means: Means) -> String {
    match means {
        Means::Nothing => "nothing was shown".to_owned(),
        Means::Password => "a password".to_owned(),
        Means::ApplicationToken(id) => format!("a password and application token {id}"),
        Means::ApiKey(id) => format!("API key {id}"),
        Means::OauthClient(id) => format!("OAuth client {id}"),
        Means::Saml => "an assertion of the identity provider".to_owned(),
        Means::Oidc => "an ID token of the identity provider".to_owned(),
        Means::Session => "a session".to_owned(),
        Means::AdministrationToken => "an administration token".to_owned(),
        Means::CommandLine => "the command line".to_owned(),
        Means::System => "the service itself".to_owned(),
    }
}
