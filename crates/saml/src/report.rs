//! What came, what was checked in which order, and what would be refused: the same for a login and for a test of a connection.

use std::fmt;

use vestibule_model::Millis;

use crate::claims::Claims;
use crate::refusal::Refusal;
use crate::signature::Signature;
use crate::xml::told;

/// The most that a step tells of what was found, in characters.
const LONGEST_FOUND: usize = 300;

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The document can be read, and in one way only.
    Document,
    /// It is a response with one assertion, or an assertion.
    Assertion,
    /// An encrypted assertion is decrypted.
    Decryption,
    /// The signatures are right, and cover the assertion.
    Signatures,
    /// The identity provider says that the login succeeded.
    Status,
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
            Self::Assertion => "assertion",
            Self::Decryption => "decryption",
            Self::Signatures => "signatures",
            Self::Status => "status",
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

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub check: Check,
    /// What was found, in words.
    pub found: String,
    /// Why it refuses the login; None: it does not.
    pub refusal: Option<Refusal>,
}

/// What somebody is logged in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// What the assertion says.
    pub claims: Claims,
    /// Until when its id has to be remembered, so that it is taken once. After that it is refused for its time.
    pub single_use_until: Millis,
}

/// Everything about a document that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its signatures, in the order of the document; those of an encrypted assertion after the others.
    pub signatures: Vec<Signature>,
    /// What the assertion says, as far as something signed covers it.
    pub claims: Option<Claims>,
    /// What was checked, in this order. After a check without which nothing can be known there are no more.
    pub steps: Vec<Step>,
    /// Until when the assertion counts, by its own words and the clock skew.
    pub(crate) counts_until: Option<Millis>,
}

impl Report {
    /// Whoever is logged in, or why they are not: the first of the refusals.
    pub fn outcome(self) -> Result<Login, Refusal> {
        if let Some(refusal) = self.steps.into_iter().find_map(|step| step.refusal) {
            return Err(refusal);
        }
        match (self.claims, self.counts_until) {
            (Some(claims), Some(single_use_until)) => Ok(Login { claims, single_use_until }),
            _ => Err(Refusal::NotSigned),
        }
    }

    /// Every refusal, in the order of the checks.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.steps.iter().filter_map(|step| step.refusal.as_ref())
    }

    pub(crate) fn note(&mut self, check: Check, found: impl Into<String>, refusal: Option<Refusal>) {
        self.steps.push(Step { check, found: told(&found.into(), LONGEST_FOUND), refusal });
    }
}
