//! Checks of sessions as gateways ask for them, against bare hyper that reads the same requests and answers a constant.

use std::sync::Arc;

use anyhow::Result;
use vestibule_model::Session;

use super::refresh::SESSIONS;
use super::{Bench, Plan, Serving, take_turns};
use crate::child::Server;
use crate::load::{self, Requests};
use crate::report::Row;

pub(super) const BENCH: Bench = Bench { name: "check", run };

fn run(plan: &Plan) -> Result<Row> {
    let Serving { server, sessions, tokens, .. } = &Serving::sessions(plan, SESSIONS)?;
    let hyper = Server::hyper(plan)?;
    let request = |session: &Session| load::check(tokens.bearer(session.id).as_str());
    let requests: Requests = Arc::new(sessions.iter().map(request).collect());
    let floor = || load::drive(plan, &hyper, &requests);
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, server, &requests))?;
    Ok(Row::compared(BENCH.name, "checks by bearer", "bare hyper, 200 constant bytes", &pairs))
}
