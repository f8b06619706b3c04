//! Asking: from what somebody pasted to the life of a session.

use uuid::Uuid;
use vestibule_model::{AuditEntry, Millis, SessionReference, UserId};
use vestibule_store::{AuditOrder, AuditQuery, StoreError};

use super::{Evidence, Life, cause, end_of, life};
use crate::service::Auth;

/// How many entries of a session are told; one that is refused for years has more.
const ENTRIES: usize = 500;

/// How many changes before the end are looked at for its cause.
const CANDIDATES: usize = 200;

impl Auth {
    /// The session that somebody pasted: its reference, its bearer or cookie, genuine though it may not live any more, or
    /// the LiveVox id of one that lives. None: it is none of these. What was pasted is not kept anywhere.
    pub fn pasted_session(&self, text: &str, now: Millis) -> Option<SessionReference> {
        let text = text.trim();
        if let Some(id) = self.tokens.read_bearer(text).or_else(|| self.tokens.read_cookie(text)) {
            return Some(SessionReference(self.tokens.reference(id)));
        }
        let name = Uuid::try_parse(text).ok()?.into_bytes();
        let live = self.live.with_livevox_id(&name, now, |live| live.entry.reference);
        Some(SessionReference(live.unwrap_or(name)))
    }

    /// Why a session is not there any more, or that it is. `time` writes a point in time for people.
    pub async fn why(
        &self,
        session: SessionReference,
        now: Millis,
        time: &(dyn Fn(Millis) -> String + Sync),
    ) -> Result<Life, StoreError> {
        let query = AuditQuery {
            session: Some(session),
            order: AuditOrder::OldestFirst,
            limit: ENTRIES,
            ..AuditQuery::default()
        };
        self.flush_audit().await?;
        let entries = self.entries(query, ENTRIES).await?;
        let candidates = self.causes_before_the_end(&entries).await?;
        let cause = end_of(&entries).and_then(|(_, reason)| cause::find(reason, &candidates));
        let live = self.live.with_reference(&session.0, now, |live| live.entry.session());
        Ok(life(Evidence { session, entries: &entries, cause, live: live.as_ref() }, time))
    }

    /// The sessions of a user that the audit knows, the newest first, at most so many.
    pub async fn sessions_of_user_in_audit(
        &self,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<SessionReference>, StoreError> {
        let action = Some(vestibule_model::AuditAction::LoggedIn);
        let query = AuditQuery { user: Some(user), action, limit, ..AuditQuery::default() };
        self.flush_audit().await?;
        let entries = self.entries(query, limit).await?;
        Ok(entries.iter().filter_map(|entry| entry.record.session).collect())
    }

    /// What changed before the end of a session, the newest first: of its user, and of its account as such.
    async fn causes_before_the_end(&self, entries: &[AuditEntry]) -> Result<Vec<AuditEntry>, StoreError> {
        let Some((end, reason)) = end_of(entries).filter(|(_, reason)| cause::has_cause(*reason)) else {
            return Ok(Vec::new());
        };
        let behind = Some(end.sequence);
        let of_user =
            AuditQuery { user: end.record.user, behind, limit: CANDIDATES, ..AuditQuery::default() };
        let mut candidates = self.entries(of_user, CANDIDATES).await?;
        if cause::find(reason, &candidates).is_none() {
            let of_account = |action| AuditQuery {
                account: end.record.account,
                action: Some(action),
                behind,
                limit: CANDIDATES,
                ..AuditQuery::default()
            };
            for action in [vestibule_model::AuditAction::Changed, vestibule_model::AuditAction::Deleted] {
                candidates.extend(self.entries(of_account(action), CANDIDATES).await?);
            }
            candidates.sort_by_key(|entry| std::cmp::Reverse(entry.sequence));
        }
        Ok(candidates)
    }

    /// At most so many entries, over as many pages as that takes.
    async fn entries(&self, mut query: AuditQuery, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let mut all = Vec::new();
        loop {
            let page = self.store.audit(query.clone()).await?;
            all.extend(page.entries);
            query.behind = page.next;
            if page.next.is_none() || all.len() >= limit {
                return Ok(all);
            }
        }
    }
}
