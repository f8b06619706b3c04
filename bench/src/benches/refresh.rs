//! Refreshes of sessions, against bare hyper that reads the same requests and answers a constant.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use vestibule_crypto::TokenKeys;
use vestibule_model::Session;

use super::{Bench, Plan, block_on, take_turns};
use crate::child::Server;
use crate::fixture::Fixture;
use crate::load::{self, Requests};
use crate::report::Row;

/// How many sessions there are, each of a user of its own.
pub(super) const SESSIONS: usize = 10_000;

pub(super) const BENCH: Bench = Bench { name: "refresh", run };

fn run(plan: &Plan) -> Result<Row> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(SESSIONS)?;
    let sessions = fixture.sessions();
    block_on(fixture.write(folder.path(), &sessions))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let hyper = Server::hyper(plan)?;
    let requests = requests(&TokenKeys::derive(&fixture.master), &sessions);
    let floor = || load::drive(plan, &hyper, &requests);
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, &server, &requests))?;
    let row = Row::compared(BENCH.name, "refreshes", "bare hyper, 200 constant bytes", &pairs);
    Ok(row.with_goal(0.6))
}

fn requests(tokens: &TokenKeys, sessions: &[Session]) -> Requests {
    let request = |session: &Session| {
        let cookie = format!("session_id={}", tokens.cookie(session.id));
        let body = json!({ "csrf": tokens.csrf(session.id).as_str() });
        load::post("refresh", &[("Cookie", &cookie)], &body)
    };
    Arc::new(sessions.iter().map(request).collect())
}
