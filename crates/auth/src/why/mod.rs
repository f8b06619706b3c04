//! "Why was I logged out?": the life of a session in plain words, from its entries in the audit and its present state.
//!
//! Owns the words. Decides nothing and asks nobody: what it tells was written when it happened.

mod ask;
mod cause;
mod of_all;
mod of_application;
mod unwritten;
mod words;

pub use ask::{Pasted, WriteTime};

use serde::Serialize;
use vestibule_model::{
    AccountId, AuditAction, AuditEntry, AuditPlace, AuditReason, EndReason, EndedSession, Millis, Session,
    SessionReference, UserId,
};

/// The life of a session, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    /// Which session.
    pub session: SessionReference,
    /// Whose account it is or was of; None: nothing is known of the session.
    pub account: Option<AccountId>,
    /// Whose it is or was.
    pub user: Option<UserId>,
    /// Whether it lives.
    pub state: LifeState,
    /// One sentence that answers the question.
    pub answer: String,
    /// What happened, the oldest first.
    pub steps: Vec<Step>,
    /// What it was like, as far as the entry of its end tells.
    #[serde(skip)]
    pub ended: Option<EndedSession>,
}

/// What has become of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LifeState {
    /// It lives.
    Live {
        /// When it ends if it is not used again.
        expires_at: Millis,
    },
    /// It has ended.
    Ended {
        /// When.
        at: Millis,
        /// Why.
        reason: EndReason,
    },
    /// It does not live, and the audit has no end of its own: it ended with all others, or what ended it was lost.
    Gone,
    /// There never was such a session, or retention has removed what was known of it.
    Unknown,
}

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at: Millis,
    /// The entry of the audit that tells it.
    pub entry: AuditPlace,
    /// What, in words.
    pub text: String,
}

/// What the life of a session is told from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Which session.
    pub session: SessionReference,
    /// Its entries, the oldest first.
    pub entries: &'a [AuditEntry],
    /// Its end that has come and is not written yet, as it will be; it counts only where the entries have none.
    pub unwritten: Option<&'a AuditEntry>,
    /// The entry of the change that ended it, where its end tells only that there was one.
    pub cause: Option<&'a AuditEntry>,
    /// The entry of the end of all sessions; it counts only where the session neither lives nor has an end of its own.
    pub of_all: Option<&'a AuditEntry>,
    /// The session, if it lives, and when it ends if it is not used again.
    pub live: Option<(&'a Session, Millis)>,
}

impl Evidence<'_> {
    /// Nothing is known of the session.
    pub const fn nothing(session: SessionReference) -> Self {
        Self { session, entries: &[], unwritten: None, cause: None, of_all: None, live: None }
    }
}

/// Tells the life of a session. `time` writes a point in time for people.
pub fn life(evidence: Evidence<'_>, time: &dyn Fn(Millis) -> String) -> Life {
    let Evidence { session, entries, unwritten, cause, of_all, live } = evidence;
    let end = end_of(entries).or_else(|| end_of(unwritten.map(std::slice::from_ref).unwrap_or_default()));
    let known = entries.iter().find(|entry| entry.record.user.is_some());
    let state = state(entries, end, live);
    let of_all = of_all.filter(|_| state == LifeState::Gone);
    let step = |entry: &AuditEntry| Step {
        at: entry.record.at,
        entry: entry.place,
        text: words::step(entry, cause, time),
    };
    Life {
        session,
        account: live.map(|(live, _)| live.account).or(known.and_then(|entry| entry.record.account)),
        user: live.map(|(live, _)| live.user).or(known.and_then(|entry| entry.record.user)),
        state,
        answer: words::answer(state, end, cause, of_all, time),
        steps: entries.iter().chain(of_all).map(step).collect(),
        ended: end.and_then(|(entry, _)| EndedSession::told_by(&entry.record)),
    }
}

fn state(
    entries: &[AuditEntry],
    end: Option<(&AuditEntry, EndReason)>,
    live: Option<(&Session, Millis)>,
) -> LifeState {
    if let Some((_, expires_at)) = live {
        return LifeState::Live { expires_at };
    }
    match end {
        Some((entry, reason)) => LifeState::Ended { at: entry.record.at, reason },
        None if entries.iter().any(|entry| entry.record.action == AuditAction::LoggedIn) => LifeState::Gone,
        None => LifeState::Unknown,
    }
}

/// The entry that tells of the end, and its reason.
fn end_of(entries: &[AuditEntry]) -> Option<(&AuditEntry, EndReason)> {
    entries.iter().rev().find_map(|entry| match entry.record.reason {
        Some(AuditReason::Ended(reason)) => Some((entry, reason)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
