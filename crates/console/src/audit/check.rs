//! `/console/audit/check`: whether the audit is what was written, as far as this node has looked.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use vestibule_auth::Scope;
use vestibule_model::told;
use vestibule_serve::forms::Zone;

use crate::audit_check::{AuditChecked, AuditVerified};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, Shape, counted_many, number, sentence};
use crate::refused::ConsoleError;
use crate::routes::{AUDIT, AUDIT_CHECK};
use crate::signed_in::{Looking, Posted};
use crate::{ConsoleState, answer};

/// After how many seconds the page is loaded anew while the audit is walked through.
const AGAIN: HeaderValue = HeaderValue::from_static("1");

/// The longest reason that is repeated of a database or a file system.
const LONGEST: usize = 400;

#[derive(Template)]
#[template(path = "audit_check.html")]
struct CheckPage {
    frame: Frame,
    facts: Vec<Fact>,
    /// How many entries were looked at, how many there are (1 at least), and both in words; None: nothing is under way.
    running: Option<(u64, u64, String)>,
    /// The newest entry with its tag.
    newest: Option<String>,
    /// Whether the caller may have it walked through.
    may_begin: bool,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    Looking(signed_in): Looking,
) -> Result<Response, ConsoleError> {
    signed_in.caller.require(Scope::ReadInstallation)?;
    let checked = console.audit_check.as_ref().map(|check| check.state());
    let running = match &checked {
        Some(AuditChecked::Running { done, of }) => Some((
            *done,
            (*of).max(1),
            format!("{} of {}", number(*done), counted_many(*of, "entry", "entries")),
        )),
        _ => None,
    };
    let newest = match &checked {
        Some(AuditChecked::Done { found, .. }) => found.newest.clone(),
        _ => None,
    };
    let may_begin = checked.is_some() && signed_in.caller.require(Scope::WriteInstallation).is_ok();
    let (is_running, facts) = (running.is_some(), facts(&console, checked));
    let page = CheckPage {
        frame: Frame::of(signed_in.viewer(), "Is the audit what was written?").below([("Audit", AUDIT)]),
        facts,
        running,
        newest,
        may_begin: may_begin && !is_running,
    };
    let mut answer = answer::page(StatusCode::OK, &page);
    if is_running {
        answer.headers_mut().insert(header::REFRESH, AGAIN);
    }
    Ok(answer)
}

/// `POST`: begins to walk through it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, ConsoleError> {
    signed_in.caller.require(Scope::WriteInstallation)?;
    if let Some(check) = &console.audit_check {
        Arc::clone(check).begin();
    }
    Ok(answer::see_other(AUDIT_CHECK))
}

fn facts(console: &ConsoleState, checked: Option<AuditChecked>) -> Vec<Fact> {
    let zone = &Zone::of("UTC");
    let witness = match console.auth.unwitnessed() {
        Some(why) => Cell::tag(Shape::Bad, told(&format!("could not be written: {why}"), LONGEST)),
        None => Cell::tag(Shape::Good, "written"),
    };
    let mut facts = match checked {
        None => vec![Fact::one("State", Cell::words("cannot be verified from here"))],
        Some(AuditChecked::Never) => {
            vec![Fact::one("State", Cell::tag(Shape::Quiet, "not verified since this node started"))]
        }
        Some(AuditChecked::Running { .. }) => {
            vec![Fact::one("State", Cell::tag(Shape::Quiet, "being verified"))]
        }
        Some(AuditChecked::Failed { at, why }) => vec![
            Fact::one("State", Cell::tag(Shape::Bad, "could not be verified")),
            Fact::one("Why", Cell::words(told(&why, LONGEST))),
            Fact::one("When", Cell::time(at, zone)),
        ],
        Some(AuditChecked::Done { at, found }) => {
            let mut facts = of_found(&found);
            facts.push(Fact::one("When", Cell::time(at, zone)));
            facts
        }
    };
    facts.push(Fact::one("Its witness", witness));
    facts
}

fn of_found(found: &AuditVerified) -> Vec<Fact> {
    let state = match (&found.wrong, found.unverifiable.is_empty()) {
        (Some(_), _) => Cell::tag(Shape::Bad, "not what was written"),
        (None, false) => Cell::tag(Shape::Warn, "sound as far as it can be verified"),
        (None, true) => Cell::tag(Shape::Good, "sound"),
    };
    let mut facts = vec![Fact::one("State", state), Fact::one("Entries", Cell::words(number(found.entries)))];
    if let Some(wrong) = &found.wrong {
        let more = match found.findings.saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {} more)", number(more)),
        };
        facts.push(Fact::one("What is wrong", Cell::words(sentence(&format!("{wrong}{more}")))));
    }
    let unverifiable = found.unverifiable.iter().map(|words| Cell::words(words.clone())).collect();
    if !found.unverifiable.is_empty() {
        facts.push(Fact::many("Not verified", unverifiable, "nothing"));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: &AuditVerified) -> Vec<String> {
        of_found(found).iter().flat_map(|fact| &fact.values).map(|cell| cell.text.clone()).collect()
    }

    #[test]
    fn what_is_wrong_is_told_and_how_much_more_there_is() {
        let wrong = Some("entry 7 is missing".to_owned());
        let found = AuditVerified { entries: 9, wrong, findings: 3, ..AuditVerified::default() };
        assert_eq!(texts(&found), ["not what was written", "9", "Entry 7 is missing (and 2 more)"]);
    }

    #[test]
    fn what_cannot_be_verified_is_not_called_sound() {
        let unverifiable = vec!["entry 1 cannot be verified".to_owned()];
        let found = AuditVerified { entries: 9, unverifiable, ..AuditVerified::default() };
        assert_eq!(texts(&found)[0], "sound as far as it can be verified");
    }
}
