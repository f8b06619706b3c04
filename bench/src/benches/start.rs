//! How soon the service answers after it has been started on a database with many sessions, and how soon all of them are
//! in its table. The database has just been written or read, so it is read from memory and not from the disk; the server
//! before was killed, as by a failure of power.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use super::Bench;
use crate::child::{Server, Target};
use crate::data::{Instance, Size};
use crate::figures::Spread;
use crate::load::{self, Connection, Draw, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};
use crate::{screen, timing};

pub(super) const BENCH: Bench = Bench { name: "start", run };

/// The size that goals are set for.
const MILLION: usize = 1_000_000;

/// How long the client waits between its checks while the table loads.
const PAUSE: Duration = Duration::from_millis(5);

fn run(plan: &Plan) -> Result<Finding> {
    let mut finding = Finding::new(BENCH.name);
    for size in plan.large() {
        let instance = plan.instance(Size::of(size))?;
        let starts = (1..=plan.rounds)
            .map(|number| {
                let started = start(plan, &instance, number)?;
                screen::note(format_args!(
                    "start of {} sessions, round {number} of {}: {started:?}",
                    grouped(size),
                    plan.rounds
                ));
                Ok(started)
            })
            .collect::<Result<Vec<_>>>()?;
        finding = figures(finding, size, &starts);
    }
    Ok(finding)
}

fn figures(finding: Finding, size: usize, starts: &[Started]) -> Finding {
    let figure = |label: &str, span: fn(&Started) -> Duration| {
        let millis = starts.iter().map(|started| span(started).as_secs_f64() * 1_000.0);
        Figure::new(format!("{label}, {} sessions", grouped(size)), "ms", Spread::of(millis))
    };
    let judged = |figure: Figure, bound: f64| if size == MILLION { figure.at_most(bound) } else { figure };
    finding
        .with(judged(figure("from the start to the first answer", |started| started.answers), 300.0))
        .with(figure("from the start to the first 200 for a session", |started| started.knows))
        .with(judged(figure("from the start to the complete table", |started| started.complete), 3_000.0))
        .with(figure("slowest check in between", |started| started.slowest))
}

/// When it did what, from the moment before its process was made.
#[derive(Debug)]
struct Started {
    /// It answers a check.
    answers: Duration,
    /// It answers 200 to the check of a session drawn at random.
    knows: Duration,
    /// It says that every session is in the table.
    complete: Duration,
    /// How long the slowest check took until then, the first not counted.
    slowest: Duration,
}

fn start(plan: &Plan, instance: &Instance, seed: u32) -> Result<Started> {
    let begun = timing::now();
    let mut server = Server::vestibule_that_loads(plan, instance.folder(), &instance.fixture)?;
    let target = server.target();
    let is_complete = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let loaded = scope.spawn(|| {
            let loaded = server.wait_until_loaded();
            let elapsed = begun.elapsed();
            is_complete.store(true, Ordering::Relaxed);
            loaded.map(|()| elapsed)
        });
        let asked = block_on(ask(target, instance, Draw::seeded(seed), (begun, &is_complete)));
        let complete = loaded.join().ok().context("a thread panicked")??;
        let [answers, knows, slowest] = asked?;
        Ok(Started { answers, knows, complete, slowest })
    })
}

/// Checks sessions drawn at random until the table is complete, and one after that.
async fn ask(
    target: Target,
    instance: &Instance,
    mut draw: Draw,
    (begun, is_complete): (Instant, &AtomicBool),
) -> Result<[Duration; 3]> {
    let mut connection = Connection::open(target.address).await?;
    let (mut answers, mut knows, mut slowest) = (None, None, Duration::ZERO);
    loop {
        let was_complete = is_complete.load(Ordering::Relaxed);
        let bearer =
            instance.bearers.get(draw.below(instance.bearers.len())).context("there are no sessions")?;
        let asked = timing::now();
        let status = connection.status_of(&load::check(bearer)).await?;
        let elapsed = begun.elapsed();
        if answers.is_some() {
            slowest = slowest.max(asked.elapsed());
        }
        answers.get_or_insert(elapsed);
        if status == "200" {
            knows.get_or_insert(elapsed);
        }
        ensure!(status == "200" || !was_complete, "a live session is answered {status}");
        if was_complete {
            return Ok([answers.unwrap_or(elapsed), knows.unwrap_or(elapsed), slowest]);
        }
        sleep(PAUSE).await;
    }
}
