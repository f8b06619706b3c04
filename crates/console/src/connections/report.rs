//! What a test of a connection tells, for a page. The words of refusals and of what to do are the engine's.

use vestibule_auth::{TestReport, TestStep};
use vestibule_model::{AccountId, Claim, Signature, visible};
use vestibule_serve::forms::Zone;

use crate::parts::Cell;
use crate::users::user_address;

/// A report.
pub(super) struct Report {
    /// What would have come of the login, in a sentence.
    pub(super) answer: String,
    pub(super) is_taken: bool,
    /// The page of the user whom it would log in.
    pub(super) user: Option<String>,
    pub(super) checks: Vec<Checked>,
    /// What the message says: a name, and values.
    pub(super) claims: Vec<(String, Vec<Cell>)>,
    pub(super) signatures: Vec<(String, Vec<Cell>)>,
}

/// A check.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) found: String,
    pub(super) refusal: Option<Refused>,
}

/// Why it refuses, and what to do.
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) fix: String,
}

impl Report {
    /// Every check that refuses.
    pub(super) fn refused(&self) -> impl Iterator<Item = (&Checked, &Refused)> {
        self.checks.iter().filter_map(|check| Some((check, check.refusal.as_ref()?)))
    }
}

pub(super) fn report(account: AccountId, report: &TestReport) -> Report {
    Report {
        answer: outcome(report),
        is_taken: report.taken,
        user: report.found.map(|user| user_address(account, user)),
        checks: report.steps.iter().map(checked).collect(),
        claims: report.claims.iter().map(claim).collect(),
        signatures: report.signatures.iter().map(signature).collect(),
    }
}

fn outcome(report: &TestReport) -> String {
    let user = report.user.as_deref().map(visible).unwrap_or_default();
    match (report.taken, report.found) {
        (false, _) => "This login would be refused.".to_owned(),
        (true, Some(_)) => format!("This login would sign in {user}."),
        (true, None) => format!("This login would make the user {user}, and sign them in."),
    }
}

fn checked(step: &TestStep) -> Checked {
    let refused = |why: &String| Refused {
        why: visible(why),
        fix: step.fix.as_deref().map(visible).unwrap_or_default(),
    };
    Checked {
        name: visible(&step.check),
        found: visible(&step.found),
        refusal: step.refusal.as_ref().map(refused),
    }
}

/// Its values as they came; a time in words too.
fn claim(claim: &Claim) -> (String, Vec<Cell>) {
    let time = claim.time.map(|at| Cell::time(at, &Zone::of("UTC")));
    let values = claim.values.iter().map(Cell::code);
    (visible(&claim.name), time.into_iter().chain(values).collect())
}

fn signature(signature: &Signature) -> (String, Vec<Cell>) {
    let mut told = vec![Cell::code(&signature.algorithm)];
    if let Some(by) = &signature.verified_by {
        told.extend([Cell::words("right by"), Cell::code(by)]);
    }
    told.extend(signature.flaw.as_deref().map(Cell::whole));
    (visible(&signature.element), told)
}
