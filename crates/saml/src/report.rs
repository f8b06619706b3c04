//! What is checked of a response or an assertion, in which order.

use std::fmt;

use crate::claims::Claims;
use crate::refusal::Refusal;

/// Everything about a document that came.
pub type Report = vestibule_model::Report<Check, Refusal, Claims>;

/// What somebody is logged in by.
pub type Login = vestibule_model::Login<Claims>;

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The document can be read, all of it, and in one way only.
    Document,
    /// The identity provider says that the login succeeded: where it does not, there is no assertion to look for.
    Status,
    /// It is a response with one assertion, or an assertion.
    Assertion,
    /// An encrypted assertion is decrypted.
    Decryption,
    /// The signatures are right, and cover the assertion.
    Signatures,
    /// The identity provider is that of the connection.
    Issuer,
    /// The document is meant for this address.
    Address,
    /// The assertion is valid at this time.
    Time,
    /// The assertion is meant for this service.
    Audience,
    /// Every condition is understood.
    Conditions,
    /// It answers the request that was made, or may answer none.
    Request,
    /// It names somebody.
    Subject,
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Document => "document",
            Self::Status => "status",
            Self::Assertion => "assertion",
            Self::Decryption => "decryption",
            Self::Signatures => "signatures",
            Self::Issuer => "issuer",
            Self::Address => "address",
            Self::Time => "time",
            Self::Audience => "audience",
            Self::Conditions => "conditions",
            Self::Request => "request",
            Self::Subject => "subject",
        })
    }
}
