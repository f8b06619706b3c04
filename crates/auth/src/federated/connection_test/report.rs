//! What a test of a connection tells: the report of a login in words, with the user whom it would log in.

use std::fmt;

use vestibule_model::{Claim, Reason, Report, Signature, Statement, UserId, told};

use crate::directory::{UsableConnection, UserEntry};
use crate::federated::admission::KeptOut;
use crate::federated::link::Unlinked;
use crate::federated::provisioning::Newcomer;

/// The most that is told of a name that somebody else's machine sent, in characters.
const LONGEST_NAME: usize = 300;

/// Everything about a message that came.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// Whether it would be taken.
    pub taken: bool,
    /// The login name of the user whom it would log in.
    pub user: Option<String>,
    /// That user, if there is one already.
    pub found: Option<UserId>,
    /// Every check, in order.
    pub steps: Vec<TestStep>,
    /// Its signatures.
    pub signatures: Vec<Signature>,
    /// What it says, as far as something signed covers it.
    pub claims: Vec<Claim>,
}

/// A check.
#[derive(Clone, Debug)]
pub struct TestStep {
    /// Which.
    pub check: String,
    /// What was found, in words.
    pub found: String,
    /// Why it refuses the login; None: it does not.
    pub refusal: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl TestReport {
    /// That of a message.
    pub(crate) fn of<C: fmt::Display, R: Reason, S: Statement>(report: Report<C, R, S>) -> Self {
        let step = |step: &vestibule_model::Step<C, R>| TestStep {
            check: step.check.to_string(),
            found: step.found.clone(),
            refusal: step.refusal.as_ref().map(ToString::to_string),
            fix: step.refusal.as_ref().map(|refusal| refusal.fix().to_owned()),
        };
        Self {
            steps: report.steps.iter().map(step).collect(),
            signatures: report.signatures.clone(),
            claims: report.claims.as_ref().map(Statement::told).unwrap_or_default(),
            taken: report.outcome().is_ok(),
            user: None,
            found: None,
        }
    }

    /// That of a login that came to nothing before there was a message.
    pub(crate) fn stopped(check: &str, refusal: String, fix: &str) -> Self {
        Self { steps: vec![TestStep::refused(check, refusal, fix)], ..Self::default() }
    }

    /// With a check that came before the others, and was good.
    pub(crate) fn behind(mut self, check: &str, found: &str) -> Self {
        self.steps.insert(0, TestStep::good(check, found));
        self
    }

    /// With the user of the account whom it names.
    pub(crate) fn with_user(self, user: &UserEntry) -> Self {
        let told = self.and(TestStep::good(Unlinked::CHECK, &user.login_name));
        Self { user: Some(user.login_name.clone()), found: Some(user.id), ..told }
    }

    /// With somebody who would be made a user, or why not.
    pub(crate) fn with_newcomer(self, newcomer: &Newcomer, made: Result<(), KeptOut>) -> Self {
        let name = told(&newcomer.login_name, LONGEST_NAME);
        match made {
            Ok(()) => {
                let found = format!("{name} would be made, with the profiles {:?}", newcomer.profiles);
                let told = self.and(TestStep::good(Unlinked::CHECK, &found));
                Self { user: Some(name), ..told }
            }
            Err(kept) => self.and(TestStep { found: name, ..TestStep::kept_out(kept) }),
        }
    }

    /// With why it names nobody.
    pub(crate) fn without_user(self, unlinked: &Unlinked) -> Self {
        let name = match unlinked {
            Unlinked::Claim(what) => return self.and(TestStep::refused(Unlinked::CHECK, what.clone(), SEND)),
            Unlinked::NoUser(name) => name,
            Unlinked::Newcomer(newcomer) => &newcomer.login_name,
        };
        let why = "no user of the account is found by this in the way the connection links";
        let found = told(name, LONGEST_NAME);
        self.and(TestStep { found, ..TestStep::refused(Unlinked::CHECK, why.to_owned(), MAKE) })
    }

    /// With whether the connection is in use.
    pub(crate) fn for_connection(self, usable: &UsableConnection) -> Self {
        if usable.connection.enabled {
            return self;
        }
        self.and(TestStep::good("connection", "it is disabled: nobody logs in by it before it is enabled"))
    }

    /// With one more check at the end.
    pub(crate) fn and(mut self, step: TestStep) -> Self {
        self.taken &= step.refusal.is_none();
        self.steps.push(step);
        self
    }

    /// The first check that refuses; None: none does.
    pub fn refusing(&self) -> Option<&TestStep> {
        self.steps.iter().find(|step| step.refusal.is_some())
    }
}

impl TestStep {
    fn good(check: &str, found: &str) -> Self {
        Self { check: check.to_owned(), found: found.to_owned(), refusal: None, fix: None }
    }

    pub(crate) fn refused(check: &str, refusal: String, fix: &str) -> Self {
        Self { refusal: Some(refusal), fix: Some(fix.to_owned()), ..Self::good(check, "") }
    }

    /// That a login would not open a session, or make a user.
    pub(crate) fn kept_out(kept: KeptOut) -> Self {
        let (check, why, fix) = kept.told();
        Self::refused(check, why, fix)
    }
}

const SEND: &str = "let the identity provider send it";

const MAKE: &str = "make the user, give them the identity, or have the connection make users (provisioning): a login makes nobody now. Or let the identity provider send what the \
    connection links by";
