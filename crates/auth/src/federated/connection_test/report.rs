//! What a test of a connection tells: the report of a login in words, with the user whom it would log in.

use std::fmt;
use std::sync::Arc;

use vestibule_model::{Claim, Reason, Report, Signature, Statement};

use crate::directory::UserEntry;
use crate::federated::link::Unlinked;

/// The most that is told of a name that somebody else's machine sent, in characters.
const LONGEST_NAME: usize = 300;

/// Everything about a message that came.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// Whether it would be taken.
    pub taken: bool,
    /// The login name of the user whom it would log in.
    pub user: Option<String>,
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
    /// That of a message, with whom its claims name; None: nothing that counts names anybody.
    pub(crate) fn of<C: fmt::Display, R: Reason, S: Statement>(
        report: Report<C, R, S>,
        named: Option<Result<Arc<UserEntry>, Unlinked>>,
    ) -> Self {
        let step = |step: &vestibule_model::Step<C, R>| TestStep {
            check: step.check.to_string(),
            found: step.found.clone(),
            refusal: step.refusal.as_ref().map(ToString::to_string),
            fix: step.refusal.as_ref().map(|refusal| refusal.fix().to_owned()),
        };
        let told = Self {
            steps: report.steps.iter().map(step).collect(),
            signatures: report.signatures.clone(),
            claims: report.claims.as_ref().map(Statement::told).unwrap_or_default(),
            taken: report.outcome().is_ok(),
            user: None,
        };
        match named {
            Some(named) => told.naming(named),
            None => told,
        }
    }

    /// The last check: which user of the account it names.
    fn naming(mut self, named: Result<Arc<UserEntry>, Unlinked>) -> Self {
        let (found, refusal, fix) = match &named {
            Ok(user) => (user.login_name.clone(), None, None),
            Err(Unlinked::Claim(what)) => (String::new(), Some((*what).to_owned()), Some(SEND)),
            Err(Unlinked::NoUser(name)) => {
                let why = "no user of the account is found by this in the way the connection links";
                (vestibule_model::told(name, LONGEST_NAME), Some(why.to_owned()), Some(MAKE))
            }
        };
        self.taken &= refusal.is_none();
        self.user = named.ok().map(|user| user.login_name.clone());
        self.steps.push(TestStep {
            check: "user".to_owned(),
            found,
            refusal,
            fix: fix.map(ToOwned::to_owned),
        });
        self
    }
}

const SEND: &str = "let the identity provider send it";

const MAKE: &str = "make the user or give them the identity: a login makes nobody. Or let the identity provider send what the \
    connection links by";
