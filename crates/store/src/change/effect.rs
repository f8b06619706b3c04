//! What a change does besides what it says: to sessions, to rights, to the directory.

use super::Change;
use crate::{Changed, Part};

impl Change {
    /// Whether it ends sessions and does nothing else.
    pub const fn ends_sessions(&self) -> bool {
        matches!(self, Self::EndSession(_) | Self::EndIfUnusedSince { .. } | Self::EndSessions(_))
    }

    /// Whether it takes something away that a database from before it would give back: a session, a right, a password that is
    /// good no more. Everything does but what opens a session, notes a use, or only remembers.
    pub const fn takes_away(&self) -> bool {
        !matches!(
            self,
            Self::ExpectUnchanged { .. }
                | Self::ExpectMasterKey(_)
                | Self::Reseal { .. }
                | Self::RedoDigest { .. }
                | Self::OpenSession(_)
                | Self::NoteFederatedLogin(_)
                | Self::CopyFederatedLogins { .. }
                | Self::DecideOnSessions(_)
                | Self::NoteLastUses(_)
                | Self::TouchApplications(_)
                | Self::TouchAdministrationToken { .. }
                | Self::ReplacePasswordHash { .. }
                | Self::RememberAnswer { .. }
                | Self::ForgetAnswers { .. }
                | Self::ForgetAnswersUnder(_)
                | Self::ForgetExpired { .. }
                | Self::PutSigningKey(_)
                | Self::Audit(_)
                | Self::Probe
                | Self::TrimChanges { .. }
                | Self::IndexAudit
                | Self::PruneAudit { .. }
                | Self::CountTraffic(_)
                | Self::AgeTraffic { .. }
        )
    }

    /// What this changes in the directory, so that those who follow it read it anew. `None` for sessions, audit and
    /// administrators; for deletions, and changes that name only a user, the backend finds the account.
    #[expect(clippy::too_many_lines, reason = "each change is named, so that a new one is thought of")]
    pub fn in_directory(&self) -> Option<Changed> {
        let (account, part) = match self {
            Self::PutAccount(account) => (account.id, Part::Account),
            Self::PutUser(user) => (user.account, Part::User(user.id)),
            Self::PutProfile(account, profile) => (*account, Part::Profile(profile.id)),
            Self::PutGroup(account, group) => (*account, Part::Group(group.id)),
            Self::PutSkill(account, skill) => (*account, Part::Skill(skill.id)),
            Self::PutApiKey(account, key) => (*account, Part::ApiKey(key.id)),
            Self::PutOauthClient(account, client) => (*account, Part::OauthClient(client.id)),
            Self::PutApplicationToken(account, token) => (*account, Part::ApplicationToken(token.id)),
            Self::PutConnection(account, connection) => (*account, Part::Connection(connection.id)),
            Self::PutGatewayRule(_) => return Some(Changed::GatewayRules),
            // Deletions change a directory only if there was something to delete.
            Self::DeleteAccount(_)
            | Self::DeleteUser(_)
            | Self::DeleteProfile(..)
            | Self::DeleteGroup(..)
            | Self::DeleteSkill(..)
            | Self::DeleteApiKey(..)
            | Self::DeleteOauthClient(..)
            | Self::DeleteApplicationToken(..)
            | Self::DeleteConnection(..)
            | Self::DeleteGatewayRule(_)
            | Self::ExpectUnchanged { .. }
            | Self::ReplacePasswordHash { .. }
            | Self::SetLock { .. }
            | Self::OpenSession(_)
            | Self::NoteFederatedLogin(_)
            | Self::NoteFederatedLogout(_)
            | Self::CopyFederatedLogins { .. }
            | Self::DecideOnSessions(_)
            | Self::EndSession(_)
            | Self::EndIfUnusedSince { .. }
            | Self::EndSessions(_)
            | Self::SetPassword { .. }
            | Self::SetSecondFactor { .. }
            | Self::NoteLastUses(_)
            | Self::TouchApplications(_)
            | Self::ExpectMasterKey(_)
            | Self::ActivateMasterKey { .. }
            | Self::RetireMasterKey { .. }
            // Only if there was something to replace.
            | Self::Reseal { .. }
            | Self::RedoDigest { .. }
            | Self::PutAdministrator(_)
            | Self::DeleteAdministrator(_)
            | Self::PutAdministrationToken(_)
            | Self::DeleteAdministrationToken(_)
            | Self::TouchAdministrationToken { .. }
            | Self::RememberAnswer { .. }
            | Self::ForgetAnswers { .. }
            | Self::ForgetAnswersUnder(_)
            | Self::ConsumeOnce { .. }
            | Self::ForgetExpired { .. }
            | Self::PutSigningKey(_)
            | Self::DeleteSigningKey(_)
            | Self::RotateRefreshToken { .. }
            | Self::Audit(_)
            | Self::TrimChanges { .. }
            | Self::Probe
            | Self::IndexAudit
            | Self::PruneAudit { .. }
            | Self::CountTraffic(_)
            | Self::AgeTraffic { .. } => return None,
        };
        Some(Changed::OfAccount { account, part })
    }
}
