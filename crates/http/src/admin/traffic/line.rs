//! A line of a report of traffic, as it is told.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::{
    ApplicationStanding, MOST_AGENTS, OTHER_AGENTS, TrafficKey, TrafficLine, TrafficVerdict,
};
use vestibule_model::{Application, Day, Millis, TrafficApplication, UserKind};

/// Requests that have something in common.
#[derive(Serialize, ToSchema)]
#[schema(as = TrafficLine)]
pub(super) struct Line {
    /// What: `none`, `unknown`, `administrator`, `api-key:ID`, `oauth-client:ID` or `application-token:ID`; the family of routes; the
    /// kind of user, or `nobody`; the outcome; or the time, `2026-11-30T13`, `2026-11-30` or `2026-11`, UTC.
    pub(super) key: String,
    /// The application's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// How many were let through, or done.
    pub(super) allowed: u64,
    /// How many were refused.
    pub(super) refused: u64,
    /// How many on each day from the first to the last, whatever came of them. None by hour, day and month.
    pub(super) days: Vec<u64>,
    /// From how many addresses, about: by application, day and month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) addresses: Option<u64>,
    /// By which client programs, most first, the rest together as `(other)`: by application, day and month.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) agents: Vec<Agent>,
    /// The first request that was let through, however long ago: milliseconds since 1970. Of applications, as what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_used: Option<i64>,
    /// The last request that was let through, or the last login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_used: Option<i64>,
    /// The last request that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_refused: Option<i64>,
    /// Whether the application is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub(super) verdict: Option<Verdict>,
    /// Why, in words; of an application that is not there any more: `deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grounds: Option<String>,
}

/// How many requests a client program made.
#[derive(Serialize, ToSchema)]
#[schema(as = TrafficAgent)]
pub(super) struct Agent {
    /// What stands before the first slash of its `User-Agent`.
    name: Box<str>,
    requests: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// Used within 30 days.
    InUse,
    /// Not used for 30 days, or never, and somebody tried.
    Idle,
    /// Neither used nor tried for 90 days, and requests have been counted for as long.
    SafeToDelete,
    /// Neither used nor tried since counting began.
    NeverSeen,
}

impl Line {
    pub(super) fn of(line: TrafficLine, since: Option<Millis>, now: Millis) -> Self {
        let standing = line.standing.as_ref();
        let verdict = standing.and_then(|standing| standing.verdict);
        let uses = standing.map(|standing| standing.uses).unwrap_or_default();
        Self {
            key: key(&line.key),
            name: standing.and_then(|standing| standing.name.clone()),
            allowed: line.sums.allowed,
            refused: line.sums.refused,
            days: line.days,
            addresses: line.addresses,
            agents: agents(line.agents),
            first_used: uses.first.map(Millis::as_unix),
            last_used: uses.last.map(Millis::as_unix),
            last_refused: uses.last_refused.map(Millis::as_unix),
            verdict: verdict.map(Verdict::of),
            grounds: standing.and_then(|standing| grounds(standing, since, now)).or_else(|| {
                let is_deleted = is_one(&line.key) && standing.is_some_and(|it| it.name.is_none());
                is_deleted.then(|| "deleted".to_owned())
            }),
        }
    }
}

/// Those that are told apart, most first, and the others together.
fn agents(all: Vec<(Box<str>, u64)>) -> Vec<Agent> {
    let (others, mut told): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| name.as_ref() == OTHER_AGENTS);
    let beyond = told.split_off(told.len().min(MOST_AGENTS));
    let others = others.iter().chain(&beyond).fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
    let others = (others > 0).then(|| (OTHER_AGENTS.into(), others));
    told.into_iter().chain(others).map(|(name, requests)| Agent { name, requests }).collect()
}

/// Whether lines with this key are of something that can be deleted.
const fn is_one(key: &TrafficKey) -> bool {
    match key {
        TrafficKey::Application(TrafficApplication::Of(application)) => {
            !matches!(application, Application::None)
        }
        _ => false,
    }
}

impl Verdict {
    const fn of(verdict: TrafficVerdict) -> Self {
        match verdict {
            TrafficVerdict::InUse => Self::InUse,
            TrafficVerdict::Idle { .. } => Self::Idle,
            TrafficVerdict::SafeToDelete { .. } => Self::SafeToDelete,
            TrafficVerdict::NeverSeen => Self::NeverSeen,
        }
    }
}

fn key(key: &TrafficKey) -> String {
    match key {
        TrafficKey::Application(application) => application.to_string(),
        TrafficKey::Route(family) => family.as_ref().to_owned(),
        TrafficKey::Kind(kind) => kind.map_or("nobody", kind_of).to_owned(),
        TrafficKey::Outcome(outcome) => outcome.to_string(),
        TrafficKey::Hour(day, hour) => format!("{day}T{hour:02}"),
        TrafficKey::Day(day) => day.to_string(),
        TrafficKey::Month(month) => month.to_string(),
    }
}

const fn kind_of(kind: UserKind) -> &'static str {
    match kind {
        UserKind::System => "system",
        UserKind::Human => "human",
        UserKind::Bot => "bot",
    }
}

/// Why a verdict is what it is; None: there is none.
fn grounds(standing: &ApplicationStanding, since: Option<Millis>, now: Millis) -> Option<String> {
    let uses = &standing.uses;
    let ago = |at: Millis| match now.since(at).as_secs() / 86_400 {
        0 => "today".to_owned(),
        1 => "a day ago".to_owned(),
        days => format!("{days} days ago"),
    };
    let counting = format!("counting began on {}", Day::of(since?));
    let tried = uses.last_refused.map(|at| format!("refused last {}", ago(at)));
    Some(match standing.verdict? {
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
