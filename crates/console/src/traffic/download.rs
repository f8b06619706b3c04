//! `/console/traffic.csv` and `/console/accounts/{account}/traffic.csv`: what a page of traffic tells, as a table for a spreadsheet.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::AdministrationError;
use vestibule_model::TrafficBy;

use super::asked::Asked;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account_if_named()?;
    let (caller, request) = (&signed_in.caller, &signed_in.request);
    let wanted = Asked::of(request, account).read(caller.now)?;
    let word = request.asked("by").unwrap_or_else(|| TrafficBy::Application.to_string());
    let by = TrafficBy::ALL.into_iter().find(|by| by.to_string() == word);
    let by = by.ok_or_else(|| AdministrationError::invalid("by", "traffic is not summed up by this"))?;
    let [report] = console.administration().traffic(caller, wanted, [by]).await?;
    let of = account.map_or_else(|| "none".to_owned(), |account| account.to_string());
    let (from, through) = (wanted.days.from, wanted.days.through);
    let name = format!("traffic-{of}-{from}-{through}-by-{by}.csv");
    Ok(answer::download("text/csv; charset=utf-8; header=present", &name, report.table(caller.now)))
}
