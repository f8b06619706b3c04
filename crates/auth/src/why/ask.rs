//! Asking: from what somebody pasted to the life of a session.

use std::cmp::Reverse;

use uuid::Uuid;
use vestibule_model::{AuditAction, AuditEntry, EndReason, Millis, SessionReference};
use vestibule_store::{AuditOrder, AuditPage, AuditQuery, StoreError};

use super::cause::Of;
use super::{Evidence, Life, cause, end_of, life};
use crate::directory::AccountUser;
use crate::service::Auth;

/// How many entries of a session are told; one that is refused for years has more.
const ENTRIES: usize = 500;

/// How many changes before the end are looked at for its cause.
const CANDIDATES: usize = 200;

/// How many pages of the audit are looked through for a cause, some 20 ms each: it is seldom far from the end.
const PAGES: usize = 4;

/// How many are looked through for the entries of a session or a user: the blocks that cannot have any are passed over.
const MOST_PAGES: usize = 200;

/// The longest text that is looked at for a session.
const LONGEST: usize = 8 * 1024;

/// Writes a point in time for people.
pub type WriteTime<'a> = &'a (dyn Fn(Millis) -> String + Sync);

/// A session that somebody pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// Which one.
    pub reference: SessionReference,
    /// The name to show to whoever may not know that there is such a session: made of the text alone.
    pub shown: SessionReference,
}

impl Auth {
    /// The session in what somebody pasted: its reference, its bearer or cookie, genuine though it may not live any more, or
    /// the LiveVox id of one that lives; by itself or as it stands in a header. None: there is none of these. What was
    /// pasted is not kept anywhere.
    pub fn pasted_session(&self, text: &str, now: Millis) -> Option<Pasted> {
        let between = |sign: char| sign.is_whitespace() || "=;:,\"'".contains(sign);
        let text = Some(text).filter(|text| text.len() <= LONGEST)?;
        text.split(between).find_map(|word| self.pasted_word(word, now))
    }

    fn pasted_word(&self, word: &str, now: Millis) -> Option<Pasted> {
        let tokens = self.keys.tokens();
        let id = tokens.read_bearer(word).or_else(|| tokens.read_cookie(word));
        if let Some(id) =
            id.or_else(|| tokens.read_page_cookie(word)).or_else(|| tokens.read_console_cookie(word))
        {
            let reference = SessionReference(self.keys.tokens().reference(id));
            return Some(Pasted { reference, shown: reference });
        }
        let name = Uuid::try_parse(word).ok()?.into_bytes();
        let live = self.with_livevox_id(name, now, |live| self.keys.tokens().reference(live.entry.id));
        Some(Pasted { reference: SessionReference(live.unwrap_or(name)), shown: SessionReference(name) })
    }

    /// Why a session is not there any more, or that it is. `time` writes a point in time for people.
    pub async fn why(
        &self,
        session: SessionReference,
        now: Millis,
        time: WriteTime<'_>,
    ) -> Result<Life, StoreError> {
        let query = AuditQuery {
            session: Some(session),
            order: AuditOrder::OldestFirst,
            limit: ENTRIES,
            ..AuditQuery::default()
        };
        // Before the entries: when it is not in the table any more, its end is among them.
        let unwritten = self.unwritten_end_of(session, now);
        self.audit.show(now).await?;
        let entries = self.entries(query, ENTRIES, MOST_PAGES).await?;
        self.life_of(session, &entries, unwritten, now, time).await
    }

    /// The same of the newest sessions of a user, the newest first, at most so many: those that the audit knows, then those that
    /// live although it knows them no more.
    pub(crate) async fn why_of_user(
        &self,
        of: AccountUser,
        limit: usize,
        now: Millis,
        time: WriteTime<'_>,
    ) -> Result<Vec<Life>, StoreError> {
        self.audit.show(now).await?;
        let of_user = AuditQuery { account: Some(of.account), user: Some(of.user), ..AuditQuery::default() };
        let logins = AuditQuery { action: Some(AuditAction::LoggedIn), limit: limit + 1, ..of_user.clone() };
        let logins = self.entries(logins, limit + 1, MOST_PAGES).await?;
        let mut sessions = logins.iter().filter_map(|entry| entry.record.session).take(limit).collect();
        self.add_living(&mut sessions, of, limit, now);
        let unwritten: Vec<_> = sessions.iter().map(|session| self.unwritten_end_of(*session, now)).collect();
        // All that happened since the login before those is read at once: each question looks through the whole audit.
        let behind = logins.get(limit).map(|entry| entry.place);
        let query = AuditQuery { order: AuditOrder::OldestFirst, behind, limit: ENTRIES, ..of_user };
        let entries = self.entries(query, ENTRIES, MOST_PAGES).await?;
        let mut lives = Vec::new();
        for (session, unwritten) in sessions.into_iter().zip(unwritten) {
            lives.push(if entries.len() < ENTRIES {
                let is_its = |entry: &&AuditEntry| entry.record.session == Some(session);
                let own: Vec<_> = entries.iter().filter(is_its).cloned().collect();
                self.life_of(session, &own, unwritten, now, time).await?
            } else {
                self.why(session, now, time).await?
            });
        }
        Ok(lives)
    }

    /// Adds the newest that live to sessions of a user, as far as there is room.
    fn add_living(&self, sessions: &mut Vec<SessionReference>, of: AccountUser, limit: usize, now: Millis) {
        let mut living = self.live.of_user(of.user, now);
        living.retain(|session| session.account == of.account);
        living.sort_unstable_by_key(|session| Reverse(session.created));
        for session in living.iter().map(|session| self.audit.reference(session)) {
            if sessions.len() < limit && !sessions.contains(&session) {
                sessions.push(session);
            }
        }
    }

    /// The end of a session that is in the table, as far as it is not written.
    fn unwritten_end_of(&self, session: SessionReference, now: Millis) -> Option<AuditEntry> {
        self.present(session.0).and_then(|session| self.unwritten_end(&session, now))
    }

    async fn life_of(
        &self,
        session: SessionReference,
        entries: &[AuditEntry],
        unwritten: Option<AuditEntry>,
        now: Millis,
        time: WriteTime<'_>,
    ) -> Result<Life, StoreError> {
        let end = end_of(entries).or_else(|| end_of(unwritten.as_slice()));
        let candidates = self.causes_before_the_end(end, entries).await?;
        let of = Of::entries(entries);
        let cause = end.and_then(|(_, reason)| cause::find(reason, of, &candidates));
        let live = self.with_reference(session.0, now, |live| (live.entry.session(), live.expires_at(now)));
        let live = live.filter(|(session, _)| self.directory.is_current(session, now));
        let live = live.as_ref().map(|(session, expires_at)| (session, *expires_at));
        let unwritten = unwritten.as_ref();
        let of_all =
            if live.is_none() && end.is_none() { self.end_of_all_since(entries).await? } else { None };
        let of_all = of_all.as_ref();
        Ok(life(Evidence { session, entries, unwritten, cause, of_all, live }, time))
    }

    /// What changed before the end of a session, the newest first: of its user, and of its account as such.
    async fn causes_before_the_end(
        &self,
        end: Option<(&AuditEntry, EndReason)>,
        entries: &[AuditEntry],
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let Some((end, reason)) = end.filter(|(_, reason)| cause::has_cause(*reason)) else {
            return Ok(Vec::new());
        };
        let behind = Some(end.place);
        let of_user =
            AuditQuery { user: end.record.user, behind, limit: CANDIDATES, ..AuditQuery::default() };
        let mut candidates = self.entries(of_user, CANDIDATES, PAGES).await?;
        if cause::is_of_application(reason)
            || cause::find(reason, Of::entries(entries), &candidates).is_none()
        {
            let of_account = |action| AuditQuery {
                account: end.record.account,
                action: Some(action),
                behind,
                limit: CANDIDATES,
                ..AuditQuery::default()
            };
            for action in [AuditAction::Changed, AuditAction::Deleted] {
                candidates.extend(self.entries(of_account(action), CANDIDATES, PAGES).await?);
            }
            candidates.sort_by_key(|entry| std::cmp::Reverse(entry.place));
            candidates.dedup_by_key(|entry| entry.place);
        }
        Ok(candidates)
    }

    /// At most so many entries, and from so many pages.
    pub(super) async fn entries(
        &self,
        query: AuditQuery,
        limit: usize,
        pages: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.look_through(query, limit, pages).await?.entries)
    }

    /// The same, with where they go on.
    pub(crate) async fn look_through(
        &self,
        mut query: AuditQuery,
        limit: usize,
        pages: usize,
    ) -> Result<AuditPage, StoreError> {
        let mut all = AuditPage::default();
        for _ in 0..pages {
            let page = self.store.audit(query.clone()).await?;
            all.entries.extend(page.entries);
            all.next = page.next;
            query.behind = page.next;
            if page.next.is_none() || all.entries.len() >= limit {
                break;
            }
        }
        Ok(all)
    }
}
