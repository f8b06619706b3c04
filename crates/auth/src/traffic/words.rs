//! What a report of traffic says in words, the same over the API, in tables and on pages.

use std::fmt;

use vestibule_model::{Application, Day, Millis, TrafficApplication, UserKind};
use vestibule_store::{MOST_AGENTS, OTHER_AGENTS};

use super::report::{ApplicationStanding, TrafficKey, TrafficLine, TrafficVerdict};

impl fmt::Display for TrafficKey {
    /// `none`, `unknown`, `administrator`, `api-key:ID`, `oauth-client:ID` or `application-token:ID`; the family of routes; the kind
    /// of user, or `nobody`; the outcome; or the time, `2026-11-30T13`, `2026-11-30` or `2026-11`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(application) => application.fmt(out),
            Self::Route(family) => out.write_str(family),
            Self::Kind(kind) => out.write_str(kind.map_or("nobody", kind_of)),
            Self::Outcome(outcome) => outcome.fmt(out),
            Self::Hour(day, hour) => write!(out, "{day}T{hour:02}"),
            Self::Day(day) => day.fmt(out),
            Self::Month(month) => month.fmt(out),
        }
    }
}

const fn kind_of(kind: UserKind) -> &'static str {
    match kind {
        UserKind::System => "system",
        UserKind::Human => "human",
        UserKind::Bot => "bot",
    }
}

impl TrafficKey {
    /// Whether lines with this key are of something that can be deleted.
    const fn is_one(&self) -> bool {
        match self {
            Self::Application(TrafficApplication::Of(application)) => {
                !matches!(application, Application::None)
            }
            _ => false,
        }
    }
}

impl TrafficVerdict {
    /// `in-use`, `idle`, `safe-to-delete` or `never-seen`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InUse => "in-use",
            Self::Idle { .. } => "idle",
            Self::SafeToDelete { .. } => "safe-to-delete",
            Self::NeverSeen => "never-seen",
        }
    }
}

impl TrafficLine {
    /// What is known whether the application is needed; None: these are no requests of something that can be deleted.
    pub fn verdict(&self) -> Option<TrafficVerdict> {
        self.standing.as_ref().and_then(|standing| standing.verdict)
    }

    /// Why the verdict is what it is, requests being counted since a time; of an application that is not there any more: `deleted`.
    pub fn grounds(&self, since: Option<Millis>, now: Millis) -> Option<String> {
        let standing = self.standing.as_ref()?;
        let is_deleted = || self.key.is_one() && standing.name.is_none();
        standing.grounds(since, now).or_else(|| is_deleted().then(|| "deleted".to_owned()))
    }

    /// By which client programs, most first: those that are told apart, then the others together.
    pub fn told_agents(&self) -> Vec<(Box<str>, u64)> {
        let (others, mut told): (Vec<_>, Vec<_>) =
            self.agents.iter().cloned().partition(|(name, _)| name.as_ref() == OTHER_AGENTS);
        let beyond = told.split_off(told.len().min(MOST_AGENTS));
        let others = others.iter().chain(&beyond).fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
        told.extend((others > 0).then(|| (OTHER_AGENTS.into(), others)));
        told
    }
}

impl ApplicationStanding {
    /// None: there is no verdict.
    fn grounds(&self, since: Option<Millis>, now: Millis) -> Option<String> {
        let uses = &self.uses;
        let ago = |at: Millis| match now.since(at).as_secs() / 86_400 {
            0 => "today".to_owned(),
            1 => "a day ago".to_owned(),
            days => format!("{days} days ago"),
        };
        let counting = format!("counting began on {}", Day::of(since?));
        let tried = uses.last_refused.map(|at| format!("refused last {}", ago(at)));
        Some(match self.verdict? {
            TrafficVerdict::InUse => format!("used last {}", uses.last.map(ago).unwrap_or_default()),
            TrafficVerdict::Idle { days: Some(days) } => {
                let tried = tried.filter(|_| uses.last_refused > uses.last);
                let tried = tried.map(|tried| format!(", {tried}")).unwrap_or_default();
                format!("not used for {days} days{tried}; {counting}")
            }
            TrafficVerdict::Idle { days: None } => {
                format!("never used, {}; {counting}", tried.unwrap_or_default())
            }
            TrafficVerdict::SafeToDelete { days } => {
                format!("neither used nor tried for {days} days; {counting}")
            }
            TrafficVerdict::NeverSeen => format!("never seen; {counting}"),
        })
    }
}
