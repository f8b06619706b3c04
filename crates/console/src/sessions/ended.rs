//! `/console/sessions/ended`: sessions that ended, as the audit tells of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Caller, Ended, EndedFilter, PageRequest};
use vestibule_model::{ActorKey, ApplicationId, EndReason, UserId};
use vestibule_serve::forms::Zone;

use super::page::{self, SessionsPage, refused, tabs};
use super::{address, filter, from, name};
use crate::accounts::account_address;
use crate::actor;
use crate::filters::{Asked, FilterShape, Filters, any_of};
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted_entries, sentence};
use crate::refused::ConsoleError;
use crate::routes::ENDED_SESSIONS;
use crate::signed_in::SignedIn;
use crate::users::user_address;
use crate::{ConsoleState, answer, reasons};

const NAMES: [&str; 8] = ["account", "user", "application", "address", "reason", "actor", "since", "until"];

fn read(asked: &Asked, zone: &Zone) -> Result<EndedFilter, AdministrationError> {
    Ok(EndedFilter {
        account: asked.read("account", "account id")?,
        user: asked.read("user", "id of a user")?.map(UserId),
        application: asked.read("application", "id of a key, client or token")?.map(ApplicationId),
        opened_from: asked.read("address", "address")?,
        reason: asked.choice("reason", &EndReason::ALL)?,
        actor: asked.read::<ActorKey>("actor", actor::WHAT)?,
        since: asked.time("since", zone)?,
        until: asked.time("until", zone)?,
    })
}

fn filters(asked: &Asked) -> Filters {
    let reasons = any_of(&EndReason::ALL, |reason| sentence(reasons::ended(reason)));
    let mut fields = filter::common_fields(asked);
    fields.push(asked.field("reason", "Why", reasons));
    let more = vec![
        filter::application_field(asked),
        asked.field("actor", "Ended by (such as user:5)", FilterShape::Text(40)),
        asked.field("since", "Ended since (UTC)", FilterShape::Time),
        asked.field("until", "Ended before (UTC)", FilterShape::Time),
    ];
    Filters { name: "Sessions", action: ENDED_SESSIONS, fields, more }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (administration, zone) = (console.administration(), Zone::of("UTC"));
    let (caller, request) = (&signed_in.caller, &signed_in.request);
    let asked = Asked::of(request, &NAMES);
    let read = asked.with_user_id(&administration, caller).and_then(|asked| read(&asked, &zone));
    let filter = match read {
        Ok(filter) => filter,
        Err(error @ AdministrationError::NotAllowed) => return Err(error.into()),
        Err(error) => return Ok(refused(&signed_in, page::State::Ended, filters(&asked), error)),
    };
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let found = administration.list_ended_sessions(caller, filter, wanted).await?;
    let count = administration.count_ended_sessions(caller, filter).await;
    let rows: Vec<_> = found.entries.iter().map(|ended| row(&console, caller, ended, &zone)).collect();
    let page = SessionsPage {
        frame: Frame::of(signed_in.viewer(), page::State::Ended.title()),
        tabs: tabs(page::State::Ended, &asked.pairs()),
        count: counted_entries(count, "ended session", "ended sessions")?,
        table: Table {
            name: page::State::Ended.title(),
            head: vec![
                "Session",
                "User",
                "Account",
                "Ended",
                "Why",
                "By",
                "Ended from",
                "Opened",
                "Opened from",
            ],
            rows,
            empty: match (&found.next, asked.is_empty(), &cursor) {
                (Some(_), ..) => "None among the newest: go on with the next page.",
                (None, true, None) => "No session has ended, as far back as the audit goes.",
                (None, true, Some(_)) => "No other session has ended, as far back as the audit goes.",
                (None, false, _) => "No session has ended that was so, as far back as the audit goes.",
            },
        },
        pager: Pager::of(ENDED_SESSIONS, &asked.pairs(), cursor.as_deref(), found.next.as_deref()),
        filters: filters(&asked),
        ends: None,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn row(console: &ConsoleState, caller: &Caller, ended: &Ended, zone: &Zone) -> Vec<Cell> {
    let not_recorded = || Cell::words("not recorded");
    let session = ended.reference.map_or_else(not_recorded, |of| {
        let short: String = name(of).chars().take(8).collect();
        Cell::code(&short).to(address(of))
    });
    let of = ended.account.zip(ended.user);
    let user = ended.user_name.as_deref().map(Cell::text).or_else(|| ended.user.map(Cell::code));
    let user = user.unwrap_or_else(not_recorded);
    let opened = ended.session.as_ref();
    vec![
        session,
        of.map_or(user.clone(), |(account, id)| user.to(user_address(account, id))),
        ended.account.map_or_else(not_recorded, |account| Cell::code(account).to(account_address(account))),
        Cell::time(ended.at, zone),
        ended.reason.map_or_else(not_recorded, |reason| Cell::words(sentence(reasons::ended(reason)))),
        actor::cell(console, caller, &ended.by, ended.account),
        ended.from.map_or_else(|| Cell::words(""), Cell::code),
        opened.map_or_else(not_recorded, |session| Cell::time(session.opened, zone)),
        opened.and_then(|session| session.opened_from).map_or_else(|| Cell::words(""), from),
    ]
}
