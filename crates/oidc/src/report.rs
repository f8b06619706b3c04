//! What came, what was checked in which order, and what would be refused: the same for a login and for a test of a connection.

use std::fmt;

use vestibule_model::Millis;

use crate::id_token::Claims;
use crate::refusal::Refusal;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// What the token says.
    pub claims: Claims,
    /// What of the token is used once: the SHA-256 of what is signed. Not of the whole: a signature by an elliptic curve can be
    /// written in two ways.
    pub signed: [u8; 32],
    /// Until when that has to be remembered. After that the token is refused for its time.
    pub single_use_until: Millis,
}

/// Everything about a token that came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What it says, if its signature is right.
    pub claims: Option<Claims>,
    /// What was checked, in this order. After a check without which nothing can be known there are no more.
    pub steps: Vec<Step>,
    pub(crate) signed: Option<[u8; 32]>,
    pub(crate) counts_until: Option<Millis>,
}

impl Report {
    /// Whoever is logged in, or why they are not: the first of the refusals.
    pub fn outcome(self) -> Result<Login, Refusal> {
        if let Some(refusal) = self.steps.into_iter().find_map(|step| step.refusal) {
            return Err(refusal);
        }
        match (self.claims, self.signed, self.counts_until) {
            (Some(claims), Some(signed), Some(single_use_until)) => {
                Ok(Login { claims, signed, single_use_until })
            }
            _ => Err(Refusal::Signature),
        }
    }

    /// Every refusal, in the order of the checks.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.steps.iter().filter_map(|step| step.refusal.as_ref())
    }

    pub(crate) fn note(&mut self, check: Check, found: impl Into<String>, refusal: Option<Refusal>) {
        self.steps.push(Step { check, found: found.into(), refusal });
    }
}
