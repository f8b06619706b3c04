//! Measures the service against the floors under it: what the hash, the disk and the HTTP library alone would allow.
//!
//! `cargo run --release -p vestibule-bench [-- NAME...]`; `bench/README.md` tells how to read what it prints. A bench
//! is one file in `benches/`, a floor one file in `floors/`. Whatever is measured runs in a child process of its own,
//! this very program started again (`child`), alone on one core; what loads it (`load`) runs on another.

mod benches;
mod child;
mod cpu;
mod data;
mod figures;
mod fixture;
mod floors;
mod load;
mod machine;
mod options;
mod plan;
mod report;
mod screen;
mod server;
mod timing;
mod tls;
mod turns;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use crate::machine::Machine;
use crate::options::Options;
use crate::plan::Plan;
use crate::report::Report;

// As in the program; the floors have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.child {
        Some(child) => child.run(),
        None => measure(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::note(format_args!("vestibule-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    if cfg!(debug_assertions) {
        screen::note("built without optimisation: these figures mean nothing, use --release");
    }
    let plan = Plan::of(options)?;
    let machine = Machine::here(&plan);
    cpu::pin(plan.load_cpu).context("cannot pin the load to its core")?;
    let findings = benches::chosen(&options.names)
        .map(|bench| (bench.run)(&plan).with_context(|| format!("bench `{}`", bench.name)))
        .collect::<Result<Vec<_>>>()?;
    let report = Report { machine, parameters: plan.parameters(), findings };
    screen::print(if options.json { report.json()? } else { report.table() });
    Ok(())
}
