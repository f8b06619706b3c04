//! What an identity provider sent, what was checked of it in which order, and what would be refused: one shape for every protocol, and the same
//! for a login and for a test of a connection.

use std::fmt;

use crate::{Millis, told};

/// The most that a step tells of what was found, in characters.
const LONGEST_FOUND: usize = 300;

/// Why a login is refused: in words as it is displayed, and what to do about it.
pub trait Reason: fmt::Display {
    /// Of what says nothing that counts, and was refused by no check.
    const NOTHING_PROVED: Self;

    /// What to do about it, for whoever runs the connection.
    fn fix(&self) -> &'static str;
}

/// What a message says about whoever logs in.
pub trait Statement {
    /// Every claim of it, for people.
    fn told(&self) -> Vec<Claim>;
}

/// A claim of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// What it says, as it came; a time of SAML in milliseconds since 1970.
    pub values: Vec<String>,
    /// The point in time that it says; None: it says none.
    pub time: Option<Millis>,
}

impl Claim {
    /// One that says no time.
    pub fn new(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), values, time: None }
    }
}

/// When a message says that it was made, beside when it came: what that tells of the clock of whoever made it. A message is
/// made before it comes, and nobody knows by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// By the clock there: the `IssueInstant` of SAML, the claim `iat`.
    pub at: Millis,
    /// When it came, by the clock here.
    pub now: Millis,
    /// The clock skew that is allowed, in seconds.
    pub skew_s: u64,
}

impl Issued {
    /// What follows of a message that came too early, behind other words: the clock there is ahead, if the message says that it
    /// is yet to be made.
    pub fn too_early(self) -> String {
        let ahead = self.at.since(self.now).as_secs();
        if ahead <= self.skew_s {
            return String::new();
        }
        format!(
            "; it was issued {ahead} s from now, so that the identity provider's clock is at least {ahead} s ahead"
        )
    }

    /// What is told of one that came too late, behind other words: the clock there is behind by that much at most, or it was kept.
    pub fn too_late(self) -> String {
        if self.at > self.now {
            return self.too_early();
        }
        let ago = self.now.since(self.at).as_secs();
        format!("; by the identity provider's clock it was issued {ago} s ago")
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<C, R> {
    /// Which.
    pub check: C,
    /// What was found, in words.
    pub found: String,
    /// Why it refuses the login; None: it does not.
    pub refusal: Option<R>,
}

/// A signature of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What it stands in, and is meant to cover.
    pub element: String,
    /// The algorithm, as it is written.
    pub algorithm: String,
    /// By what it was verified: the SHA-256 of a certificate, or the id of a key. None: it was not verified.
    pub verified_by: Option<String>,
    /// What is wrong with it.
    pub flaw: Option<String>,
}

/// What somebody is logged in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login<S> {
    /// What the message says.
    pub claims: S,
    /// Until when it has to be remembered that it was taken, so that it is taken once. After that it is refused for its time.
    pub single_use_until: Millis,
}

/// Everything about a message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<C, R, S> {
    /// Its signatures, in the order of the document; those of an encrypted part after the others.
    pub signatures: Vec<Signature>,
    /// What it says, as far as something signed covers it.
    pub claims: Option<S>,
    /// What was checked, in this order. After a check without which nothing can be known there are no more.
    pub steps: Vec<Step<C, R>>,
    /// Until when it counts, by its own words and the clock skew.
    pub counts_until: Option<Millis>,
}

impl<C, R, S> Default for Report<C, R, S> {
    fn default() -> Self {
        Self { signatures: Vec::new(), claims: None, steps: Vec::new(), counts_until: None }
    }
}

impl<C, R: Reason, S> Report<C, R, S> {
    /// Whoever is logged in, or why they are not: the first of the refusals.
    ///
    /// # Errors
    ///
    /// That refusal.
    pub fn outcome(self) -> Result<Login<S>, R> {
        if let Some(refusal) = self.steps.into_iter().find_map(|step| step.refusal) {
            return Err(refusal);
        }
        match (self.claims, self.counts_until) {
            (Some(claims), Some(single_use_until)) => Ok(Login { claims, single_use_until }),
            _ => Err(R::NOTHING_PROVED),
        }
    }

    /// Every refusal, in the order of the checks.
    pub fn refusals(&self) -> impl Iterator<Item = &R> {
        self.steps.iter().filter_map(|step| step.refusal.as_ref())
    }

    /// The check that refuses it first.
    pub fn refused_by(&self) -> Option<&C> {
        self.steps.iter().find(|step| step.refusal.is_some()).map(|step| &step.check)
    }

    /// Notes a check.
    pub fn note(&mut self, check: C, found: impl Into<String>, refusal: Option<R>) {
        self.steps.push(Step { check, found: told(&found.into(), LONGEST_FOUND), refusal });
    }
}
