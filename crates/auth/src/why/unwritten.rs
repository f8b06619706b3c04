//! Ends that have come and are not written yet: what has just ended is removed some seconds later, and after a jump of the
//! clock within the hour.

use vestibule_model::{AuditEntry, AuditPlace, EndReason, Millis, Session};

use crate::audit::{End, end_of_expired, why_not_current};
use crate::service::Auth;

impl Auth {
    /// The end of a session of the table, as it will be written; behind all entries that there are. None: it lives.
    pub(super) fn unwritten_end(&self, session: &Session, now: Millis) -> Option<AuditEntry> {
        let (end, at) = if session.expires_at() <= now {
            let account = self.directory.account(session.account);
            (end_of_expired(session, account.as_deref()), session.expires_at())
        } else if self.directory.is_current(session, now) {
            return None;
        } else {
            let account = self.directory.account(session.account);
            let reason = why_not_current(session, None, account.as_deref(), now);
            (End::from(reason), self.end_of_secrets(session, reason, now).unwrap_or(now))
        };
        let record = self.audit.record_of_end(session, &end, at);
        Some(AuditEntry { place: AuditPlace::in_first(i64::MAX), record })
    }

    /// When the overlap ended that the session's secrets had.
    fn end_of_secrets(&self, session: &Session, reason: EndReason, now: Millis) -> Option<Millis> {
        let account = self.directory.account(session.account)?;
        let (present, overlap) = account.secrets_of(session.application)?;
        let until = overlap?.until;
        let is_of_them = reason == EndReason::ApplicationRefused && session.secret_version != present;
        (is_of_them && until <= now).then_some(until)
    }
}
