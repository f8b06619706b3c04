//! A day's load as it was recorded: who asked, by which way, for what, and what came of it. Made from a fixed seed, so that it is the
//! same day each time.

/// A day in milliseconds.
pub(super) const DAY: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000;

/// How many requests follow each other closely, twice an hour.
const BURST: usize = 42;

/// Who asks: what they show, under which account and application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Who {
    /// A user by name and password.
    Person,
    /// A bot by its API key.
    Bot,
    /// A user with an application token.
    Dialler,
    /// Another user with another one.
    Reporter,
    /// An OAuth client in its own name.
    Service,
    /// Who signs with the bot's API key.
    Signer,
    /// A user of another account by name and password.
    Worker,
    /// A user of another account with an application token of it.
    Caller,
    /// Nobody who is known.
    Nobody,
}

/// By which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    LogIn,
    Refresh,
    LogOut,
    /// The check without a target.
    Check,
    /// That of a gateway of this kind.
    Gateway(&'static str),
    /// The list of a LiveVox session's sessions.
    Sessions,
    Validate,
}

/// What came of it, in the words of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Outcome {
    Allowed,
    NoCredential,
    InvalidCredential,
    OtherPath,
    WrongCredentials,
}

/// A request of the day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Milliseconds since midnight.
    pub(super) at: i64,
    pub(super) who: Who,
    pub(super) way: Way,
    /// What was asked for behind a gateway, and the family that it is of.
    pub(super) route: (&'static str, &'static str),
    pub(super) outcome: Outcome,
    /// The last part of the client's address, as the gateway tells it.
    pub(super) address: u8,
    /// What the client says that it is, as the gateway tells it.
    pub(super) agent: &'static str,
}

pub(super) const HOLDERS: [Who; 8] =
    [Who::Person, Who::Bot, Who::Dialler, Who::Reporter, Who::Service, Who::Signer, Who::Worker, Who::Caller];

const GATEWAYS: [&str; 5] = ["nginx", "haproxy", "caddy", "traefik", "envoy"];

const AGENTS: [&str; 4] =
    ["curl/8.5.0", "python-requests/2.32", "Mozilla/5.0 (X11; Linux x86_64)", "dialler/3.1"];

/// Those below `/v1/` are all that one of the rules lets through.
const NARROW: [(&str, &str); 6] = [
    ("/v1/orders", "/v1/orders"),
    ("/v1/orders/4711/lines?page=2", "/v1/orders"),
    ("/v1/customers/38de9bcc-7425-4392-b821-99026632c369", "/v1/customers"),
    ("/v1/4711", "/v1/{id}"),
    ("/v1/0123456789abcdef0123456789abcdef/x", "/v1/{id}"),
    ("/v1/%6frders", "/v1/orders"),
];

const WIDE: [(&str, &str); 4] = [
    ("/", "/"),
    ("/status", "/status"),
    ("/v2/reports/daily", "/v2/reports"),
    ("/v2/exports?of=/v1/orders", "/v2/exports"),
];

impl Who {
    /// Whether what they show is that of a login.
    pub(super) fn logs_in(self) -> bool {
        !matches!(self, Self::Signer | Self::Nobody)
    }

    pub(super) fn is_livevox(self) -> bool {
        matches!(self, Self::Dialler | Self::Reporter | Self::Caller)
    }
}

/// Numbers that are the same each time (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).expect("few")).expect("below")
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn span(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from).expect("a span"))).expect("a span")
    }
}

/// The requests of a day in their order, some two thousand.
pub(super) fn recorded(seed: u64) -> Vec<Request> {
    let mut numbers = Numbers(seed);
    let mut requests = Vec::new();
    for hour in 0..24 {
        // Who was logged in within this hour: others might have been away for too long.
        let mut open = Vec::new();
        for half in 0..2 {
            let mut at = hour * HOUR + half * HOUR / 2 + numbers.span(0, HOUR / 3);
            for _ in 0..BURST {
                at += numbers.span(150, 900);
                requests.push(one(at, &mut open, &mut numbers));
            }
        }
    }
    requests
}

fn one(at: i64, open: &mut Vec<Who>, numbers: &mut Numbers) -> Request {
    let who = numbers.one_of(&HOLDERS);
    let route = if numbers.below(3) == 0 { numbers.one_of(&WIDE) } else { numbers.one_of(&NARROW) };
    let request = Request {
        at,
        who,
        way: Way::Gateway(numbers.one_of(&GATEWAYS)),
        route,
        outcome: Outcome::Allowed,
        address: u8::try_from(numbers.below(60) + 1).expect("an address"),
        agent: numbers.one_of(&AGENTS),
    };
    match numbers.below(20) {
        0 => return Request { who: Who::Nobody, outcome: Outcome::NoCredential, ..request },
        1 => return Request { who: Who::Nobody, outcome: Outcome::InvalidCredential, ..request },
        2 if who == Who::Person || who.is_livevox() => {
            return Request { way: Way::LogIn, outcome: Outcome::WrongCredentials, ..request };
        }
        _ => {}
    }
    if who.logs_in() && !open.contains(&who) {
        open.push(who);
        return Request { way: Way::LogIn, ..request };
    }
    match numbers.below(12) {
        0 | 1 => Request { route: numbers.one_of(&WIDE), outcome: Outcome::OtherPath, ..request },
        2 if !matches!(who, Who::Service | Who::Signer) => Request { way: Way::Check, ..request },
        3 if who.is_livevox() => Request { way: Way::Sessions, ..request },
        4 if who.is_livevox() => Request { way: Way::Validate, ..request },
        3 if matches!(who, Who::Person | Who::Worker) => Request { way: Way::Refresh, ..request },
        5 if who.is_livevox() || matches!(who, Who::Person | Who::Worker) => {
            open.retain(|other| *other != who);
            Request { way: Way::LogOut, ..request }
        }
        _ => request,
    }
}
