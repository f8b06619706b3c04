//! `/console/sessions`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PageRequest, SessionFilter};
use vestibule_model::SessionOrder;
use vestibule_serve::forms::Zone;

use super::page::{self, EndsOffered, SessionsPage, refused, tabs};
use super::{filter, table};
use crate::filters::{Asked, FilterShape, Filters};
use crate::frame::Frame;
use crate::parts::{PAGE, Pager, address, counted, number_of};
use crate::refused::ConsoleError;
use crate::routes::{END_SESSIONS, SESSIONS};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// An order in words.
fn order_words(order: SessionOrder) -> &'static str {
    match order {
        SessionOrder::Newest => "opened last",
        SessionOrder::Oldest => "opened first",
        SessionOrder::RecentlyUsed => "used last",
        SessionOrder::LongUnused => "unused for longest",
    }
}

fn filters(asked: &Asked) -> Filters {
    let orders = SessionOrder::ALL.map(|order| (order.to_string(), order_words(order).to_owned()));
    let mut fields = filter::common_fields(asked);
    fields.push(asked.field("order", "Order", FilterShape::Choice(orders.into())));
    let more = vec![
        filter::application_field(asked),
        asked.field("opened_since", "Opened since (UTC)", FilterShape::Time),
        asked.field("opened_before", "Opened before (UTC)", FilterShape::Time),
    ];
    Filters { name: "Sessions", action: SESSIONS, fields, more }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (caller, request, zone) = (&signed_in.caller, &signed_in.request, Zone::of("UTC"));
    let names: Vec<_> = filter::NAMES.into_iter().chain(["order"]).collect();
    let asked = Asked::of(request, &names);
    let read = asked
        .with_user_id(&console.administration(), caller)
        .and_then(|asked| filter::read(&asked, &zone))
        .and_then(|filter| Ok((filter, asked.choice("order", &SessionOrder::ALL)?.unwrap_or_default())));
    let (filter, order) = match read {
        Ok(read) => read,
        Err(error @ AdministrationError::NotAllowed) => return Err(error.into()),
        Err(error) => return Ok(refused(&signed_in, page::State::Live, filters(&asked), error)),
    };
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let found = console.administration().list_live_sessions(caller, &filter, order, wanted).await?;
    let may_end = caller.require_some_writing().is_ok() && found.total > 0;
    let ends = may_end.then(|| ends(&asked, &filter, found.total));
    let mut table = if may_end {
        super::table_to_pick(&console, caller, &found.sessions, &zone)
    } else {
        table(&console, &found.sessions, &zone)
    };
    if filter != SessionFilter::default() {
        table.empty = "No live session matches.";
    }
    let page = SessionsPage {
        frame: Frame::of(signed_in.viewer(), page::State::Live.title()),
        tabs: tabs(page::State::Live, &asked.pairs()),
        count: counted(found.total, "live session", "live sessions"),
        table,
        pager: Pager::of(SESSIONS, &asked.pairs(), cursor.as_deref(), found.next.as_deref()),
        filters: filters(&asked),
        ends,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn ends(asked: &Asked, filter: &SessionFilter, total: usize) -> EndsOffered {
    let named = asked.pairs().into_iter().filter(|(name, _)| filter::NAMES.contains(name));
    let words = if *filter == SessionFilter::default() {
        "End all".to_owned()
    } else if total == 1 {
        "End the one that matches".to_owned()
    } else {
        format!("End all {} that match", number_of(total))
    };
    EndsOffered { all: address(END_SESSIONS, named), words }
}
