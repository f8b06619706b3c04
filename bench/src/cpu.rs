//! Cores and processor time, as the operating system has them.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// The cores that this process may use.
pub(crate) fn usable() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("cannot ask for the cores")?;
    Ok((0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect())
}

/// Keeps this thread, and the threads and processes that it starts from now on, on one core.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    anyhow::ensure!(core < CpuSet::MAX_CPU, "there is no core {core}");
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("cannot run on core {core}"))
}

/// Gives way to everything else, as the hash threads of the service do.
pub(crate) fn yield_to_others() -> Result<()> {
    // Of the calling thread: Linux keeps priorities by thread.
    rustix::process::setpriority_process(None, 19).context("cannot lower the priority")?;
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
        .map_err(|error| anyhow::anyhow!("cannot be scheduled as an idle thread: {error:?}"))
}

/// The processor time, user's and system's, that a process has used. Linux tells it in hundredths of a second.
pub(crate) fn time_of(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("cannot read processor time")?;
    let ticks = ticks(&stat).with_context(|| format!("cannot read processor time from `{stat}`"))?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_millis(ticks * 1_000 / per_second))
}

/// The only child of a process.
pub(crate) fn child_of(process: u32) -> Result<u32> {
    let of_process = |path: &std::path::Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        (parent(&stat)? == process).then(|| path.file_name()?.to_str()?.parse::<u32>().ok())?
    };
    let children: Vec<u32> = fs::read_dir("/proc")
        .context("cannot list the processes")?
        .filter_map(|entry| of_process(&entry.ok()?.path()))
        .collect();
    match children[..] {
        [child] => Ok(child),
        _ => anyhow::bail!("process {process} has {} children instead of one", children.len()),
    }
}

/// `ppid` (proc(5)).
fn parent(stat: &str) -> Option<u32> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}

/// `utime` and `stime` (proc(5)). The name of the program, in brackets, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut times = behind_name.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_a_name_with_brackets_and_spaces() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194304 97 0 0 0 250 75 0 0 20 0 1 0 100 0 0";
        assert_eq!(ticks(stat), Some(325));
    }

    #[test]
    fn the_parent_is_found_behind_the_name() {
        assert_eq!(parent("42 (a) b) S 7 42 42 0"), Some(7));
    }

    #[test]
    fn this_process_has_used_some_time() {
        assert!(time_of(std::process::id()).is_ok());
    }
}
