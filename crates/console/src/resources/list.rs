//! `/console/accounts/{account}/{kind}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{PageRequest, Scope};
use vestibule_model::AccountId;
use vestibule_serve::forms::Zone;

use super::{Around, Kind, Of, Shown, with_kind};
use crate::accounts::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "kind.html")]
struct ResourcesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    /// Where one is made, for those who may.
    new: Option<(String, String)>,
    count: String,
    table: Table,
    pager: Pager,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (account, kind) = (place.account()?, place.kind()?);
    with_kind!(kind, P => of_kind::<P>(&console, &signed_in, account, kind).await)
}

async fn of_kind<P: Shown>(
    console: &ConsoleState,
    signed_in: &SignedIn,
    account: AccountId,
    kind: Kind,
) -> Result<Response, ConsoleError> {
    let (administration, caller, request) = (console.administration(), &signed_in.caller, &signed_in.request);
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let page = P::page(Of { administration: &administration, caller, account }, wanted).await?;
    let counts = administration.account_counts(caller, account)?;
    let last_uses = administration.last_uses(caller, account).await?;
    let around = Around { account, zone: Zone::of("UTC"), last_uses };
    let own = kind.address(account);
    let may = caller.require(Scope::WriteAccount(account)).is_ok();
    let row = |thing: &P| {
        let name = Cell::text(thing.name()).to(format!("{own}/{}", thing.id()));
        std::iter::once(name).chain(thing.cells(&around)).collect()
    };
    let shown = ResourcesPage {
        frame: Frame::of(signed_in.viewer(), format!("{} of {account}", kind.title()))
            .below([("Accounts", ACCOUNTS), (account.as_str(), &account_address(account))])
            .saying(Done::said(request)),
        new: may.then(|| (format!("New {}", kind.one()), format!("{own}/new"))),
        tabs: tabs(account, &counts, request.path()),
        count: counted(kind.count(&counts), kind.one(), kind.many()),
        table: Table {
            name: kind.title(),
            head: std::iter::once("Name").chain(P::COLUMNS.iter().copied()).collect(),
            rows: page.resources.iter().map(row).collect(),
            empty: kind.empty(),
        },
        pager: Pager::of(request.path(), &[], cursor.as_deref(), page.next.as_deref()),
    };
    Ok(answer::page(StatusCode::OK, &shown))
}
