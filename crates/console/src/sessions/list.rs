//! `/console/sessions`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PageRequest, SessionFilter};
use vestibule_model::{ApplicationId, SessionOrder, UserId};
use vestibule_serve::forms::Zone;

use super::table;
use crate::frame::Frame;
use crate::parts::{PAGE, Pager, Table, counted};
use crate::refused::ConsoleError;
use crate::request::Request;
use crate::routes::SESSIONS;
use crate::said::Said;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// The orders, as a query has them.
pub(crate) const ORDERS: [(&str, &str, SessionOrder); 4] = [
    ("newest", "opened last", SessionOrder::Newest),
    ("oldest", "opened first", SessionOrder::Oldest),
    ("recently-used", "used last", SessionOrder::RecentlyUsed),
    ("long-unused", "unused for longest", SessionOrder::LongUnused),
];

const TITLE: &str = "Live sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    asked: Asked,
    count: String,
    table: Table,
    pager: Pager,
}

/// What the filters of the page hold.
struct Asked {
    account: String,
    user: String,
    application: String,
    address: String,
    order: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let asked = |name| request.asked(name).unwrap_or_default().trim().to_owned();
        Self {
            account: asked("account"),
            user: asked("user"),
            application: asked("application"),
            address: asked("address"),
            order: asked("order"),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("account", &self.account),
            ("user", &self.user),
            ("application", &self.application),
            ("address", &self.address),
            ("order", &self.order),
        ]
    }

    fn filter(&self) -> Result<SessionFilter, AdministrationError> {
        fn read<T: std::str::FromStr>(
            field: &'static str,
            text: &str,
            what: &str,
        ) -> Result<Option<T>, AdministrationError> {
            if text.is_empty() {
                return Ok(None);
            }
            let refused = |_| AdministrationError::invalid(field, format!("this is no {what}"));
            text.parse().map(Some).map_err(refused)
        }
        Ok(SessionFilter {
            account: read("account", &self.account, "account id")?,
            user: read("user", &self.user, "id of a user")?.map(UserId),
            application: read("application", &self.application, "id of a key, client or token")?
                .map(ApplicationId),
            address: read("address", &self.address, "address")?,
            ..SessionFilter::default()
        })
    }

    fn order(&self) -> SessionOrder {
        let known = ORDERS.iter().find(|(word, ..)| *word == self.order);
        known.map_or_else(SessionOrder::default, |(.., order)| *order)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (administration, request) = (console.administration(), &signed_in.request);
    let asked = Asked::of(request);
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let filter = match asked.filter() {
        Ok(filter) => filter,
        Err(error) => return Ok(refused(&signed_in, asked, error)),
    };
    let found = administration.list_live_sessions(&signed_in.caller, &filter, asked.order(), wanted).await?;
    let page = SessionsPage {
        frame: Frame::of(signed_in.viewer(), TITLE),
        count: counted(found.total, "live session", "live sessions"),
        table: table(&console, &found.sessions, &Zone::of("UTC")),
        pager: Pager::of(SESSIONS, &asked.fields(), cursor.as_deref(), found.next.as_deref()),
        asked,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// The filters as they were sent, and what is wrong with one of them.
fn refused(signed_in: &SignedIn, asked: Asked, error: AdministrationError) -> Response {
    let said = Said::bad(format!("Nothing was looked for. {error}."));
    let page = SessionsPage {
        frame: Frame::of(signed_in.viewer(), TITLE).saying(Some(said)),
        count: String::new(),
        table: Table {
            name: TITLE,
            head: Vec::new(),
            rows: Vec::new(),
            empty: "Correct the filter, and ask again.",
        },
        pager: Pager { first: None, next: None },
        asked,
    };
    answer::caused_by(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page), error)
}
