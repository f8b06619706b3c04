//! What is checked of an ID token, in which order.

use std::fmt;

use crate::id_token::Claims;
use crate::refusal::Refusal;

/// Everything about a token that came.
pub type Report = vestibule_model::Report<Check, Refusal, Claims>;

/// What somebody is logged in by.
pub type Login = vestibule_model::Login<Claims>;

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// It has the form of an ID token.
    Form,
    /// Its algorithm is one of the connection's.
    Algorithm,
    /// A key of the provider made its signature.
    Signature,
    /// The provider is that of the connection.
    Issuer,
    /// It is meant for the connection's client.
    Audience,
    /// It is valid at this time.
    Time,
    /// It belongs to the attempt that this browser made.
    Nonce,
    /// It names somebody.
    Subject,
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "form",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::Nonce => "nonce",
            Self::Subject => "subject",
        })
    }
}
