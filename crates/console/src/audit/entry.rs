//! `/console/audit/{place}`: what an entry says, with what changed as it was and as it is.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Caller;
use vestibule_model::{AuditEntry, AuditRecord, Dialect};
use vestibule_serve::forms::Zone;

use super::{subject, words};
use crate::accounts::account_address;
use crate::difference::{Changed, changes, values};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, sentence};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::AUDIT;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, actor, answer, reasons, sessions};

#[derive(Template)]
#[template(path = "audit_entry.html")]
struct EntryPage {
    frame: Frame,
    facts: Vec<Fact>,
    changes: Vec<Changed>,
    /// What else explains it: names and values.
    details: Vec<(String, String)>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let entry = console.administration().audit_entry(&signed_in.caller, place.audit_place()?).await?;
    let record = &entry.record;
    let title = format!("{}, entry {}", sentence(words::action(record.action)), entry.place);
    let page = EntryPage {
        frame: Frame::of(signed_in.viewer(), title).below([("Audit", AUDIT)]),
        facts: facts(&console, &signed_in.caller, &entry),
        changes: changes(record.before.as_deref(), record.after.as_deref()),
        details: values(record.details.as_deref()),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn facts(console: &ConsoleState, caller: &Caller, entry: &AuditEntry) -> Vec<Fact> {
    let (record, zone) = (&entry.record, &Zone::of("UTC"));
    let some = |name, cell: Option<Cell>| cell.map(|cell| Fact::one(name, cell));
    let session = record.session.map(|of| Cell::text(&sessions::name(of)).to(sessions::address(of)));
    let times = (record.count > 1).then(|| Cell::number(record.count.into()));
    [
        some("Time", Some(Cell::time(record.at, zone))),
        some("Last time", record.until.map(|until| Cell::time(until, zone))),
        some("How often", times),
        some("What was done", Some(Cell::words(words::action(record.action)))),
        some("Why", record.reason.map(|reason| Cell::words(reasons::of_entry(reason)))),
        some("To", record.target.as_ref().map(|target| subject::thing(record, target))),
        some("About the user", record.user.map(|_| subject::user(record))),
        some("Account", record.account.map(|account| Cell::code(account).to(account_address(account)))),
        some("Session", session),
        some("By", Some(actor::cell(console, caller, &record.actor, record.account))),
        some("By means of", Some(Cell::words(words::means(record.means)))),
        some("Through", through(record).map(Cell::words)),
        some("From", record.address.map(Cell::code)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Through what it was asked for.
fn through(record: &AuditRecord) -> Option<&'static str> {
    record.dialect.map(|dialect| match dialect {
        Dialect::LivePerson => "the LivePerson API",
        Dialect::LiveVox => "the LiveVox API",
        Dialect::Pages => "pages in a browser",
    })
}
