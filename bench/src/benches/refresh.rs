//! Refreshes of sessions, against bare hyper that reads the same requests and answers a constant.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use vestibule_crypto::TokenKeys;
use vestibule_model::Session;

use super::{Bench, Plan, Serving, take_turns};
use crate::child::Server;
use crate::load::{self, Requests};
use crate::report::Row;

/// How many sessions there are, each of a user of its own.
pub(super) const SESSIONS: usize = 10_000;

pub(super) const BENCH: Bench = Bench { name: "refresh", run };

fn run(plan: &Plan) -> Result<Row> {
    let Serving { server, sessions, tokens, .. } = &Serving::sessions(plan, SESSIONS)?;
    let hyper = Server::hyper(plan)?;
    let requests = requests(tokens, sessions);
    let floor = || load::drive(plan, &hyper, &requests);
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, server, &requests))?;
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
