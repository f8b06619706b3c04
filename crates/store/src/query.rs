//! Questions whose answers come a page at a time.

use vestibule_model::{
    AccountId, AuditAction, AuditEntry, AuditPlace, Millis, Population, RefusalId, SessionReference, User,
    UserId,
};

/// Which entries of the audit are wanted, in which order, from where on. Every field that is set has to be met.
///
/// A question about a session, a user, an account, a refusal or a time passes over most of the others; one for nothing but an
/// action looks at every entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Of this account.
    pub account: Option<AccountId>,
    /// About this user.
    pub user: Option<UserId>,
    /// About this session.
    pub session: Option<SessionReference>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// The one that tells of this refusal: of [`AuditAction::OF_REFUSALS`].
    pub refusal: Option<RefusalId>,
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

/// Which users of an account are wanted. Every field that is set has to be met; they come in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserQuery {
    /// Of this account.
    pub account: AccountId,
    /// Whose login name begins so, in the spelling of their population: agents' names regardless of case.
    pub name_prefix: Option<String>,
    /// Of this population.
    pub population: Option<Population>,
    /// Who may log in, or may not.
    pub enabled: Option<bool>,
    /// Behind this id; None: from the beginning.
    pub behind: Option<UserId>,
    /// How many at most: 1 to [`Self::MAX_LIMIT`], whatever stands here.
    pub limit: usize,
}

impl UserQuery {
    /// The most users in a page.
    pub const MAX_LIMIT: usize = 1_000;

    /// Every user of an account.
    pub const fn of(account: AccountId) -> Self {
        let limit = Self::MAX_LIMIT;
        Self { account, name_prefix: None, population: None, enabled: None, behind: None, limit }
    }

    /// The limit that holds.
    pub fn bounded_limit(&self) -> usize {
        self.limit.clamp(1, Self::MAX_LIMIT)
    }

    /// Whether the user is one of those that are wanted, the page left aside.
    pub fn wants(&self, user: &User) -> bool {
        let named = |prefix: &str| {
            let key = user.population.name_key(prefix);
            user.population.name_key(&user.login_name).starts_with(&key)
        };
        user.account == self.account
            && self.name_prefix.as_deref().is_none_or(named)
            && self.population.is_none_or(|population| user.population == population)
            && self.enabled.is_none_or(|enabled| user.enabled == enabled)
    }
}
