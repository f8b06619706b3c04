//! Checks of sessions as gateways ask for them, against bare hyper that reads the same requests and answers a constant.

use std::sync::Arc;

use anyhow::Result;
use vestibule_crypto::TokenKeys;

use super::refresh::SESSIONS;
use super::{Bench, Plan, block_on, take_turns};
use crate::child::Server;
use crate::fixture::Fixture;
use crate::load::{self, Requests};
use crate::report::Row;

pub(super) const BENCH: Bench = Bench { name: "check", run };

fn run(plan: &Plan) -> Result<Row> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(SESSIONS)?;
    let sessions = fixture.sessions();
    block_on(fixture.write(folder.path(), &sessions))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let hyper = Server::hyper(plan)?;
    let tokens = TokenKeys::derive(&fixture.master);
    let requests: Requests =
        Arc::new(sessions.iter().map(|session| load::check(tokens.bearer(session.id).as_str())).collect());
    let floor = || load::drive(plan, &hyper, &requests);
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, &server, &requests))?;
    Ok(Row::compared(BENCH.name, "checks by bearer", "bare hyper, 200 constant bytes", &pairs))
}
