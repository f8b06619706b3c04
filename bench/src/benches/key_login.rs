//! Logins of bots by the values of their key, against the commits that they make.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use super::{Bench, Plan, block_on, take_turns};
use crate::child::{Server, measure_floor};
use crate::fixture::{ACCESS_TOKEN, ACCESS_TOKEN_SECRET, APP_KEY, Fixture, SECRET};
use crate::load::{self, Requests};
use crate::report::Row;

/// How many bots log in: so many that they seldom wait for each other's turn.
pub(crate) const BOTS: usize = 1_024;

pub(super) const BENCH: Bench = Bench { name: "key-login", run };

fn run(plan: &Plan) -> Result<Row> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::bots(BOTS)?;
    block_on(fixture.write(folder.path(), &[]))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let requests = requests(&fixture);
    let floor = || measure_floor(plan, "store");
    let pairs = take_turns(plan, BENCH.name, floor, || load::drive(plan, &server, &requests))?;
    Ok(Row::compared(BENCH.name, "key logins", "the same rows committed by the store alone", &pairs))
}

fn requests(fixture: &Fixture) -> Requests {
    let body = |name: &str| {
        json!({
            "username": name, "appKey": APP_KEY, "secret": SECRET,
            "accessToken": ACCESS_TOKEN, "accessTokenSecret": ACCESS_TOKEN_SECRET,
        })
    };
    Arc::new(fixture.users.iter().map(|user| load::post("login", &[], &body(&user.login_name))).collect())
}
