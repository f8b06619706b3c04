//! What a service manager such as systemd is told: that the service answers, that it still does, and that it stops
//! (`sd_notify(3)`). Without one nothing is sent.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use crate::listeners::Listeners;

/// How often the watchdog is told that the service answers, within the time after which it would end the service.
const TIMES_WITHIN_LIMIT: u32 = 3;

/// The listeners answer.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The service stops, because it was told to or has failed.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells the watchdog now and then that the service answers, if it does; never ends. A watchdog that is told nothing for
/// the time that it was set to (`WatchdogSec`) ends the service, and has it started again.
pub(crate) async fn feed_watchdog(listeners: &Listeners) -> Infallible {
    let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
        return pending().await;
    };
    let is_responsive = async |patience| listeners.are_responsive(patience).await;
    feed(limit / TIMES_WITHIN_LIMIT, is_responsive, || tell(&[NotifyState::Watchdog])).await
}

/// Asks again and again whether the service comes to answer within that time, and tells it if so.
async fn feed(every: Duration, is_responsive: impl AsyncFn(Duration) -> bool, tell: impl Fn()) -> Infallible {
    let mut times = interval(every.max(Duration::from_millis(1)));
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        if is_responsive(every).await {
            tell();
        } else {
            tracing::error!(
                "a thread that answers requests is stuck: the watchdog is not told that the service answers"
            );
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told how the service is");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::select;
    use tokio::sync::Notify;

    use super::*;

    /// How often it is told of a service that is as said, which is asked for three times.
    async fn told_of(is_responsive: bool) -> u32 {
        let (asked, told, enough) = (Cell::new(0), Cell::new(0), Notify::new());
        let answers = async |_patience| {
            asked.set(asked.get() + 1);
            if asked.get() == 3 {
                enough.notify_one();
                return pending().await;
            }
            is_responsive
        };
        select! {
            never = feed(Duration::from_millis(1), answers, || told.set(told.get() + 1)) => match never {},
            () = enough.notified() => told.get(),
        }
    }

    #[tokio::test]
    async fn a_service_that_answers_feeds_the_watchdog() {
        assert_eq!(told_of(true).await, 2);
    }

    #[tokio::test]
    async fn a_service_that_is_stuck_does_not() {
        assert_eq!(told_of(false).await, 0);
    }
}
