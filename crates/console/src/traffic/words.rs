//! Words for what requests have in common.

use vestibule_auth::{TrafficKey, TrafficVerdict};
use vestibule_model::{AccountId, Application, TrafficApplication, TrafficOutcome};

use crate::parts::{Cell, Shape, sentence};
use crate::words;

/// What a line is of; `name`: that of the application, if it is there.
pub(super) fn of_line(key: &TrafficKey, name: Option<&str>) -> Cell {
    match key {
        TrafficKey::Application(application) => match name {
            Some(name) => Cell::text(name),
            None => Cell::words(application_without_name(*application)),
        },
        TrafficKey::Route(family) => Cell::code(family),
        TrafficKey::Kind(kind) => Cell::words(kind.map_or("nobody who is known", words::kind)),
        TrafficKey::Outcome(outcome) => Cell::words(of_outcome(*outcome)),
        TrafficKey::Hour(..) | TrafficKey::Day(_) | TrafficKey::Month(_) => Cell::words(key.to_string()),
    }
}

/// Of which kind an application is.
pub(super) fn kind(account: Option<AccountId>, application: TrafficApplication) -> String {
    let TrafficApplication::Of(application) = application else { return String::new() };
    let known = account.and_then(|account| words::application(account, application));
    known.map(|(kind, _)| sentence(kind.one())).unwrap_or_default()
}

fn application_without_name(application: TrafficApplication) -> String {
    match application {
        TrafficApplication::Of(Application::None) => "Logins of users themselves".to_owned(),
        TrafficApplication::Of(application) => {
            let id = application.id().map(|id| id.to_string()).unwrap_or_default();
            format!("{id}, which is deleted")
        }
        TrafficApplication::Administrator => "Administrators".to_owned(),
        TrafficApplication::Unknown => "Nobody who is known".to_owned(),
    }
}

/// The engine's verdict on an application.
pub(super) fn verdict(verdict: TrafficVerdict) -> Cell {
    match verdict {
        TrafficVerdict::InUse => Cell::tag(Shape::Good, "in use"),
        TrafficVerdict::Idle { .. } => Cell::tag(Shape::Warn, "idle"),
        TrafficVerdict::SafeToDelete { .. } => Cell::tag(Shape::Quiet, "safe to delete"),
        TrafficVerdict::NeverSeen => Cell::tag(Shape::Quiet, "never seen"),
    }
}

const fn of_outcome(outcome: TrafficOutcome) -> &'static str {
    match outcome {
        TrafficOutcome::Allowed => "Let through, or done",
        TrafficOutcome::NoCredential => "Nothing that is accepted was shown",
        TrafficOutcome::InvalidCredential => "What was shown is not genuine, or opens nothing any more",
        TrafficOutcome::Contradictory => "What was shown contradicts itself",
        TrafficOutcome::OtherAccount => "The rule is for other accounts",
        TrafficOutcome::OtherApplication => "The rule is for other applications",
        TrafficOutcome::OtherUserKind => "The rule is for other kinds of user",
        TrafficOutcome::OtherPopulation => "The rule is for the other population",
        TrafficOutcome::RankTooLow => "The rule is for a higher rank",
        TrafficOutcome::MissingPrivilege => "The rule is for users with other privileges",
        TrafficOutcome::OtherAddress => "The application may not be used from this address",
        TrafficOutcome::OtherPath => "The rule is for other paths",
        TrafficOutcome::WrongCredentials => "A wrong name, password, key, code or token",
        TrafficOutcome::Locked => "The user is locked",
        TrafficOutcome::NotAllowed => "Right, and not allowed now",
        TrafficOutcome::SecondFactorNeeded => "The second factor is missing",
        TrafficOutcome::TooManyRequests => "Too many that failed, or that wait",
        TrafficOutcome::Unavailable => "The database or an identity provider did not answer",
    }
}
