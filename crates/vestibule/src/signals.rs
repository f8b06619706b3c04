//! SIGTERM and SIGINT: the first asks the program to finish, the second ends it at once. SIGHUP: a service reads its
//! certificates and its master keys again.

use std::future::pending;
use std::sync::Arc;
use std::thread;

use anyhow::Context;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, oneshot};

use crate::exit_code::Ended;
use crate::logging;

/// What signals ask of a service.
#[derive(Debug)]
pub(crate) struct Signals {
    /// Answers at the first SIGTERM or SIGINT.
    pub(crate) stop: oneshot::Receiver<()>,
    /// Notified at every SIGHUP: certificates.
    pub(crate) reload: Arc<Notify>,
    /// The same: master keys.
    pub(crate) reload_keys: Arc<Notify>,
}

/// Listens from now on, for a service.
pub(crate) fn listen_for_service() -> anyhow::Result<Signals> {
    let (reload, reload_keys) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let stop = start(Some([Arc::clone(&reload), Arc::clone(&reload_keys)]))?;
    Ok(Signals { stop, reload, reload_keys })
}

/// Listens from now on, for a command that ends by itself: SIGHUP ends it as it ends any program. The receiver answers at
/// the first SIGTERM or SIGINT.
pub(crate) fn listen() -> anyhow::Result<oneshot::Receiver<()>> {
    start(None)
}

/// A thread of its own sees to the second signal, whatever the rest of the program is waiting for.
fn start(reload: Option<[Arc<Notify>; 2]>) -> anyhow::Result<oneshot::Receiver<()>> {
    let (ask_to_stop, stop) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.context("cannot listen for signals")?;
    let mut received = {
        let _inside = runtime.enter();
        Received::listen(reload).context("cannot listen for signals")?
    };
    let watch = move || {
        runtime.block_on(async {
            // Awaited outside the macros, which do nothing at all when their level is off.
            let first = received.next_end().await;
            tracing::info!(signal = first, "stopping; a second signal ends at once");
            let _ = ask_to_stop.send(());
            let second = received.next_end().await;
            tracing::warn!(signal = second, "ended at once");
            logging::finish();
            std::process::exit(Ended::Interrupted as i32)
        })
    };
    thread::Builder::new().name("signals".into()).spawn(watch).context("cannot listen for signals")?;
    Ok(stop)
}

/// The signals that are listened for.
struct Received {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<(Signal, [Arc<Notify>; 2])>,
}

impl Received {
    fn listen(reload: Option<[Arc<Notify>; 2]>) -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let hangup = match reload {
            Some(reload) => Some((signal(SignalKind::hangup())?, reload)),
            None => None,
        };
        Ok(Self { terminate, interrupt, hangup })
    }

    /// Waits for a signal that ends the program, and sees to the others meanwhile.
    async fn next_end(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                reload = hung_up(&mut self.hangup) => {
                    tracing::info!(signal = "SIGHUP", "certificates and master keys are read again");
                    for reload in reload {
                        reload.notify_one();
                    }
                }
            }
        }
    }
}

/// Waits for a SIGHUP; for ever, if there is nothing to be done about it.
async fn hung_up(hangup: &mut Option<(Signal, [Arc<Notify>; 2])>) -> &[Arc<Notify>; 2] {
    match hangup {
        Some((signal, reload)) => match signal.recv().await {
            Some(()) => reload,
            None => pending().await,
        },
        None => pending().await,
    }
}
