//! How long the disk takes to make 4 KiB durable that were appended to a file: one after the other, by one thread, with
//! nothing around it. The store's log is of such pages, but it is written over again and again and not appended to.

use std::fs::File;
use std::io::Write as _;
use std::process;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Arguments;
use crate::figures::{Round, nanos};
use crate::{cpu, timing};

/// What it is called in tables.
pub(crate) const WHAT: &str = "append and fdatasync";

const PAGE: [u8; 4_096] = [b'x'; 4_096];

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let mut file = File::create(arguments.data.join("appended")).context("cannot make a file")?;
    append_for(arguments.warm_up(), &mut file)?;
    let (begun, cpu_before) = (timing::now(), cpu::time_of(process::id())?);
    let latencies = append_for(arguments.span(), &mut file)?;
    let cpu = cpu::time_of(process::id())?.saturating_sub(cpu_before);
    Ok(Round::new(latencies, begun.elapsed(), cpu))
}

fn append_for(span: Duration, file: &mut File) -> Result<Vec<u64>> {
    let (begun, mut latencies) = (timing::now(), Vec::new());
    while begun.elapsed() < span {
        let asked = timing::now();
        file.write_all(&PAGE)?;
        file.sync_data().context("the disk does not take a page")?;
        latencies.push(nanos(asked.elapsed()));
    }
    Ok(latencies)
}
