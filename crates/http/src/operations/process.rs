//! The process as its operating system sees it: read from `/proc` at every scrape, absent where that is not there.
//! The names are the ones that Prometheus' own clients use.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Collects what is in `/proc/self`.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut gauge = |name: &str, help: &str, value: Option<u64>| match value {
            Some(value) => encode(&mut encoder, name, help, &ConstGauge::new(value)),
            None => Ok(()),
        };
        let stat = Stat::read();
        gauge("process_resident_memory_bytes", "Memory in RAM", resident_memory())?;
        gauge("process_open_fds", "Open file descriptors", open_descriptors())?;
        gauge("process_max_fds", "Most file descriptors that may be open", most_descriptors())?;
        gauge("process_threads", "Threads", stat.as_ref().and_then(Stat::threads))?;
        gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since 1970",
            stat.as_ref().and_then(Stat::start_time),
        )?;
        match stat.as_ref().and_then(Stat::cpu_seconds) {
            Some(seconds) => {
                let used = ConstCounter::new(seconds);
                encode(&mut encoder, "process_cpu_seconds", "Time spent on processors", &used)
            }
            None => Ok(()),
        }
    }
}

fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn resident_memory() -> Option<u64> {
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}

/// One of them is the one we count with.
fn open_descriptors() -> Option<u64> {
    u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1)).ok()
}

fn most_descriptors() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// The fields of `/proc/self/stat` behind the program's name, which may hold spaces and parentheses.
struct Stat(Vec<u64>);

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        let (_, fields) = text.rsplit_once(')')?;
        // Fields that are letters or negative are not asked for.
        Some(Self(fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect()))
    }

    /// By its number in proc(5), where the state, the first behind the name, is 3.
    fn field(&self, number: usize) -> Option<u64> {
        self.0.get(number.checked_sub(3)?).copied()
    }

    fn threads(&self) -> Option<u64> {
        self.field(20)
    }

    fn cpu_seconds(&self) -> Option<f64> {
        Some(seconds(self.field(14)? + self.field(15)?))
    }

    fn start_time(&self) -> Option<u64> {
        let system = fs::read_to_string("/proc/stat").ok()?;
        let booted: u64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        Some(booted + self.field(22)? / rustix::param::clock_ticks_per_second())
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact for the first 2^53 ticks: millions of years")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}
