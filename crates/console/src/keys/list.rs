//! `/console/keys`: the generations of the master key, and the keys that tokens are signed with.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{ListedMasterKey, ListedSigningKey, Scope};
use vestibule_model::{KeyState, Millis};
use vestibule_serve::forms::Zone;

use super::KeyDeed;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Shape, Table, counted, counted_many};
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    actions: Vec<(&'static str, String)>,
    count: String,
    table: Table,
}

#[derive(Template)]
#[template(path = "sections.html")]
struct KeysPage {
    frame: Frame,
    sections: Vec<Section>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let master = administration.master_keys(caller).await?;
    let signing = administration.signing_keys(caller).await?;
    let zone = Zone::of("UTC");
    let may = caller.require(Scope::WriteInstallation).is_ok();
    let action = |deed: KeyDeed| may.then(|| (deed.name(), deed.address())).into_iter().collect();
    let with_deeds = |head: &[&'static str], deeds: &[&'static str]| {
        head.iter().chain(deeds.iter().filter(|_| may)).copied().collect()
    };
    let sections = vec![
        Section {
            id: "master",
            title: "Master key",
            actions: action(KeyDeed::Reload),
            count: counted(master.len(), "generation", "generations"),
            table: Table {
                name: "Generations of the master key",
                head: with_deeds(
                    &["Generation", "State", "Key at hand", "In force since", "Retired", "Still needed by"],
                    &["Action", "With its ends"],
                ),
                rows: master.iter().map(|listed| of_master(listed, may, &zone)).collect(),
                empty: "There is no master key.",
            }
            .without_empty_columns(),
        },
        Section {
            id: "signing",
            title: "Signing keys",
            actions: action(KeyDeed::Rotate),
            count: counted(signing.len(), "published key", "published keys"),
            table: Table {
                name: "Signing keys",
                head: with_deeds(&["Key", "State", "Made", "Signs from"], &["Action"]),
                rows: signing.iter().map(|listed| of_signing(listed, may, caller.now, &zone)).collect(),
                empty: "There is no signing key yet: one is made when it is needed.",
            },
        },
    ];
    let page = KeysPage {
        frame: Frame::of(signed_in.viewer(), "Keys").saying(Done::said(&signed_in.request)),
        sections,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn of_master(listed: &ListedMasterKey, may: bool, zone: &Zone) -> Vec<Cell> {
    let ListedMasterKey { record, at_hand, remains } = listed;
    let state = match record.state {
        KeyState::Distributed => Cell::tag(Shape::Quiet, "there, not in force yet"),
        KeyState::Active => Cell::tag(Shape::Good, "in force"),
        KeyState::Readable => Cell::tag(Shape::Warn, "before the present one"),
        KeyState::Retired => Cell::tag(Shape::Quiet, "retired"),
    };
    let at_hand = match (at_hand, record.state) {
        (true, _) => Cell::words("yes"),
        (false, KeyState::Retired) => Cell::words("no"),
        (false, _) => Cell::tag(Shape::Bad, "missing"),
    };
    let is_new = record.state == KeyState::Distributed;
    let since = if is_new { "not yet" } else { "not recorded" };
    let needed = [
        (remains.sessions, "session", "sessions"),
        (remains.sealed_secrets, "sealed secret", "sealed secrets"),
        (remains.digests, "digest", "digests"),
        (remains.answers, "remembered answer", "remembered answers"),
    ];
    let needed = needed.into_iter().filter(|(count, ..)| *count > 0);
    let mut needed: Vec<_> = needed.map(|(count, one, many)| counted_many(count, one, many)).collect();
    needed.extend(remains.verifies_audit.then(|| "old entries of the audit".to_owned()));
    let needed = if needed.is_empty() { "nothing".to_owned() } else { needed.join(", ") };
    let generation = record.generation;
    let deeds = match record.state {
        KeyState::Distributed => [Some(KeyDeed::Activate(generation)), None],
        KeyState::Readable => [Some(KeyDeed::Retire(generation)), Some(KeyDeed::EndAndRetire(generation))],
        KeyState::Active | KeyState::Retired => [None, None],
    };
    let mut row = vec![
        Cell::code(record.generation),
        state,
        at_hand,
        Cell::time_or(record.activated_at, zone, since),
        Cell::time_or(record.retired_at, zone, "no"),
        Cell::words(needed),
    ];
    row.extend(deeds.into_iter().filter(|_| may).map(link));
    row
}

fn of_signing(listed: &ListedSigningKey, may: bool, now: Millis, zone: &Zone) -> Vec<Cell> {
    let state = match (listed.signs, listed.key.used_from > now) {
        (true, _) => Cell::tag(Shape::Good, "signs"),
        (false, true) => Cell::tag(Shape::Quiet, "the next"),
        (false, false) => Cell::tag(Shape::Quiet, "published until its last token is over"),
    };
    let mut row = vec![
        Cell::code(listed.key.id),
        state,
        Cell::time(listed.key.created, zone),
        Cell::time(listed.key.used_from, zone),
    ];
    row.extend(may.then(|| link(Some(KeyDeed::DeleteSigning(listed.key.id)))));
    row
}

/// What leads to a deed; empty: there is nothing to do.
fn link(deed: Option<KeyDeed>) -> Cell {
    deed.map_or_else(|| Cell::words(""), |deed| Cell::words(deed.name()).to(deed.address()))
}
