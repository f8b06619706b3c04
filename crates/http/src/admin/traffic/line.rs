//! A line of a report of traffic, as it is told.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::{ApplicationStanding, TrafficLine, TrafficVerdict};
use vestibule_model::Millis;

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
    /// By how many users, about: by application, day and month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) users: Option<u64>,
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
    #[schema(inline, value_type = Option<Verdict>)]
    pub(super) verdict: Option<&'static str>,
    /// Why, in words; of an application that is not there any more: `deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grounds: Option<String>,
}

/// How many requests a client program made.
#[derive(Serialize, ToSchema)]
#[schema(as = TrafficAgent)]
pub(super) struct Agent {
    /// The first product of its `User-Agent`, with its version: `curl/8.5.0`.
    name: Box<str>,
    requests: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it describes a word")]
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
        let (agents, grounds) = (line.told_agents(), line.grounds(since, now));
        let verdict = line.verdict().map(TrafficVerdict::word);
        let ApplicationStanding { name, uses, .. } = line.standing.unwrap_or_default();
        Self {
            key: line.key.to_string(),
            name,
            allowed: line.sums.allowed,
            refused: line.sums.refused,
            days: line.days,
            addresses: line.addresses,
            users: line.users,
            agents: agents.into_iter().map(|(name, requests)| Agent { name, requests }).collect(),
            first_used: uses.first.map(Millis::as_unix),
            last_used: uses.last.map(Millis::as_unix),
            last_refused: uses.last_refused.map(Millis::as_unix),
            verdict,
            grounds,
        }
    }
}
