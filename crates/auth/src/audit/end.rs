//! The end of a session: why, by whom, from where.

use std::net::IpAddr;

use vestibule_model::{Actor, Dialect, EndReason, Means, Millis, Session};
use vestibule_store::{JournaledEnd, SessionSelector};

/// Why a session ends, and who ends it. Made from a reason alone it is the service that does.
#[derive(Clone, Debug)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// Who ends it.
    pub actor: Actor,
    /// By which means.
    pub means: Means,
    /// From where.
    pub address: Option<IpAddr>,
    /// The dialect of the request that ends it, if one does.
    pub dialect: Option<Dialect>,
    /// What else explains it: a JSON object without secrets.
    pub details: Option<String>,
    /// The login name of the user whose session it was, where the user may be gone when it is told.
    pub user_name: Option<String>,
}

impl From<EndReason> for End {
    fn from(reason: EndReason) -> Self {
        let (actor, means) = (Actor::System, Means::System);
        Self { reason, actor, means, address: None, dialect: None, details: None, user_name: None }
    }
}

impl From<&JournaledEnd> for End {
    fn from(end: &JournaledEnd) -> Self {
        let JournaledEnd { reason, means, address, dialect, .. } = *end;
        Self { reason, actor: end.actor.clone(), means, address, dialect, details: None, user_name: None }
    }
}

impl End {
    /// What the journal keeps of it.
    pub(crate) fn to_keep(&self, selector: SessionSelector, at: Millis) -> JournaledEnd {
        let Self { reason, means, address, dialect, .. } = *self;
        JournaledEnd { selector, at, reason, actor: self.actor.clone(), means, address, dialect }
    }

    /// The end of a session that was not used, or reached its end.
    pub(crate) fn expired(session: &Session) -> Self {
        let idle_end = session.last_used.plus(session.idle);
        let reason = match session.absolute_end {
            Some(end) if end <= idle_end => EndReason::AbsoluteEnd,
            _ => EndReason::Expired,
        };
        let details = format!(
            r#"{{"expired":{},"last_used":{},"idle_ms":{}}}"#,
            session.expires_at(),
            session.last_used,
            session.idle.as_millis()
        );
        Self { details: Some(details), ..reason.into() }
    }
}
