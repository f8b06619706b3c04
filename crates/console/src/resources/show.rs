//! `/console/accounts/{account}/{kind}/{id}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_model::{
    AccountId, ApiKey, ApplicationToken, Group, OauthClient, Profile, Skill, TrafficApplication,
};
use vestibule_serve::forms::Zone;

use super::{Around, Kind, Of, Shown};
use crate::accounts::{Tab, account_address};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::{ACCOUNTS, SESSIONS};
use crate::signed_in::SignedIn;
use crate::traffic::application_traffic;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "thing.html")]
struct ResourcePage {
    frame: Frame,
    tabs: Vec<Tab>,
    facts: Vec<Fact>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (account, kind, id) = (place.account()?, place.kind()?, place.number("id")?);
    let of = (account, id);
    match kind {
        Kind::Profiles => of_kind::<Profile>(&console, &signed_in, of, kind).await,
        Kind::Groups => of_kind::<Group>(&console, &signed_in, of, kind).await,
        Kind::Skills => of_kind::<Skill>(&console, &signed_in, of, kind).await,
        Kind::ApiKeys => of_kind::<ApiKey>(&console, &signed_in, of, kind).await,
        Kind::OauthClients => of_kind::<OauthClient>(&console, &signed_in, of, kind).await,
        Kind::ApplicationTokens => of_kind::<ApplicationToken>(&console, &signed_in, of, kind).await,
    }
}

async fn of_kind<P: Shown>(
    console: &ConsoleState,
    signed_in: &SignedIn,
    (account, id): (AccountId, i64),
    kind: Kind,
) -> Result<Response, ConsoleError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let thing = P::find(Of { administration: &administration, caller, account }, id).await?;
    let last_uses = administration.last_uses(caller, account).await?;
    let around = Around { account, zone: Zone::of("UTC"), last_uses };
    let mut facts = thing.facts(&around);
    facts.insert(0, Fact::one("Id", Cell::code(id)));
    if kind.opens_sessions() {
        let address = format!("{SESSIONS}?account={account}&application={id}");
        facts.push(Fact::one("Sessions", Cell::words("Live sessions opened with it").to(address)));
    }
    if let Some(application) = kind.application(id) {
        let address = application_traffic(account, TrafficApplication::Of(application));
        facts.push(Fact::one("Traffic", Cell::words("Its requests, and whether it is needed").to(address)));
    }
    let frame = Frame::of(signed_in.viewer(), thing.name()).below([
        ("Accounts", ACCOUNTS),
        (account.as_str(), &account_address(account)),
        (kind.title(), &kind.address(account)),
    ]);
    Ok(answer::page(StatusCode::OK, &ResourcePage { frame, tabs: Vec::new(), facts }))
}
