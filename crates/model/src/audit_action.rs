//! The words for what the audit keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AuditAction {
    /// A session was opened.
    LoggedIn,
    /// A login was given the session that lives already, by the account's policy.
    JoinedSession,
    /// A login was refused.
    LogInRefused,
    /// A refresh was refused.
    RefreshRefused,
    /// A change of password was refused.
    ChangePasswordRefused,
    /// A session ended.
    SessionEnded,
    /// Failed logins locked a user.
    UserLocked,
    /// A lock was lifted.
    UserUnlocked,
    /// A user changed their password.
    PasswordChanged,
    /// Somebody else set a user's password.
    PasswordSet,
    /// A password's hash was replaced by a dearer one of the same password.
    PasswordRehashed,
    /// Something was made.
    Created,
    /// Something was changed.
    Changed,
    /// Something was deleted.
    Deleted,
    /// An administrator's request was refused.
    AdministrationRefused,
    /// Entries older than the retention were removed.
    AuditPruned,
    /// The audit was exported.
    AuditExported,
    /// The database was put back to what a backup had: what happened after that backup is not told here.
    Restored,
    /// The database was found to be an older one than that which was last in use, or may be: all its sessions ended. What
    /// happened since is not told here.
    SetBack,
    /// Somebody said that the database is the one, although its witness did not say so.
    WitnessRenewed,
    /// Commits that stood in the database's log were lost: what they did is not told here.
    CommitsLost,
    /// Accounts, users and keys were written into a file, with what they prove themselves by.
    DirectoryExported,
    /// An OAuth client was given a token in its own name.
    TokenIssued,
    /// An OAuth client was refused a token.
    TokenRefused,
    /// A logout that an identity provider asked for was refused.
    LogOutRefused,
    /// A user set up a second factor, or made its recovery codes anew.
    SecondFactorSet,
    /// A second factor was taken away: by its user, or by somebody who resets it.
    SecondFactorRemoved,
}

impl AuditAction {
    /// What the entries are about that tell of a refusal under a [`RefusalId`](crate::RefusalId): of what an identity provider sent.
    pub const OF_REFUSALS: [Self; 2] = [Self::LogInRefused, Self::LogOutRefused];

    /// Every one of them.
    pub const ALL: [Self; 27] = [
        Self::LoggedIn,
        Self::JoinedSession,
        Self::LogInRefused,
        Self::RefreshRefused,
        Self::ChangePasswordRefused,
        Self::SessionEnded,
        Self::UserLocked,
        Self::UserUnlocked,
        Self::PasswordChanged,
        Self::PasswordSet,
        Self::PasswordRehashed,
        Self::Created,
        Self::Changed,
        Self::Deleted,
        Self::AdministrationRefused,
        Self::AuditPruned,
        Self::AuditExported,
        Self::Restored,
        Self::SetBack,
        Self::WitnessRenewed,
        Self::CommitsLost,
        Self::DirectoryExported,
        Self::TokenIssued,
        Self::TokenRefused,
        Self::LogOutRefused,
        Self::SecondFactorSet,
        Self::SecondFactorRemoved,
    ];
}

impl fmt::Display for AuditAction {
    /// The name that the audit and the administration API have for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}
