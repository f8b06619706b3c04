//! Password logins, against verifying the same hash in a loop.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use super::{Bench, Plan, block_on, take_turns};
use crate::child::{Server, measure_floor};
use crate::fixture::{Fixture, PASSWORD};
use crate::load::{self, Requests};
use crate::report::Row;

/// How many people log in.
pub(super) const PEOPLE: usize = 200;

pub(super) const BENCH: Bench = Bench { name: "login", run };

fn run(plan: &Plan) -> Result<Row> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(PEOPLE)?;
    block_on(fixture.write(folder.path(), &[]))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let requests = requests(&fixture);
    let floor = || measure_floor(plan, "hash");
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, &server, &requests))?;
    let row = Row::compared(BENCH.name, "password logins", "hashes verified in a loop", &pairs);
    Ok(row.with_goal(0.9))
}

fn requests(fixture: &Fixture) -> Requests {
    let body = |name: &str| json!({ "username": name, "password": PASSWORD });
    Arc::new(fixture.users.iter().map(|user| load::post("login", &[], &body(&user.login_name))).collect())
}
