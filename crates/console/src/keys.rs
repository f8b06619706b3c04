//! `/console/keys`: the generations of the master key, and the keys that tokens are signed with.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{ListedMasterKey, ListedSigningKey};
use vestibule_model::{KeyState, Millis};
use vestibule_serve::forms::Zone;

use crate::frame::Frame;
use crate::parts::{Cell, Shape, Table, counted, counted_many};
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
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
    let sections = vec![
        Section {
            id: "master",
            title: "Master key",
            count: counted(master.len(), "generation", "generations"),
            table: Table {
                name: "Generations of the master key",
                head: vec![
                    "Generation",
                    "State",
                    "Key at hand",
                    "In force since",
                    "Retired",
                    "Still needed by",
                ],
                rows: master.iter().map(|listed| of_master(listed, &zone)).collect(),
                empty: "There is no master key.",
            },
        },
        Section {
            id: "signing",
            title: "Signing keys",
            count: counted(signing.len(), "published key", "published keys"),
            table: Table {
                name: "Signing keys",
                head: vec!["Key", "State", "Made", "Signs from"],
                rows: signing.iter().map(|listed| of_signing(listed, caller.now, &zone)).collect(),
                empty: "There is no signing key yet: one is made when it is needed.",
            },
        },
    ];
    let page = KeysPage { frame: Frame::of(signed_in.viewer(), "Keys"), sections };
    Ok(answer::page(StatusCode::OK, &page))
}

fn of_master(listed: &ListedMasterKey, zone: &Zone) -> Vec<Cell> {
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
    let since = if is_new { "not yet" } else { "before that was kept" };
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
    vec![
        Cell::code(record.generation),
        state,
        at_hand,
        Cell::time_or(record.activated_at, zone, since),
        Cell::time_or(record.retired_at, zone, "no"),
        Cell::words(needed),
    ]
}

fn of_signing(listed: &ListedSigningKey, now: Millis, zone: &Zone) -> Vec<Cell> {
    let state = match (listed.signs, listed.key.used_from > now) {
        (true, _) => Cell::tag(Shape::Good, "signs"),
        (false, true) => Cell::tag(Shape::Quiet, "the next"),
        (false, false) => Cell::tag(Shape::Quiet, "published until its last token is over"),
    };
    vec![
        Cell::code(listed.key.id),
        state,
        Cell::time(listed.key.created, zone),
        Cell::time(listed.key.used_from, zone),
    ]
}
