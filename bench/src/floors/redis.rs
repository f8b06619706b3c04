//! Redis: `GET` of a key drawn at random, 200 bytes each, without pipelining and without persistence; by the same load
//! as everything else, and by its own `redis-benchmark`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::hyper::BODY;
use crate::child::{Foreign, Target, find, free_address};
use crate::cpu;
use crate::data::Tokens;
use crate::figures::Round;
use crate::plan::Plan;
use crate::report::Missing;

/// What it is called in tables.
pub(crate) const WHAT: &str = "Redis GET";

/// What it is called in tables when its own program loads it.
pub(crate) const BY_ITS_OWN: &str = "redis-benchmark GET";

/// About how many it answers in a second, so that its own program, which counts requests, takes the time that is planned.
const EXPECTED: f64 = 100_000.0;

/// How many keys are written before their answers are read.
const BATCH: usize = 1_000;

/// Redis at work.
pub(crate) struct Redis {
    foreign: Foreign,
    _folder: TempDir,
}

impl Redis {
    /// Starts it, if it is installed, with these keys.
    pub(crate) fn start(plan: &Plan, keys: &Tokens) -> Result<Result<Self, Missing>> {
        let program = match find(WHAT, "redis-server", "redis-server") {
            Ok(program) => program,
            Err(missing) => return Ok(Err(missing)),
        };
        let folder = plan.new_folder()?;
        let address = free_address()?;
        let (port, home) = (address.port().to_string(), folder.path().display().to_string());
        let arguments = [
            ["--port", &port],
            ["--bind", "127.0.0.1"],
            ["--dir", &home],
            ["--save", ""],
            ["--appendonly", "no"],
            ["--daemonize", "no"],
        ];
        let log = folder.path().join("redis.log");
        let foreign = Foreign::start(plan, &program, arguments.as_flattened(), (address, &log))?;
        fill(address, keys).context("cannot write the keys into Redis")?;
        Ok(Ok(Self { foreign, _folder: folder }))
    }

    /// Redis itself.
    pub(crate) fn target(&self) -> Target {
        self.foreign.target()
    }

    /// What `redis-benchmark` finds, which runs on the load's core. It neither tells the 99.9th percentile nor warms up.
    pub(crate) fn measure_by_its_own(&self, plan: &Plan) -> Result<Round> {
        let program = find(BY_ITS_OWN, "redis-benchmark", "redis-tools");
        let program = program.map_err(|missing| anyhow::anyhow!(missing.why))?;
        let Target { address, process } = self.target();
        let benchmark = |test: &str, count: u64, clients: u32| {
            let mut command = Command::new(&program);
            command.args(["-p", &address.port().to_string(), "-t", test, "--csv", "-d", "200"]);
            command.args(["-n", &count.to_string(), "-c", &clients.to_string()]);
            let output = command.output()?;
            ensure!(output.status.success(), "redis-benchmark failed");
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        benchmark("set", 1, 1)?;
        let count = count(plan);
        let before = cpu::time_of(process)?;
        let output = benchmark("get", count, plan.connections)?;
        let cpu = cpu::time_of(process)?.saturating_sub(before);
        let [per_second, p50_us, p99_us] = read(&output).context("redis-benchmark says nothing of use")?;
        let seconds = Round::seconds_for(count, per_second);
        let cpu_seconds = cpu.as_secs_f64();
        Ok(Round { done: count, turned_away: 0, seconds, cpu_seconds, p50_us, p99_us, p999_us: f64::NAN })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests, of any size"
)]
fn count(plan: &Plan) -> u64 {
    (EXPECTED * plan.span.as_secs_f64()).max(1_000.0) as u64
}

/// Requests per second, median and 99th percentile in microseconds, from the line of `GET` (Redis 7: name, requests per
/// second, then milliseconds: mean, least, median, 95th, 99th, most).
fn read(csv: &str) -> Option<[f64; 3]> {
    let line = csv.lines().find(|line| line.starts_with("\"GET\""))?;
    let cells: Vec<f64> =
        line.split(',').map(|cell| cell.trim_matches('"').parse().unwrap_or(f64::NAN)).collect();
    Some([*cells.get(1)?, cells.get(4)? * 1_000.0, cells.get(6)? * 1_000.0])
}

fn fill(address: SocketAddr, keys: &Tokens) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut request = Vec::new();
    let mut answers = vec![0; BATCH * b"+OK\r\n".len()];
    for batch in keys.chunks(BATCH) {
        request.clear();
        for key in batch {
            request.extend_from_slice(b"*3\r\n$3\r\nSET\r\n$64\r\n");
            request.extend_from_slice(key);
            request.extend_from_slice(b"\r\n$200\r\n");
            request.extend_from_slice(BODY);
            request.extend_from_slice(b"\r\n");
        }
        stream.write_all(&request)?;
        let answers = answers.get_mut(..batch.len() * 5).unwrap_or_default();
        stream.read_exact(answers)?;
        ensure!(answers.chunks(5).all(|answer| answer == b"+OK\r\n"), "a key was not taken");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_redis_benchmark_are_found_by_their_place() {
        let csv = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\
                   \"p99_latency_ms\",\"max_latency_ms\"\n\
                   \"GET\",\"90000.50\",\"0.4\",\"0.1\",\"0.375\",\"0.5\",\"0.623\",\"2.0\"\n";
        let [rate, p50, p99] = read(csv).unwrap();
        assert!((rate - 90_000.5).abs() < 1e-9 && (p50 - 375.0).abs() < 1e-9 && (p99 - 623.0).abs() < 1e-9);
        assert!(read("").is_none());
    }
}
