//! SIGTERM and SIGINT: the first asks the program to finish, the second ends it at once.

use std::thread;

use anyhow::Context;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::exit_code::Ended;
use crate::logging;

/// Listens from now on. The receiver answers at the first signal. A thread of its own sees to the second one, whatever
/// the rest of the program is waiting for.
pub(crate) fn listen() -> anyhow::Result<oneshot::Receiver<()>> {
    let (stop, stopped) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.context("cannot listen for signals")?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        let listen = |kind| signal(kind).context("cannot listen for signals");
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?)
    };
    let watch = move || {
        runtime.block_on(async {
            let mut next = async || {
                tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                }
            };
            // Awaited outside the macros, which do nothing at all when their level is off.
            let first = next().await;
            tracing::info!(signal = first, "stopping; a second signal ends at once");
            let _ = stop.send(());
            let second = next().await;
            tracing::warn!(signal = second, "ended at once");
            logging::finish();
            std::process::exit(Ended::Interrupted as i32)
        })
    };
    thread::Builder::new().name("signals".into()).spawn(watch).context("cannot listen for signals")?;
    Ok(stopped)
}
