//! A stream of events as a gateway or an administrator has it: with leases, and as long as whoever asked for it may have it.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};
use vestibule_model::{AccountId, ApplicationId, Monotonic, SecretVersion, TrafficOutcome};

use super::channel::{End, Handed, Reader};
use super::{EventWriter, FeedFull, FeedScope, GatewayEvent};
use crate::administration::Caller;
use crate::attempt::Failed;
use crate::log_in::LogIn;
use crate::sentinel::{OauthCredentials, TokenError};
use crate::service::Auth;
use crate::traffic::Route;

/// How long an answer that a gateway keeps counts, from the moment that a lease is of.
const LEASE: Duration = Duration::from_secs(5);

/// How often a lease is given.
const LEASE_EVERY: Duration = Duration::from_secs(1);

/// How long a stream lives. Leases count from its beginning by this machine's clock and by the gateway's, which may not go alike: by a
/// ten-thousandth, the difference is 90 ms until then.
const LONGEST: Duration = Duration::from_mins(15);

/// Why no stream was opened.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The client is not who it says, or is no resource server.
    #[error(transparent)]
    Client(#[from] TokenError),
    /// As many are open as may be.
    #[error(transparent)]
    Full(#[from] FeedFull),
    /// Not every session is known yet.
    #[error("the table of live sessions is not complete")]
    Starting,
}

impl Failed for EventsError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::Client(error) if error.is_bad_credentials())
    }
}

/// The client takes nothing: the stream breaks off.
#[derive(Debug, thiserror::Error)]
#[error("a stream of events was cut, because its client takes nothing")]
pub struct StreamCut;

/// What is told on a stream.
#[derive(Debug)]
pub enum Told {
    /// Events, each with its number.
    Events(Vec<(u64, GatewayEvent)>),
    /// Everything that was published until now has been told.
    Lease {
        /// How long the stream has been open.
        elapsed: Duration,
        /// How long from now on an answer counts that is kept.
        valid: Duration,
    },
}

/// Who has a stream.
enum Subscriber {
    /// A resource server, with the version of the secrets that it has proved, from where it is.
    Client((AccountId, ApplicationId, SecretVersion), Option<IpAddr>),
    Administrator(Box<Caller>),
}

/// Whether an administrator may still have the stream.
type Question = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A stream of events.
pub struct EventStream {
    auth: Arc<Auth>,
    reader: Reader,
    subscriber: Subscriber,
    opened: Monotonic,
    leases: Interval,
    /// A lease is due.
    is_due: bool,
    question: Option<Question>,
    is_over: bool,
}

impl Auth {
    /// The events of a resource server's account, behind the event of this id if that is known.
    ///
    /// # Errors
    ///
    /// As of [`Auth::introspect`], or too many are open.
    pub async fn events_of_client(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        behind: Option<String>,
    ) -> Result<(EventStream, EventWriter), EventsError> {
        let client = self.admit_client(at, Route::EVENTS, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move {
            client.expect_resource_server(&auth)?;
            auth.count_own(Route::EVENTS, client.caller(), TrafficOutcome::Allowed, at.address, at.now);
            let scope = FeedScope::Account(client.identity().0);
            auth.open_stream(scope, Subscriber::Client(client.identity(), at.address), behind.as_deref())
        };
        self.settle(at, whole).await
    }

    /// Opens a stream for somebody who may have it.
    pub(crate) fn events_of_administrator(
        self: &Arc<Self>,
        scope: FeedScope,
        caller: &Caller,
        behind: Option<&str>,
    ) -> Result<(EventStream, EventWriter), EventsError> {
        self.open_stream(scope, Subscriber::Administrator(Box::new(caller.clone())), behind)
    }

    fn open_stream(
        self: &Arc<Self>,
        scope: FeedScope,
        subscriber: Subscriber,
        behind: Option<&str>,
    ) -> Result<(EventStream, EventWriter), EventsError> {
        // As at a check, it is not known yet of every session whether it lives.
        if !self.is_loaded() {
            return Err(EventsError::Starting);
        }
        let mut leases = interval(LEASE_EVERY);
        leases.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let opened = self.clock.monotonic();
        let (reader, writer) = self.feed.read(scope, behind)?;
        let auth = Arc::clone(self);
        let (is_due, question, is_over) = (false, None, false);
        Ok((EventStream { auth, reader, subscriber, opened, leases, is_due, question, is_over }, writer))
    }
}

impl EventStream {
    /// What is to be told next; None: the stream is over.
    pub fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Told, StreamCut>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let told = self.poll_open(context);
        self.is_over = matches!(told, Poll::Ready(None | Some(Err(_))));
        told
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Told, StreamCut>>> {
        if self.leases.poll_tick(context).is_ready() {
            self.is_due = true;
            // The next one is waited for as well.
            let _ = self.leases.poll_tick(context);
        }
        if !self.may_go_on(context) {
            return Poll::Ready(None);
        }
        match self.reader.poll_next(context) {
            Poll::Ready(Handed::Events(events)) => Poll::Ready(Some(Ok(Told::Events(events)))),
            Poll::Ready(Handed::End(End::Orderly)) => Poll::Ready(None),
            Poll::Ready(Handed::End(End::TooSlow)) => Poll::Ready(Some(Err(StreamCut))),
            Poll::Pending if self.is_due => {
                self.is_due = false;
                self.reader.note_lease();
                let elapsed = self.elapsed();
                Poll::Ready(Some(Ok(Told::Lease { elapsed, valid: LEASE })))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Whether the stream goes on: whoever has it is asked about before anything is told, administrators with each lease.
    fn may_go_on(&mut self, context: &mut Context<'_>) -> bool {
        if self.elapsed() >= LONGEST {
            return false;
        }
        match &self.subscriber {
            Subscriber::Client(client, address) => self.auth.is_still_resource_server(*client, *address),
            Subscriber::Administrator(caller) => {
                if self.is_due && self.question.is_none() {
                    let (auth, caller) = (Arc::clone(&self.auth), caller.clone());
                    let ask = async move { auth.administration().may_still_see_events(&caller).await };
                    self.question = Some(Box::pin(ask));
                }
                let answer = self.question.as_mut().map(|question| question.as_mut().poll(context));
                match answer {
                    Some(Poll::Ready(may)) => {
                        self.question = None;
                        may
                    }
                    Some(Poll::Pending) | None => true,
                }
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.auth.clock.monotonic().since(self.opened)
    }

    /// The id of an event, by which somebody goes on behind it.
    pub fn id(&self, number: u64) -> String {
        self.reader.id(number)
    }
}
