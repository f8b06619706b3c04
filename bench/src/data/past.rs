//! Logins and ends of sessions that are over: entries of the audit, written through the store in the order of their times.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use vestibule_crypto::{MasterKey, TokenKeys};
use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, Clock as _, Dialect, EndReason, EndedSession, Means,
    Millis, Session, SessionReference, User,
};
use vestibule_store::{Change, Store as _};

use crate::fixture::{new_session, open_store};
use crate::screen::Progress;
use crate::timing::SystemClock;

/// How many entries are written at once.
const BATCH: usize = 10_000;

/// How long it took until now.
const SPAN: Duration = Duration::from_hours(24 * 30);

/// How long each session lived: it ended before the next was opened.
const LIFE: Duration = Duration::from_millis(100);

/// Writes as many entries as this, rounded up to whole sessions: each session was opened and has ended.
pub(super) async fn write(folder: &Path, master: &MasterKey, users: &[User], count: usize) -> Result<()> {
    let store = open_store(folder, master)?;
    let tokens = TokenKeys::derive(master);
    let sessions = count.div_ceil(2);
    let begun = SystemClock.now().minus(SPAN);
    let step = SPAN / u32::try_from(sessions.max(1))?;
    let mut progress = Progress::of("entries of the audit written", 2 * sessions);
    let mut past = users.iter().cycle().take(sessions).enumerate().map(|(number, user)| {
        let opened = begun.plus(step * u32::try_from(number).unwrap_or(u32::MAX));
        entries(&new_session(&tokens, user, opened), user, number)
    });
    loop {
        let changes: Vec<Change> = past.by_ref().take(BATCH / 2).flatten().map(audit).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let written = changes.len();
        store.commit(changes).await.context("cannot write the audit to measure on")?;
        progress.add(written);
    }
}

fn audit(record: AuditRecord) -> Change {
    Change::Audit(Box::new(record))
}

/// What the audit says of a session that has ended: one in a hundred by its limits, the others by a logout.
fn entries(session: &Session, user: &User, number: usize) -> [AuditRecord; 2] {
    let ended = session.created.plus(LIFE);
    let holder = Actor::User { id: user.id, name: user.login_name.clone() };
    let about = |at: Millis, action, actor, means| AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        session: Some(SessionReference(session.id.0)),
        ..AuditRecord::new(at, action, actor, means)
    };
    let opened = AuditRecord {
        dialect: Some(Dialect::LivePerson),
        address: session.address,
        ..about(session.created, AuditAction::LoggedIn, holder.clone(), Means::Password)
    };
    let details = EndedSession::of(session).with_explanation(None);
    let end = if number.is_multiple_of(100) {
        AuditRecord {
            reason: Some(AuditReason::Ended(EndReason::Expired)),
            details,
            ..about(ended, AuditAction::SessionEnded, Actor::System, Means::System)
        }
    } else {
        AuditRecord {
            reason: Some(AuditReason::Ended(EndReason::LoggedOut)),
            dialect: Some(Dialect::LivePerson),
            address: session.address,
            details,
            ..about(ended, AuditAction::SessionEnded, holder, Means::Session)
        }
    };
    [opened, end]
}
