//! `/console/audit`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Caller, PageRequest, Scope};
use vestibule_model::{AuditAction, AuditEntry, AuditRecord};
use vestibule_serve::forms::Zone;

use super::{address, filter, subject, words};
use crate::accounts::account_address;
use crate::actor;
use crate::difference::changed_fields;
use crate::filters::{Asked, Filters};
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted_entries, sentence};
use crate::refused::ConsoleError;
use crate::routes::{AUDIT, AUDIT_CHECK};
use crate::said::Said;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, reasons};

/// The most fields that are named of a change.
const MOST_FIELDS: usize = 3;

#[derive(Template)]
#[template(path = "audit.html")]
struct ListPage {
    frame: Frame,
    filters: Filters,
    count: String,
    table: Table,
    pager: Pager,
    /// Where it is told whether the audit is what was written; None: not to this caller.
    check: Option<&'static str>,
    /// What the form for an export repeats of what was asked; None: there is nothing to export.
    export: Option<Vec<(&'static str, String)>>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (administration, zone) = (console.administration(), Zone::of("UTC"));
    let (caller, request) = (&signed_in.caller, &signed_in.request);
    let asked = Asked::of(request, &filter::NAMES);
    let wanted = asked.with_user_id(&administration, caller).and_then(|asked| filter::read(&asked, &zone));
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(error @ AdministrationError::NotAllowed) => return Err(error.into()),
        Err(error) => {
            let said = Said::bad(format!("Nothing was looked for. {error}."));
            let page =
                page(&signed_in, &asked, String::new(), Vec::new(), "Correct the filter, and ask again.");
            let page = ListPage { frame: page.frame.saying(Some(said)), export: None, ..page };
            return Ok(answer::caused_by(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page), error));
        }
    };
    let cursor = request.asked("cursor");
    let part = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let found = administration.audit_seen_by(caller, wanted.clone(), part).await?;
    let count =
        counted_entries(administration.count_audit_seen_by(caller, wanted).await, "entry", "entries")?;
    let rows = found.entries.iter().map(|entry| row(&console, caller, entry, &zone)).collect();
    let empty = match found.next {
        Some(_) => "None among the newest: go on with the next page.",
        None => "Nothing has happened that was so, as far back as the audit goes.",
    };
    let is_anything = !found.entries.is_empty() || found.next.is_some();
    let pager = Pager::of(AUDIT, &asked.pairs(), cursor.as_deref(), found.next.as_deref());
    let page = page(&signed_in, &asked, count, rows, empty);
    // A page that the search cut short may be empty before the last.
    let page = ListPage { pager, export: page.export.filter(|_| is_anything), ..page };
    Ok(answer::page(StatusCode::OK, &page))
}

fn page(
    signed_in: &SignedIn,
    asked: &Asked,
    count: String,
    rows: Vec<Vec<Cell>>,
    empty: &'static str,
) -> ListPage {
    let export = asked.pairs().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    let head = vec!["Time", "What was done", "Why", "To", "Account", "By", "From"];
    ListPage {
        frame: Frame::of(signed_in.viewer(), "Audit"),
        filters: filter::form(asked),
        count,
        check: signed_in.caller.require(Scope::ReadInstallation).is_ok().then_some(AUDIT_CHECK),
        export: Some(export),
        table: Table { name: "Entries of the audit", head, rows, empty },
        pager: Pager { first: None, next: None },
    }
}

/// What was done, with the names of what is different by it, at most [`MOST_FIELDS`].
fn with_fields(done: String, record: &AuditRecord) -> String {
    let fields = changed_fields(record.before.as_deref(), record.after.as_deref());
    let named = fields.iter().take(MOST_FIELDS).map(String::as_str).collect::<Vec<_>>().join(", ");
    match fields.len().saturating_sub(MOST_FIELDS) {
        0 if fields.is_empty() => done,
        0 => format!("{done}: {named}"),
        more => format!("{done}: {named} and {more} more"),
    }
}

fn row(console: &ConsoleState, caller: &Caller, entry: &AuditEntry, zone: &Zone) -> Vec<Cell> {
    let record = &entry.record;
    let done = sentence(words::action(record.action));
    let done = if record.count > 1 { format!("{done}, {} times", record.count) } else { done };
    let done = match record.action {
        AuditAction::Changed => with_fields(done, record),
        _ => done,
    };
    let nothing = || Cell::words("");
    vec![
        Cell::time(record.at, zone).to(address(entry.place)),
        Cell::words(done),
        record.reason.map_or_else(nothing, |reason| Cell::words(sentence(reasons::of_entry(reason)))),
        subject::cell(record),
        record.account.map_or_else(nothing, |account| Cell::code(account).to(account_address(account))),
        actor::cell(console, caller, &record.actor, record.account),
        record.address.map_or_else(nothing, Cell::code),
    ]
}
