//! Where it was measured, and with which versions: figures without these mean nothing.

use std::fmt;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use serde::Serialize;

use crate::plan::Plan;

/// The libraries that matter for the figures.
const LIBRARIES: [&str; 8] =
    ["argon2-rust", "axum", "hmac", "hyper", "libsqlite3-sys", "rusqlite", "serde_json", "tokio"];

const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// The machine and what was built on it.
#[derive(Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    /// Of the folder that the databases are in.
    file_system: String,
    server_core: usize,
    load_core: usize,
    /// What else was going on: the load average over a minute, before anything was measured.
    load_average: String,
    vestibule: &'static str,
    rustc: &'static str,
    optimised: bool,
    libraries: Vec<Library>,
}

#[derive(Serialize)]
struct Library {
    name: &'static str,
    version: &'static str,
}

impl Machine {
    /// What this machine tells about itself.
    pub(crate) fn here(plan: &Plan) -> Self {
        let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
        let memory = field("/proc/meminfo", "MemTotal");
        let memory_kib = memory.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        Self {
            cpu,
            cores: available_parallelism().map_or(0, usize::from),
            memory_mib: memory_kib.unwrap_or(0) / 1_024,
            kernel: first_word("/proc/sys/kernel/osrelease"),
            file_system: file_system(&plan.directory).unwrap_or_else(|| "unknown".to_owned()),
            server_core: plan.server_cpu,
            load_core: plan.load_cpu,
            load_average: first_word("/proc/loadavg"),
            vestibule: env!("CARGO_PKG_VERSION"),
            rustc: env!("BENCH_RUSTC"),
            optimised: !cfg!(debug_assertions),
            libraries: LIBRARIES.map(|name| Library { name, version: locked(LOCK_FILE, name) }).into(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu, cores, memory_mib, kernel, file_system, server_core, load_core, load_average, ..
        } = self;
        writeln!(
            out,
            "machine     {cpu}, {cores} cores, {memory_mib} MiB; Linux {kernel}; data on {file_system}"
        )?;
        writeln!(
            out,
            "            measured on core {server_core}, loaded from core {load_core}; load average before: {load_average}"
        )?;
        let profile = if self.optimised { "release" } else { "NOT OPTIMISED" };
        write!(out, "versions    vestibule {} ({profile}), rustc {}", self.vestibule, self.rustc)?;
        for (index, Library { name, version }) in self.libraries.iter().enumerate() {
            let separator = if index == 2 { ",\n            " } else { ", " };
            write!(out, "{separator}{name} {version}")?;
        }
        writeln!(out)
    }
}

/// What follows `name:` in a file of such lines, the first time.
pub(crate) fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned())
}

fn first_word(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The type of the file system that a folder is in: that of the longest mount point above it.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        folder.starts_with(point).then_some((point.len(), kind))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}

/// The version that the lock file has of a library.
fn locked(lock_file: &'static str, name: &str) -> &'static str {
    let mut lines = lock_file.lines();
    let package = format!("name = \"{name}\"");
    lines.find(|line| **line == package);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_has_a_version_in_the_lock_file() {
        for name in LIBRARIES {
            assert_ne!(locked(LOCK_FILE, name), "unknown", "{name}");
        }
        assert_eq!(locked(LOCK_FILE, "no-such-library"), "unknown");
    }

    #[test]
    fn the_root_has_a_file_system() {
        assert!(file_system(Path::new("/")).is_some());
    }
}
