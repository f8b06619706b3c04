//! The words.

use std::time::Duration;

use serde_json::{Map, Value};
use vestibule_model::{
    Actor, AuditAction, AuditEntry, AuditReason, AuditRecord, Dialect, EndReason, Means, Millis, Refusal,
};

use super::{LifeState, of_application};
use crate::administration::administrators_account;

type Time<'a> = &'a dyn Fn(Millis) -> String;

/// What has become of the session, in one sentence.
pub(super) fn answer(
    state: LifeState,
    end: Option<(&AuditEntry, EndReason)>,
    cause: Option<&AuditEntry>,
    of_all: Option<&AuditEntry>,
    time: Time<'_>,
) -> String {
    match (state, end) {
        (LifeState::Live { expires_at }, _) => format!("it lives, until {} if it is not used", time(expires_at)),
        (LifeState::Ended { .. }, Some((entry, reason))) => ended(entry, reason, cause, time),
        (LifeState::Gone, _) => of_all.map_or_else(
            || "it does not live any more, and nothing tells of its end".to_owned(),
            |entry| all_ended(&entry.record, time),
        ),
        _ => "nothing is known of it: there never was such a session, what was written of it is older than the audit's \
              retention, or the database was put back to a backup from before it"
            .to_owned(),
    }
}

/// One entry in words.
pub(super) fn step(entry: &AuditEntry, cause: Option<&AuditEntry>, time: Time<'_>) -> String {
    let record = &entry.record;
    let (means, from) = (by_means(record), from(record));
    match (record.action, record.reason) {
        (AuditAction::LoggedIn, _) => {
            format!("opened by {} with {means}{from}{}", who(record), within(record))
        }
        (AuditAction::JoinedSession, _) => {
            format!("given to {} by {} with {means}{from}", times(record, "another login"), who(record))
        }
        (AuditAction::SessionEnded, Some(AuditReason::Ended(reason))) => ended(entry, reason, cause, time),
        (AuditAction::RefreshRefused, Some(AuditReason::Refused(why))) => {
            format!("{} refused{from}: {}", times(record, "refresh"), refused(why))
        }
        (AuditAction::Restored | AuditAction::SetBack, _) => all_ended(record, time),
        (action, _) => format!("{action} by {}{from}", who(record)),
    }
}

/// The end of all sessions at once.
fn all_ended(record: &AuditRecord, time: Time<'_>) -> String {
    let at = time(record.at);
    match (record.action, &record.actor) {
        (AuditAction::Restored, Actor::CommandLine { name }) => {
            format!("all sessions were ended {at} by `vestibule restore` ({name})")
        }
        (AuditAction::Restored, _) => format!("all sessions were ended {at} by `vestibule restore`"),
        _ => format!(
            "all sessions were ended {at} by the start of the service, which found that the database may be an older copy"
        ),
    }
}

/// The end in words.
fn ended(entry: &AuditEntry, reason: EndReason, cause: Option<&AuditEntry>, time: Time<'_>) -> String {
    let record = &entry.record;
    let details = details(record);
    let number = |name: &str| details.get(name).and_then(Value::as_i64);
    let by = cause.map_or(String::new(), |cause| format!(" by {}", who_through(&cause.record)));
    let why = match reason {
        EndReason::LoggedOut => match (&record.actor, record.means) {
            (Actor::Unknown, Means::OauthClient(client)) => {
                format!("the OAuth client {client}, a resource server, revoked its token{}", from(record))
            }
            _ => format!("its holder logged out{}", from(record)),
        },
        EndReason::Replaced => format!(
            "replaced by a later login of the same user{}, because account policy allows {}",
            from(record),
            sessions_per_user(number("sessions_per_user"))
        ),
        EndReason::Expired => return expired(record, &details, time),
        EndReason::AbsoluteEnd => {
            "it reached the end that account policy sets to every session, however much it is used".to_owned()
        }
        EndReason::CredentialsChanged => format!("the user's credentials were changed{by}"),
        EndReason::PasswordChanged => format!("password changed by its owner{}", from(record)),
        EndReason::PasswordSet => format!("the user's password was set{by}"),
        EndReason::PasswordExpired => {
            "the user's password became older than account policy allows".to_owned()
        }
        EndReason::MustChangePassword => format!("a new password was asked for{by}"),
        EndReason::UserDisabled => format!("the user was disabled{by}"),
        EndReason::UserDeleted => format!("the user was deleted{by}"),
        EndReason::AccountDisabled => format!("the account was disabled{by}"),
        EndReason::AccountDeleted => format!("the account was deleted{by}"),
        EndReason::SsoOnly => {
            format!("account policy lets users in through the identity provider only; set{by}")
        }
        EndReason::BotFeatureOff => format!("the account's feature for bots was switched off{by}"),
        EndReason::ApplicationRefused => of_application::refused(cause.map(|cause| &cause.record), time),
        EndReason::TokenReused => format!(
            "its authorization code, or a refresh token of it, was shown a second time{}, so somebody else may have it too",
            from(record)
        ),
        EndReason::ConnectionRefused => {
            format!("the single sign-on connection that it was opened by was disabled or deleted{by}")
        }
        EndReason::LoggedOutAtProvider => {
            "the identity provider said that the login there is over".to_owned()
        }
        EndReason::EndedByOwner => format!("its user ended it from another session{}", from(record)),
        EndReason::EndedByAdministrator => {
            let with = number("master_key").map_or(String::new(), |generation| {
                format!(", with all sessions under generation {generation} of the master key")
            });
            return format!("ended {} by {}{}{with}", time(record.at), who_through(record), from(record));
        }
    };
    format!("ended {}: {why}", time(record.at))
}

fn expired(record: &AuditRecord, details: &Map<String, Value>, time: Time<'_>) -> String {
    let number = |name: &str| details.get(name).and_then(Value::as_i64);
    let at = number("expired").map_or(record.at, Millis::from_unix);
    let limit = number("idle_ms").and_then(|idle| u64::try_from(idle).ok()).map(Duration::from_millis);
    let limit = limit.map_or(String::new(), |limit| format!(" of {}", span(limit)));
    let used = number("last_used").map(Millis::from_unix);
    let used = used.map_or(String::new(), |used| format!("; last used {}", time(used)));
    format!("expired {}: unused for its idle limit{limit}{used}", time(at))
}

fn sessions_per_user(limit: Option<i64>) -> String {
    match limit {
        Some(1) | None => "one session per user".to_owned(),
        Some(limit) => format!("{limit} sessions per user"),
    }
}

/// Who did it.
fn who(record: &AuditRecord) -> String {
    match &record.actor {
        Actor::Unknown => "somebody unknown".to_owned(),
        Actor::User { id, name } => format!("{name} (user {id})"),
        Actor::AdministrationToken { id, name } => {
            format!("the holder of the administration token {name} ({id})")
        }
        Actor::Connection { name, .. } => format!("the connection {name}"),
        Actor::CommandLine { name } => format!("somebody on the command line ({name})"),
        Actor::System => "the service".to_owned(),
    }
}

/// Who did it, where that is about somebody else's session or user, and through what.
pub(super) fn who_through(record: &AuditRecord) -> String {
    let who = match &record.actor {
        Actor::User { .. } => format!("administrator {}", who(record)),
        _ => who(record),
    };
    match (record.means, record.dialect) {
        (Means::AdministrationToken, _) | (Means::Session, None) => {
            format!("{who} through the administration API")
        }
        (Means::Session, Some(_)) => format!("{who}{}", within(record)),
        _ => who,
    }
}

fn by_means(record: &AuditRecord) -> String {
    match record.means {
        Means::Nothing => "nothing".to_owned(),
        Means::Password => "a password".to_owned(),
        Means::ApplicationToken(id) => format!("a password and application token {id}"),
        Means::ApiKey(id) => format!("API key {id}"),
        Means::OauthClient(id) => format!("OAuth client {id}"),
        Means::Saml => "an assertion of the identity provider".to_owned(),
        Means::Oidc => "an ID token of the identity provider".to_owned(),
        Means::Session => "a session".to_owned(),
        Means::AdministrationToken => "an administration token".to_owned(),
        Means::CommandLine => "the command line".to_owned(),
        Means::System => "no means of its own".to_owned(),
    }
}

fn from(record: &AuditRecord) -> String {
    record.address.map_or(String::new(), |address| format!(" from {address}"))
}

/// Whether pages were those of the console: administrators have no others, and others have pages for what is theirs alone.
fn is_in_console(record: &AuditRecord) -> bool {
    let is_of_its_actor = matches!(record.actor, Actor::User { id, .. } if record.user == Some(id));
    record.account == Some(administrators_account()) || !is_of_its_actor
}

fn within(record: &AuditRecord) -> String {
    match record.dialect {
        Some(Dialect::Pages) if is_in_console(record) => ", in the console".to_owned(),
        Some(Dialect::LivePerson) => ", in the LivePerson dialect".to_owned(),
        Some(Dialect::LiveVox) => ", in the LiveVox dialect".to_owned(),
        Some(Dialect::Pages) => ", on the pages of the service".to_owned(),
        None => String::new(),
    }
}

/// `one refresh`, `3 times: refresh`.
fn times(record: &AuditRecord, what: &str) -> String {
    if record.count == 1 { what.to_owned() } else { format!("{what}, {} times,", record.count) }
}

fn refused(why: Refusal) -> &'static str {
    match why {
        Refusal::NoSession => "it did not live any more, or what went with its cookie was wrong",
        _ => "its user could not stay",
    }
}

fn details(record: &AuditRecord) -> Map<String, Value> {
    let text = record.details.as_deref().unwrap_or("{}");
    serde_json::from_str(text).unwrap_or_default()
}

/// `8 h`, `1 h 30 min`: the two largest units that are not zero.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds == 0 {
        return format!("{} ms", span.as_millis());
    }
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts = units.iter().filter(|(number, _)| *number > 0).take(2);
    parts.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        let texts = [5, 60, 5_400, 28_800, 86_400, 90_061].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(texts, ["5 s", "1 min", "1 h 30 min", "8 h", "1 d", "1 d 1 h"]);
        assert_eq!(span(Duration::from_millis(7)), "7 ms");
    }
}
