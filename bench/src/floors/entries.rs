//! What the audit says of logins and ends of sessions: the floors commit the same rows as the service.

use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, Dialect, EndReason, Means, Millis, Session, SessionId,
    SessionReference, User,
};
use vestibule_store::Change;

/// Of a session that this user opened.
pub(super) fn opened(session: &Session, user: &User) -> Change {
    let actor = Actor::User { id: user.id, name: user.login_name.clone() };
    Change::Audit(Box::new(AuditRecord {
        account: Some(session.account),
        user: Some(user.id),
        session: Some(SessionReference(session.id.0)),
        dialect: Some(session.dialect),
        address: session.address,
        ..AuditRecord::new(session.created, AuditAction::LoggedIn, actor, Means::Password)
    }))
}

/// Of a session that ended.
pub(super) fn ended(session: SessionId, at: Millis) -> Change {
    Change::Audit(Box::new(AuditRecord {
        reason: Some(AuditReason::Ended(EndReason::LoggedOut)),
        session: Some(SessionReference(session.0)),
        dialect: Some(Dialect::LivePerson),
        ..AuditRecord::new(at, AuditAction::SessionEnded, Actor::System, Means::System)
    }))
}
