//! What the entry of a session's end tells of the session itself, which is gone by then: in the entry's details, beside what explains
//! the end.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{
    Application, AuditAction, AuditRecord, AuthenticationMethod, Dialect, EndReason, Millis, Session,
};

/// The session that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    /// When it was opened.
    pub opened: Millis,
    /// From where it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_from: Option<IpAddr>,
    /// When it was last used, as far as whoever ended it knew.
    pub last_used: Millis,
    /// What it was opened with besides a user.
    pub opened_with: Application,
    /// How it was opened.
    pub method: AuthenticationMethod,
    /// The dialect it was opened in.
    pub dialect: Dialect,
}

/// The details of an entry, as far as they are read here.
#[derive(Deserialize)]
struct Details {
    session: Option<EndedSession>,
}

impl EndedSession {
    /// As it was when it ended.
    pub const fn of(session: &Session) -> Self {
        Self {
            opened: session.created,
            opened_from: session.address,
            last_used: session.last_used,
            opened_with: session.application,
            method: session.method,
            dialect: session.dialect,
        }
    }

    /// The details of the entry: what explains the end, a JSON object, and the session.
    pub fn with_explanation(&self, explanation: Option<&str>) -> Option<String> {
        let Ok(session) = serde_json::to_string(self) else { return explanation.map(str::to_owned) };
        let told = explanation.and_then(|text| text.strip_suffix('}')).filter(|told| *told != "{");
        Some(match told {
            Some(told) => format!(r#"{told},"session":{session}}}"#),
            None => format!(r#"{{"session":{session}}}"#),
        })
    }

    /// The session that these details tell of. None: they tell of none, as those of versions before 0.3 do not.
    pub fn in_details(details: &str) -> Option<Self> {
        serde_json::from_str::<Details>(details).ok()?.session
    }

    /// The session that the entry tells of, if it is the entry of an end and does.
    pub fn told_by(record: &AuditRecord) -> Option<Self> {
        let details = record.details.as_deref().filter(|_| record.action == AuditAction::SessionEnded);
        details.and_then(Self::in_details)
    }
}

impl EndReason {
    /// Every one of them.
    pub const ALL: [Self; 21] = [
        Self::LoggedOut,
        Self::Replaced,
        Self::Expired,
        Self::AbsoluteEnd,
        Self::CredentialsChanged,
        Self::PasswordChanged,
        Self::PasswordSet,
        Self::PasswordExpired,
        Self::MustChangePassword,
        Self::UserDisabled,
        Self::UserDeleted,
        Self::AccountDisabled,
        Self::AccountDeleted,
        Self::SsoOnly,
        Self::BotFeatureOff,
        Self::ApplicationRefused,
        Self::ConnectionRefused,
        Self::LoggedOutAtProvider,
        Self::EndedByOwner,
        Self::EndedByAdministrator,
        Self::TokenReused,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, ApplicationId, Means};

    fn ended() -> EndedSession {
        EndedSession {
            opened: Millis::from_unix(5),
            opened_from: "192.0.2.1".parse().ok(),
            last_used: Millis::from_unix(7),
            opened_with: Application::ApiKey(ApplicationId(3)),
            method: AuthenticationMethod::ApiKey,
            dialect: Dialect::LivePerson,
        }
    }

    #[test]
    fn the_details_tell_of_the_session_beside_what_explains_its_end() {
        let session = r#""session":{"opened":5,"opened_from":"192.0.2.1","last_used":7,"opened_with":{"kind":"api-key","id":3},"method":"api-key","dialect":"liveperson"}"#;
        for (explanation, expected) in [
            (None, format!("{{{session}}}")),
            (Some("{}"), format!("{{{session}}}")),
            (Some(r#"{"idle_ms":9}"#), format!(r#"{{"idle_ms":9,{session}}}"#)),
        ] {
            assert_eq!(ended().with_explanation(explanation), Some(expected));
        }
    }

    #[test]
    fn what_the_details_tell_is_read_back() {
        let without = EndedSession { opened_from: None, opened_with: Application::None, ..ended() };
        for session in [ended(), without] {
            let details = session.with_explanation(Some(r#"{"expired":9}"#)).unwrap();
            assert_eq!(EndedSession::in_details(&details), Some(session));
        }
    }

    #[test]
    fn details_without_a_session_tell_of_none() {
        for details in ["", "{", "{}", "[]", r#"{"session":null}"#, r#"{"session":{"opened":5}}"#] {
            assert_eq!(EndedSession::in_details(details), None, "{details}");
        }
    }

    #[test]
    fn only_entries_of_ends_tell_of_ended_sessions() {
        let record = |action| AuditRecord {
            details: ended().with_explanation(None),
            ..AuditRecord::new(Millis::EPOCH, action, Actor::System, Means::System)
        };
        assert_eq!(EndedSession::told_by(&record(AuditAction::SessionEnded)), Some(ended()));
        assert_eq!(EndedSession::told_by(&record(AuditAction::LoggedIn)), None);
    }

    #[test]
    fn every_reason_has_another_word() {
        let words: std::collections::BTreeSet<String> =
            EndReason::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), EndReason::ALL.len());
    }
}
