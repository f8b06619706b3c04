//! Questions whose answers come a page at a time.

use std::net::IpAddr;

use vestibule_model::{
    AccountId, ActorKey, ApplicationId, AuditAction, AuditEntry, AuditPlace, AuditReason, AuditRecord,
    EndedSession, Millis, RefusalId, SessionReference, TargetKey, UserId,
};

/// Which entries of the audit are wanted, in which order, from where on. Every field that is set has to be met.
///
/// A question passes over most of the entries that it does not want, whatever it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Not of this account.
    pub not_account: Option<AccountId>,
    /// About this user.
    pub user: Option<UserId>,
    /// About this session.
    pub session: Option<SessionReference>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// The one that tells of this refusal: of [`AuditAction::OF_REFUSALS`].
    pub refusal: Option<RefusalId>,
    /// Of what this one did.
    pub actor: Option<ActorKey>,
    /// Of what was done by means of the API key, OAuth client or application token of this id.
    pub application: Option<ApplicationId>,
    /// Of what was done from this address.
    pub address: Option<IpAddr>,
    /// For this reason.
    pub reason: Option<AuditReason>,
    /// About this thing, which was made, changed or deleted.
    pub target: Option<TargetKey>,
    /// Of ends of sessions that were opened from this address, as far as it is told ([`EndedSession`]).
    pub opened_from: Option<IpAddr>,
    /// The same of those that were opened with the application of this id.
    pub opened_with: Option<ApplicationId>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
    /// Which end comes first.
    pub order: AuditOrder,
    /// None that was written later than this entry; None: whatever there is when a page is read.
    pub through: Option<AuditPlace>,
    /// Behind this entry, in that order; None: from the beginning.
    pub behind: Option<AuditPlace>,
    /// How many entries at most: 1 to [`Self::MAX_LIMIT`], whatever stands here.
    pub limit: usize,
}

impl AuditQuery {
    /// The most entries in a page.
    pub const MAX_LIMIT: usize = 1_000;

    /// The limit that holds.
    pub fn bounded_limit(&self) -> usize {
        self.limit.clamp(1, Self::MAX_LIMIT)
    }

    /// Whether the entry is one of those that are wanted, its place in the order left aside.
    pub fn wants(&self, entry: &AuditEntry) -> bool {
        let record = &entry.record;
        self.account.is_none_or(|account| record.account == Some(account))
            && self.not_account.is_none_or(|account| record.account != Some(account))
            && self.user.is_none_or(|user| record.user == Some(user))
            && self.session.is_none_or(|session| record.session == Some(session))
            && self.action.is_none_or(|action| record.action == action)
            && self.refusal.is_none_or(|refusal| {
                let may_tell = AuditAction::OF_REFUSALS.contains(&record.action);
                may_tell
                    && record.details.as_ref().is_some_and(|details| details.contains(&refusal.in_details()))
            })
            && self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
            && self.actor.is_none_or(|actor| record.actor.key() == actor)
            && self.application.is_none_or(|id| record.means.application() == Some(id))
            && self.address.is_none_or(|address| record.address == Some(address))
            && self.reason.is_none_or(|reason| record.reason == Some(reason))
            && self.target.as_ref().is_none_or(|target| target.is_of(record))
            && self.wants_session_of(record)
    }

    fn wants_session_of(&self, record: &AuditRecord) -> bool {
        if self.opened_from.is_none() && self.opened_with.is_none() {
            return true;
        }
        EndedSession::told_by(record).is_some_and(|session| {
            self.opened_from.is_none_or(|address| session.opened_from == Some(address))
                && self.opened_with.is_none_or(|id| session.opened_with.id() == Some(id))
        })
    }
}

/// How many entries a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditCount {
    /// So many.
    Exact(u64),
    /// So many at least: to count all of them would have taken too long.
    AtLeast(u64),
}

impl AuditCount {
    /// The number, whichever it is.
    pub const fn number(self) -> u64 {
        match self {
            Self::Exact(number) | Self::AtLeast(number) => number,
        }
    }
}

/// The order of a page of the audit. Entries of a chain stand in the order in which they were written, whatever the clock said. How
/// chains stand to each other is the store's to say, if it has several; places are to be shown to it again, and not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditOrder {
    /// As people read it.
    #[default]
    NewestFirst,
    /// As it was written.
    OldestFirst,
}

/// A page of the audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, in the order asked for. There may be fewer than asked for, or none, although more follow: a
    /// question that few entries meet is answered in bounded steps.
    pub entries: Vec<AuditEntry>,
    /// Ask again from behind here; None: that was all.
    pub next: Option<AuditPlace>,
}
