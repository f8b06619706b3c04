//! What a report of requests has to say, summed up here, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::day::Outcome;

/// A request that was answered, as it is counted.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// None: of nobody who is known.
    pub(super) account: Option<&'static str>,
    pub(super) application: String,
    pub(super) kind: &'static str,
    pub(super) family: &'static str,
    pub(super) outcome: Outcome,
    pub(super) address: String,
    /// Before the first slash.
    pub(super) agent: Option<&'static str>,
}

/// By what reports are asked for here.
pub(super) const BY: [&str; 7] = ["application", "route", "kind", "outcome", "hour", "day", "month"];

/// Allowed and refused, by key.
pub(super) type Sums = BTreeMap<String, (u64, u64)>;

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::NoCredential => "no-credential",
            Self::InvalidCredential => "invalid-credential",
            Self::OtherPath => "other-path",
            Self::WrongCredentials => "wrong-credentials",
        }
    }
}

fn key(sent: &Sent, by: &str) -> String {
    let hour = sent.at.rem_euclid(super::day::DAY) / 3_600_000;
    match by {
        "application" => sent.application.clone(),
        "route" => sent.family.to_owned(),
        "kind" => sent.kind.to_owned(),
        "outcome" => sent.outcome.word().to_owned(),
        "hour" => format!("{}T{hour:02}", super::DATE),
        "day" => super::DATE.to_owned(),
        _ => super::DATE[..7].to_owned(),
    }
}

/// The sums of some requests.
pub(super) fn sums<'a>(sent: impl IntoIterator<Item = &'a Sent>, by: &str) -> Sums {
    let mut sums = Sums::new();
    for sent in sent {
        let (allowed, refused) = sums.entry(key(sent, by)).or_default();
        *(if sent.outcome == Outcome::Allowed { allowed } else { refused }) += 1;
    }
    sums
}

/// What a report tells, without what nobody used.
pub(super) fn told(report: &Value) -> Sums {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut sums = Sums::new();
    for line in report["lines"].as_array().expect("lines") {
        let (allowed, refused) = (number(&line["allowed"]), number(&line["refused"]));
        let days = line["days"].as_array().expect("days");
        assert!(days.is_empty() || days.iter().map(number).sum::<u64>() == allowed + refused, "{line}");
        if allowed + refused > 0 {
            sums.insert(line["key"].as_str().expect("a key").to_owned(), (allowed, refused));
        }
    }
    let all = sums.values().fold((0, 0), |(some, none), (allowed, refused)| (some + allowed, none + refused));
    assert_eq!(
        (number(&report["allowed"]), number(&report["refused"])),
        all,
        "the whole is the sum of its lines"
    );
    sums
}

pub(super) fn total(sums: &Sums) -> u64 {
    sums.values().map(|(allowed, refused)| allowed + refused).sum()
}

/// What is told of an application besides: from how many addresses, by which client programs, when first and last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Details {
    addresses: usize,
    agents: BTreeMap<String, u64>,
    first_used: Option<i64>,
    last_used: Option<i64>,
    last_refused: Option<i64>,
}

pub(super) fn details(sent: &[&Sent]) -> Details {
    let times = |is_allowed: bool| {
        sent.iter().filter(move |sent| (sent.outcome == Outcome::Allowed) == is_allowed).map(|sent| sent.at)
    };
    let mut agents = BTreeMap::new();
    for agent in sent.iter().filter_map(|sent| sent.agent) {
        *agents.entry(agent.to_owned()).or_default() += 1;
    }
    Details {
        addresses: sent.iter().map(|sent| &sent.address).collect::<BTreeSet<_>>().len(),
        agents,
        first_used: times(true).min(),
        last_used: times(true).max(),
        last_refused: times(false).max(),
    }
}

pub(super) fn details_told(line: &Value) -> Details {
    let empty = Vec::new();
    let agents = line["agents"].as_array().unwrap_or(&empty).iter();
    let agent = |agent: &Value| Some((agent["name"].as_str()?.to_owned(), agent["requests"].as_u64()?));
    Details {
        addresses: line["addresses"]
            .as_u64()
            .and_then(|count| count.try_into().ok())
            .expect("a number of addresses"),
        agents: agents.map(|one| agent(one).expect("a client program")).collect(),
        first_used: line["first_used"].as_i64(),
        last_used: line["last_used"].as_i64(),
        last_refused: line["last_refused"].as_i64(),
    }
}
