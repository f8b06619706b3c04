//! The load: clients that ask one question after the other, drawn at random from those prepared, and look at every
//! answer. Runs on one thread, on the core that the bench has been pinned to.
//!
//! The load never sleeps: where it has a core of its own it asks the system for answers again and again. Otherwise a
//! server that is slower than the load would have to wake the load's core for nearly every answer, which costs it
//! several microseconds (in a virtual machine more), and a faster one would not: the faster would look faster still.

mod client;
mod connection;
mod draw;
mod envoy;
mod http2;
mod questions;
mod request;
mod various;
mod window;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use tokio::task::JoinSet;

pub(crate) use client::Client;
use client::PlainClient;
pub(crate) use connection::Connection;
pub(crate) use draw::Draw;
pub(crate) use envoy::{answer_to_envoy, drive_checks_of_envoy};
pub(crate) use questions::{Answer, Kind, Outcome, Questions};
pub(crate) use request::{check, get, post, post_form, post_json, with_json};
pub(crate) use various::drive_over;
pub(crate) use window::Window;

use crate::child::Target;
use crate::figures::{Round, nanos};
use crate::plan::Plan;
use crate::timing;

/// So many clients that ask the same.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    pub(crate) clients: u32,
    pub(crate) questions: Arc<Questions>,
}

/// Loads a server as planned, and tells what it did. Fails when a single answer is not what it must be.
pub(crate) fn drive(plan: &Plan, target: Target, questions: &Arc<Questions>) -> Result<Round> {
    let crowd = Crowd { clients: plan.connections, questions: Arc::clone(questions) };
    let rounds = drive_all(plan, target, &[crowd])?;
    Ok(rounds.first)
}

/// The same, where each connection is the HTTP library's from its first request on, so that nothing on it takes the server's
/// fast path: the first request is for a path that is not there.
pub(crate) fn drive_by_hyper(plan: &Plan, target: Target, questions: &Arc<Questions>) -> Result<Round> {
    block_on(async {
        let first_seed = next_seed();
        let mut clients = Vec::new();
        for number in 0..plan.connections {
            let mut connection = Connection::open(target.address).await?;
            connection.exchange(&get("/nothing", "none"), Answer::Status("404")).await?;
            clients.push(PlainClient::over(connection, questions, Draw::seeded(first_seed + number)));
        }
        Ok(measure(plan, target, vec![clients]).await?.first)
    })
}

/// What the clients of the next crowd draw by: the same in every run, and other tokens in every round, or those of the rounds
/// before would be in the cache and their last uses written.
static NEXT_SEED: AtomicU32 = AtomicU32::new(0);

/// More than a crowd has clients.
const SEEDS: u32 = 100_000;

/// The first of them.
fn next_seed() -> u32 {
    NEXT_SEED.fetch_add(SEEDS, Ordering::Relaxed)
}

/// What several crowds found that asked at the same time.
pub(crate) struct Together {
    /// What the first of them found.
    pub(crate) first: Round,
    /// What the others found; the processor time is the first one's, for it cannot be told whom it was for.
    pub(crate) others: Vec<Round>,
}

/// The same with several crowds at once, over HTTP/1.1 or the protocol of Redis, in clear.
pub(crate) fn drive_all(plan: &Plan, target: Target, crowds: &[Crowd]) -> Result<Together> {
    block_on(async {
        let mut opened = Vec::new();
        for crowd in crowds {
            let first_seed = next_seed();
            let mut clients = Vec::new();
            for number in 0..crowd.clients {
                let draw = Draw::seeded(first_seed + number);
                clients.push(PlainClient::connect(target.address, &crowd.questions, draw).await?);
            }
            opened.push(clients);
        }
        measure(plan, target, opened).await
    })
}

/// Asks questions of which each is asked once, until all have been, and measures nothing.
pub(crate) fn ask_all(plan: &Plan, target: Target, questions: &Arc<Questions>) -> Result<()> {
    block_on(async {
        let (window, mut crowd) = (Arc::new(Window::default()), JoinSet::new());
        for number in 0..plan.connections {
            let client = PlainClient::connect(target.address, questions, Draw::seeded(number)).await?;
            crowd.spawn(ask(client, Arc::clone(&window)));
        }
        crowd.join_all().await.into_iter().try_for_each(|asked| asked.map(drop))
    })
}

/// On one thread, which ends with it.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Lets clients ask that are there already, for the time that is planned.
pub(crate) async fn measure<C: Client>(plan: &Plan, target: Target, crowds: Vec<Vec<C>>) -> Result<Together> {
    let window = Arc::new(Window::default());
    let mut working: Vec<JoinSet<Result<Asked>>> = Vec::new();
    for clients in crowds {
        let mut crowd = JoinSet::new();
        for client in clients {
            crowd.spawn(ask(client, Arc::clone(&window)));
        }
        working.push(crowd);
    }
    if plan.server_cpu != plan.load_cpu {
        tokio::spawn(stay_awake());
    }
    let (elapsed, cpu) = window.measure(plan.warm_up, plan.span, target.process).await?;
    let mut rounds = Vec::new();
    for crowd in working {
        let mut all = Asked::default();
        for asked in crowd.join_all().await {
            let Asked { latencies, turned_away } = asked?;
            all.latencies.extend(latencies);
            all.turned_away += turned_away;
        }
        let Asked { latencies, turned_away } = all;
        rounds.push(Round { turned_away, ..Round::new(latencies, elapsed, cpu) });
    }
    let mut rounds = rounds.into_iter();
    let first = rounds.next().unwrap_or_else(|| Round::new(Vec::new(), elapsed, cpu));
    let others = rounds.map(|round| Round { cpu_seconds: f64::NAN, ..round }).collect();
    Ok(Together { first, others })
}

/// What came of a client's questions.
#[derive(Default)]
struct Asked {
    /// Of answers that came while the window was open, in nanoseconds.
    latencies: Vec<u64>,
    /// At any time: it is a turn of the server's, longer than a window may be, after which a request is turned away.
    turned_away: u64,
}

/// One client: until the window is over, or there is nothing more to ask.
async fn ask(mut client: impl Client, window: Arc<Window>) -> Result<Asked> {
    let mut all = Asked::default();
    while !window.is_over() {
        let asked = timing::now();
        let Some(outcome) = client.ask().await? else {
            window.close();
            break;
        };
        match outcome {
            Outcome::Served if window.is_open() => all.latencies.push(nanos(asked.elapsed())),
            Outcome::Served => {}
            Outcome::TurnedAway => all.turned_away += 1,
        }
    }
    Ok(all)
}

/// Keeps the runtime from sleeping: each time round it looks for what has arrived.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}
