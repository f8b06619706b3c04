//! Sessions that ended, as administrators see them: the entries of the audit that tell of ends, which is the only record of them.

use std::net::IpAddr;

use vestibule_model::{
    AccountId, Actor, ActorKey, ApplicationId, AuditAction, AuditEntry, AuditReason, EndReason, EndedSession,
    Millis, SessionReference, UserId,
};
use vestibule_store::AuditCount;

use super::audit::{AuditFilter, SeenAudit};
use super::named::PageRequest;
use super::{Administration, AdministrationError, Caller};

/// Which sessions are wanted. Every field that is set has to be met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndedFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this user.
    pub user: Option<UserId>,
    /// Opened with the API key, OAuth client or application token of this id, as far as it is recorded.
    pub application: Option<ApplicationId>,
    /// Opened from this address, as far as it is recorded.
    pub opened_from: Option<IpAddr>,
    /// Ended for this reason.
    pub reason: Option<EndReason>,
    /// Ended by this one.
    pub actor: Option<ActorKey>,
    /// Ended at this time or later.
    pub since: Option<Millis>,
    /// Ended before this time.
    pub until: Option<Millis>,
}

/// A session that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its reference.
    pub reference: Option<SessionReference>,
    /// The account of its user.
    pub account: Option<AccountId>,
    /// Whose it was.
    pub user: Option<UserId>,
    /// The login name that this user had then.
    pub user_name: Option<String>,
    /// When it ended.
    pub at: Millis,
    /// Why.
    pub reason: Option<EndReason>,
    /// Who ended it.
    pub by: Actor,
    /// From where it was ended.
    pub from: Option<IpAddr>,
    /// What it was like; None: versions before 0.3 did not record it.
    pub session: Option<EndedSession>,
}

impl Administration<'_> {
    /// The ended sessions that the filter wants and the caller may see, the newest end first: at most `limit`, 1 to 1,000.
    pub async fn list_ended_sessions(
        &self,
        caller: &Caller,
        filter: EndedFilter,
        page: PageRequest<'_>,
    ) -> Result<SeenAudit<Ended>, AdministrationError> {
        let page = self.audit_seen_by(caller, filter.of_entries(), page).await?;
        Ok(SeenAudit { entries: page.entries.into_iter().map(Ended::from).collect(), next: page.next })
    }

    /// How many there are.
    pub async fn count_ended_sessions(
        &self,
        caller: &Caller,
        filter: EndedFilter,
    ) -> Result<AuditCount, AdministrationError> {
        self.count_audit_seen_by(caller, filter.of_entries()).await
    }
}

impl EndedFilter {
    /// The entries that tell of them.
    fn of_entries(self) -> AuditFilter {
        let Self { account, user, application, opened_from, reason, actor, since, until } = self;
        AuditFilter {
            account,
            user,
            action: Some(AuditAction::SessionEnded),
            opened_with: application,
            opened_from,
            reason: reason.map(AuditReason::Ended),
            actor,
            since,
            until,
            ..AuditFilter::default()
        }
    }
}

impl From<AuditEntry> for Ended {
    fn from(entry: AuditEntry) -> Self {
        let record = entry.record;
        let session = EndedSession::told_by(&record);
        let reason = match record.reason {
            Some(AuditReason::Ended(reason)) => Some(reason),
            _ => None,
        };
        Self {
            reference: record.session,
            account: record.account,
            user: record.user,
            user_name: record.user_name,
            at: record.at,
            reason,
            by: record.actor,
            from: record.address,
            session,
        }
    }
}
