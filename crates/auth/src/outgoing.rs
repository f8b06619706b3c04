//! What the engine asks of identity providers: an interface, which the program gives.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use vestibule_model::AccountId;
use zeroize::Zeroizing;

/// What an [`Outgoing`] answers.
pub type OutgoingFuture = Pin<Box<dyn Future<Output = Result<OutgoingAnswer, OutgoingError>> + Send>>;

/// Sends requests to other machines. Whoever implements it bounds what an answer costs in time and memory, follows no redirect,
/// and reaches no address that the operator has not allowed.
pub trait Outgoing: Send + Sync + 'static {
    /// Sends one.
    fn send(&self, request: OutgoingRequest) -> OutgoingFuture;
}

/// A request: `GET`, or `POST` of a form.
pub struct OutgoingRequest {
    /// Whose connection it is for: no account takes the turns of another.
    pub account: AccountId,
    /// Where to, with scheme.
    pub url: String,
    /// The value of the header `Authorization`. A secret.
    pub authorization: Option<Zeroizing<String>>,
    /// The form, encoded as such; None: `GET`. A secret.
    pub form: Option<Zeroizing<String>>,
}

impl OutgoingRequest {
    /// `GET` of an address, for a connection of this account.
    pub fn get(account: AccountId, url: impl Into<String>) -> Self {
        Self { account, url: url.into(), authorization: None, form: None }
    }
}

impl fmt::Debug for OutgoingRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OutgoingRequest").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An answer, read whole.
#[derive(Clone)]
pub struct OutgoingAnswer {
    /// The status.
    pub status: u16,
    /// The body. May be a secret.
    pub body: Zeroizing<String>,
}

impl fmt::Debug for OutgoingAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OutgoingAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// No answer came, or none that is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// The address is none, or one that is not reached.
    #[error("{0} is not reached: {1}")]
    NotAllowed(String, &'static str),
    /// Nobody answered in time, or not over TLS as is expected. Says in which way.
    #[error("{0} does not answer: {1}")]
    NoAnswer(String, String),
    /// The answer is longer than is read, no text, or a redirect.
    #[error("the answer of {0} is not read: {1}")]
    Unreadable(String, &'static str),
    /// As many requests as may be wait to be sent before it, or it had no turn in time.
    #[error("{0} is not asked: too many requests of the account wait for an answer")]
    Busy(String),
    /// This service sends no requests.
    #[error("this service sends no requests to other machines")]
    Off,
}

impl OutgoingError {
    /// What to do about it, for whoever runs the service.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NotAllowed(..) => {
                "look whether the address is right; a private network is asked if [outgoing] allowed_networks has it"
            }
            Self::NoAnswer(..) => {
                "look whether this machine reaches the address, and trusts the certificate there"
            }
            Self::Unreadable(..) => "look whether the address is right",
            Self::Busy(_) => "look which identity provider of the account answers slowly; then try again",
            Self::Off => "this service is set up to ask nobody: use what needs no requests",
        }
    }
}

/// Sends nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutgoing;

impl Outgoing for NoOutgoing {
    fn send(&self, _request: OutgoingRequest) -> OutgoingFuture {
        Box::pin(std::future::ready(Err(OutgoingError::Off)))
    }
}

/// The interface as it is shared.
#[derive(Clone)]
pub struct SharedOutgoing(pub std::sync::Arc<dyn Outgoing>);

impl Default for SharedOutgoing {
    fn default() -> Self {
        Self(std::sync::Arc::new(NoOutgoing))
    }
}

impl fmt::Debug for SharedOutgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedOutgoing(…)")
    }
}
