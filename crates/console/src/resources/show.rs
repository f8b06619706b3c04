//! `/console/accounts/{account}/{kind}/{id}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, Scope};
use vestibule_model::{Superseded, TrafficApplication};
use vestibule_serve::forms::Zone;

use super::{Around, Kind, Of, Shown, above, with_kind};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::traffic::application_traffic;
use crate::{ConsoleState, answer, audit, sessions};

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage {
    frame: Frame,
    facts: Vec<Fact>,
    deeds: Vec<(&'static str, String)>,
    delete: Option<String>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (kind, at) = (place.kind()?, place.resource()?);
    with_kind!(kind, P => of_kind::<P>(&console, &signed_in, at, kind).await)
}

/// What may be done to one: its name, and where.
fn deeds(kind: Kind, at: AccountResourceId, overlaps: bool) -> Vec<(&'static str, String)> {
    let own = kind.address_of(at);
    let mut deeds = vec![("Edit", format!("{own}/edit"))];
    if kind.opens_sessions() {
        deeds.push(("New secrets", format!("{own}/renew")));
    }
    if overlaps {
        deeds.push(("End the overlap", format!("{own}/end-overlap")));
    }
    deeds
}

async fn of_kind<P: Shown>(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
    kind: Kind,
) -> Result<Response, ConsoleError> {
    let AccountResourceId { account, id } = at;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let thing = P::find(Of { administration: &administration, caller, account }, id).await?;
    let last_uses = administration.last_uses(caller, account).await?;
    let around = Around { account, zone: Zone::of("UTC"), last_uses };
    let mut facts = thing.facts(&around);
    facts.insert(0, Fact::one("Id", Cell::code(id)));
    if kind.opens_sessions() {
        let with_it = sessions::links_to_ends(caller, account, &[("application", &id.to_string())]);
        facts.push(Fact::many("Sessions opened with it", with_it, "none"));
    }
    if let Some(application) = kind.application(id) {
        let address = application_traffic(account, TrafficApplication::Of(application));
        facts.push(Fact::one("Traffic", Cell::words("Its requests, and whether it is needed").to(address)));
    }
    facts.push(Fact::one("Audit", audit::link_of_thing(account, kind.target(), id)));
    let may = caller.require(Scope::WriteAccount(account)).is_ok();
    let overlaps =
        thing.overlap_until().is_some_and(|until| Superseded { values: (), until }.counts(caller.now));
    let frame = above(Frame::of(signed_in.viewer(), thing.name()), kind, account, None);
    let page = ResourcePage {
        frame: frame.saying(Done::said(&signed_in.request)),
        facts,
        deeds: if may { deeds(kind, at, overlaps) } else { Vec::new() },
        delete: may.then(|| format!("{}/delete", kind.address_of(at))),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
