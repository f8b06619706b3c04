//! `/console/accounts/{account}/{kind}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::PageRequest;
use vestibule_model::{AccountId, ApiKey, ApplicationToken, Group, OauthClient, Profile, Skill};
use vestibule_serve::forms::Zone;

use super::{Around, Kind, Of, Shown};
use crate::accounts::{Tab, account_address, tabs};
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "resources.html")]
struct ResourcesPage {
    frame: Frame,
    tabs: Vec<Tab>,
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
    match kind {
        Kind::Profiles => of_kind::<Profile>(&console, &signed_in, account, kind).await,
        Kind::Groups => of_kind::<Group>(&console, &signed_in, account, kind).await,
        Kind::Skills => of_kind::<Skill>(&console, &signed_in, account, kind).await,
        Kind::ApiKeys => of_kind::<ApiKey>(&console, &signed_in, account, kind).await,
        Kind::OauthClients => of_kind::<OauthClient>(&console, &signed_in, account, kind).await,
        Kind::ApplicationTokens => of_kind::<ApplicationToken>(&console, &signed_in, account, kind).await,
    }
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
    let row = |thing: &P| {
        let name = Cell::text(thing.name()).to(format!("{own}/{}", thing.id()));
        std::iter::once(name).chain(thing.cells(&around)).collect()
    };
    let shown = ResourcesPage {
        frame: Frame::of(signed_in.viewer(), format!("{} of {account}", kind.title()))
            .below([("Accounts", ACCOUNTS), (account.as_str(), &account_address(account))]),
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
