//! What the audit says of logins and ends of sessions: the floors commit the same rows as the service.

use std::net::Ipv4Addr;

use uuid::Uuid;
use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, Clock as _, Dialect, EndReason, Means, SessionId,
    SessionReference, User,
};
use vestibule_store::Change;

use crate::fixture::Place;
use crate::timing::SystemClock;

/// Of a session that a bot opened with its key.
pub(super) fn opened(session: SessionId, bot: &User) -> Change {
    Change::Audit(Box::new(about(session, bot, (AuditAction::LoggedIn, by_key()))))
}

/// Of a session that the bot's next login takes the place of.
pub(super) fn replaced(session: SessionId, bot: &User, by: SessionId) -> Change {
    let by = Uuid::from_bytes(by.0);
    Change::Audit(Box::new(AuditRecord {
        reason: Some(AuditReason::Ended(EndReason::Replaced)),
        details: Some(format!(r#"{{"replaced_by":"{by}","sessions_per_user":1}}"#)),
        ..about(session, bot, (AuditAction::SessionEnded, by_key()))
    }))
}

/// Of a session that its holder ends.
pub(super) fn logged_out(session: SessionId, user: &User) -> Change {
    Change::Audit(Box::new(AuditRecord {
        reason: Some(AuditReason::Ended(EndReason::LoggedOut)),
        ..about(session, user, (AuditAction::SessionEnded, Means::Session))
    }))
}

fn about(session: SessionId, user: &User, (action, means): (AuditAction, Means)) -> AuditRecord {
    let actor = Actor::User { id: user.id, name: user.login_name.clone() };
    AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        session: Some(SessionReference(session.0)),
        dialect: Some(Dialect::LivePerson),
        address: Some(Ipv4Addr::LOCALHOST.into()),
        ..AuditRecord::new(SystemClock.now(), action, actor, means)
    }
}

fn by_key() -> Means {
    Means::ApiKey(Place(0).key())
}
