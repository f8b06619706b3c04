//! What is logged of requests that were refused or failed: the first few of each kind line by line, the rest as numbers.
//!
//! Owns how many lines anybody from outside can cause. Whoever asks for it (level `debug`) gets every request.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;

/// How long is counted before the count is logged.
const WINDOW: Duration = Duration::from_mins(1);

/// Lines in a window for requests of one kind from one address: as many failures as programs that watch logs want to
/// see before they act.
const LINES_PER_ADDRESS: u32 = 5;
/// Lines in a window, of all kinds: while there have been fewer than the first, an address gets more than one of a
/// kind; while fewer than the second, it gets one.
const LINES_FOR_REPEATS: u32 = 64;
const LINES: u32 = 192;

/// Kinds, and addresses over all of them, that are distinguished in a window.
const KINDS: usize = 64;
const ADDRESSES: usize = 4096;

/// Addresses that are named with the number of their requests.
const NAMED: usize = 5;

/// The most characters of a cause.
const CAUSE: usize = 200;

/// Counts refused and failed requests.
#[derive(Debug, Default)]
pub struct RefusalLog {
    window: Mutex<Window>,
}

/// What makes requests one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) status: StatusCode,
    /// The route's pattern.
    pub(super) route: String,
    /// Why, in words for the log; empty where nobody said.
    pub(super) cause: String,
}

/// How a request comes into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogDecision {
    /// It has a line of its own.
    Line,
    /// It is counted.
    Count,
}

#[derive(Debug, Default)]
struct Window {
    /// None while nothing has been counted.
    begun: Option<Instant>,
    lines: u32,
    addresses: usize,
    kinds: HashMap<Kind, Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    requests: u64,
    /// By address; of IPv6 by its /64, because one client has all of that.
    addresses: HashMap<IpAddr, OfAddress>,
}

#[derive(Debug, Default)]
struct OfAddress {
    lines: u32,
    requests: u64,
}

/// Requests of one kind that have had no line of their own.
#[derive(Debug, PartialEq, Eq)]
struct Summary {
    kind: Kind,
    requests: u64,
    clients: usize,
    most: String,
}

impl RefusalLog {
    /// How a request comes into the log that has been refused, or has failed, at `now`.
    pub(super) fn decide(&self, kind: Kind, client: Option<IpAddr>, now: Instant) -> LogDecision {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let past = window.end_if_over(now);
        window.begun.get_or_insert(now);
        let decision = window.count(kind, client.map(network));
        drop(window);
        past.into_iter().for_each(Summary::log);
        decision
    }

    /// Logs what was counted in a minute that is over. To be called now and then: the last requests of a flood have
    /// none after them.
    pub fn log_past(&self) {
        let past = self
            .window
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end_if_over(super::request_context::now());
        past.into_iter().for_each(Summary::log);
    }

    /// Logs what was counted so far, for when the end is near.
    pub fn log_all(&self) {
        let all = self.window.lock().unwrap_or_else(PoisonError::into_inner).end();
        all.into_iter().for_each(Summary::log);
    }
}

impl Window {
    fn end_if_over(&mut self, now: Instant) -> Vec<Summary> {
        let over = self.begun.is_some_and(|begun| now.saturating_duration_since(begun) >= WINDOW);
        if over { self.end() } else { Vec::new() }
    }

    fn end(&mut self) -> Vec<Summary> {
        let kinds = std::mem::take(self).kinds.into_iter();
        kinds
            .filter(|(_, counted)| counted.requests > 0)
            .map(|(kind, counted)| counted.summary(kind))
            .collect()
    }

    fn count(&mut self, kind: Kind, client: Option<IpAddr>) -> LogDecision {
        let kind = if self.kinds.len() < KINDS || self.kinds.contains_key(&kind) { kind } else { kind.any() };
        let counted = self.kinds.entry(kind).or_default();
        let is_known = client.is_some_and(|client| counted.addresses.contains_key(&client));
        let Some(client) = client.filter(|_| is_known || self.addresses < ADDRESSES) else {
            counted.requests += 1;
            return LogDecision::Count;
        };
        if !is_known {
            self.addresses += 1;
        }
        let address = counted.addresses.entry(client).or_default();
        let budget = if address.lines == 0 { LINES } else { LINES_FOR_REPEATS };
        if address.lines < LINES_PER_ADDRESS && self.lines < budget {
            address.lines += 1;
            self.lines += 1;
            return LogDecision::Line;
        }
        address.requests += 1;
        counted.requests += 1;
        LogDecision::Count
    }
}

impl Counted {
    fn summary(self, kind: Kind) -> Summary {
        let mut by_requests: Vec<_> = self
            .addresses
            .iter()
            .map(|(address, of)| (of.requests, *address))
            .filter(|(n, _)| *n > 0)
            .collect();
        by_requests.sort_unstable_by(|one, other| other.cmp(one));
        let mut most = String::new();
        for (requests, address) in by_requests.iter().take(NAMED) {
            let separator = if most.is_empty() { "" } else { ", " };
            let length = if address.is_ipv6() { "/64" } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(most, "{separator}{address}{length} ({requests})");
        }
        Summary { kind, requests: self.requests, clients: self.addresses.len(), most }
    }
}

impl Kind {
    /// `cause` is cut where it is long: it may hold what a client has sent.
    pub(super) fn new(status: StatusCode, route: &str, mut cause: String) -> Self {
        if let Some((end, _)) = cause.char_indices().nth(CAUSE) {
            cause.truncate(end);
            cause.push('…');
        }
        Self { status, route: route.to_owned(), cause }
    }

    /// Where there are too many kinds: whatever has that status.
    fn any(self) -> Self {
        Self { status: self.status, route: String::from("any"), cause: String::from("any") }
    }
}

impl Summary {
    fn log(self) {
        let Self { kind: Kind { status, route, cause }, requests, clients, most } = self;
        macro_rules! event {
            ($level:ident, $text:literal) => {
                tracing::$level!(
                    requests,
                    route,
                    status = status.as_u16(),
                    cause = (!cause.is_empty()).then_some(cause),
                    clients,
                    most_from = most,
                    $text
                )
            };
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            event!(warn, "turned further requests away");
        } else if status.is_server_error() {
            event!(error, "further requests failed");
        } else {
            event!(info, "refused further requests");
        }
    }
}

/// The client as it is counted.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(cause: &str) -> Kind {
        Kind::new(StatusCode::UNAUTHORIZED, "/login", cause.to_owned())
    }

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0x0a00_0000 + number).into()
    }

    /// How many of so many requests from one address have lines of their own.
    fn lines(window: &mut Window, cause: &str, client: u32, requests: u32) -> usize {
        let told = (0..requests).map(|_| window.count(kind(cause), Some(address(client))));
        told.filter(|told| *told == LogDecision::Line).count()
    }

    #[test]
    fn an_address_has_five_lines_and_is_counted_from_then_on() {
        let mut window = Window::default();
        assert_eq!(lines(&mut window, "wrong", 1, 1000), 5);
        let [summary] = window.end().try_into().unwrap();
        assert_eq!((summary.requests, summary.clients, summary.most.as_str()), (995, 1, "10.0.0.1 (995)"));
    }

    #[test]
    fn a_neighbour_has_lines_of_its_own() {
        let mut window = Window::default();
        lines(&mut window, "wrong", 1, 1000);
        assert_eq!(lines(&mut window, "wrong", 2, 3), 3);
    }

    #[test]
    fn one_network_of_version_6_is_one_address() {
        let mut window = Window::default();
        let told = (0..100u128).map(|host| network(Ipv6Addr::from_bits((0x2001_0db8 << 96) + host).into()));
        let now =
            told.filter(|client| window.count(kind("wrong"), Some(*client)) == LogDecision::Line).count();
        assert_eq!(now, 5);
        assert_eq!(window.end()[0].most, "2001:db8::/64 (95)");
    }

    #[test]
    fn very_many_addresses_have_a_bounded_number_of_lines() {
        let mut window = Window::default();
        let all: usize = (0..10_000).map(|client| lines(&mut window, "wrong", client, 2)).sum();
        assert_eq!(all, LINES as usize);
        let [summary] = window.end().try_into().unwrap();
        assert_eq!((summary.requests, summary.clients), (20_000 - u64::from(LINES), ADDRESSES));
    }

    #[test]
    fn a_flood_from_one_address_leaves_lines_to_others() {
        let mut window = Window::default();
        for cause in 0..60 {
            lines(&mut window, &cause.to_string(), 1, 100);
        }
        assert_eq!(lines(&mut window, "wrong", 2, 1), 1);
    }

    #[test]
    fn very_many_causes_are_a_bounded_number_of_kinds() {
        let mut window = Window::default();
        for cause in 0..10_000 {
            lines(&mut window, &cause.to_string(), 1, 1);
        }
        let kinds = window.end();
        assert!(kinds.len() <= KINDS + 1, "{}", kinds.len());
    }

    #[test]
    fn a_new_minute_has_new_lines() {
        #[expect(clippy::disallowed_methods, reason = "an instant has no other beginning")]
        let start = Instant::now();
        let log = RefusalLog::default();
        let decide = |after| log.decide(kind("wrong"), Some(address(1)), start + after);
        let told: Vec<LogDecision> = (0..6).map(|_| decide(Duration::from_secs(59))).collect();
        assert_eq!((told[4], told[5]), (LogDecision::Line, LogDecision::Count));
        assert_eq!(decide(Duration::from_secs(119)), LogDecision::Line);
    }

    #[test]
    fn a_long_cause_is_cut() {
        assert_eq!(kind(&"ä".repeat(1000)).cause.chars().count(), CAUSE + 1);
    }
}
