//! How much memory a session takes with every index: what a server with many sessions has, less what one with the same
//! users and none of the sessions has, shared among them.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Bench;
use crate::child::Server;
use crate::data::Size;
use crate::figures::Spread;
use crate::machine;
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};

pub(super) const BENCH: Bench = Bench { name: "memory", run };

/// The size that a goal is set for.
const MILLION: usize = 1_000_000;

/// The number of users that a goal is set for: 80 MB.
const HUNDRED_THOUSAND: usize = 100_000;

/// How long the allocator may take to give back what loading needed.
const PAUSE: Duration = Duration::from_secs(2);

fn run(plan: &Plan) -> Result<Finding> {
    let mut finding = Finding::new(BENCH.name);
    for size in plan.large() {
        let with = measure(plan, Size::of(size))?;
        let without = measure(plan, Size::of(size).without_sessions())?;
        let named = |label: &str| format!("{label}, {} sessions", grouped(size));
        let each = |bytes: f64| once((bytes - without.resident) / float(size));
        let resident = Figure::new(named("memory of a session"), "bytes", each(with.resident));
        let resident = if size == MILLION { resident.at_most(160.0) } else { resident };
        let mebibytes = |bytes: f64| once(bytes / 1_048_576.0);
        finding = finding
            .with(resident)
            .with(Figure::new(named("the same at the peak of loading"), "bytes", each(with.peak)))
            .with(Figure::new(named("memory of the process"), "MiB", mebibytes(with.resident)))
            .with(Figure::new(named("its peak"), "MiB", mebibytes(with.peak)))
            .with(of_users(Size::of(size).users, mebibytes(without.resident)));
    }
    Ok(finding)
}

/// What a process without sessions has.
fn of_users(users: usize, mebibytes: Spread) -> Figure {
    let figure = Figure::new(format!("memory without sessions, {} users", grouped(users)), "MiB", mebibytes);
    if users == HUNDRED_THOUSAND { figure.at_most(76.3) } else { figure }
}

/// In bytes.
struct Memory {
    resident: f64,
    peak: f64,
}

fn measure(plan: &Plan, size: Size) -> Result<Memory> {
    let instance = plan.instance(size)?;
    let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
    std::thread::sleep(PAUSE);
    let path = format!("/proc/{}/status", server.target().process);
    let bytes = |field: &str| {
        let text = machine::field(&path, field);
        let kibibytes = text.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        Ok::<f64, anyhow::Error>(1_024.0 * kibibytes.context("cannot read the memory of a process")?)
    };
    Ok(Memory { resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
}

fn once(value: f64) -> Spread {
    Spread::of([value])
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn float(number: usize) -> f64 {
    number as f64
}
