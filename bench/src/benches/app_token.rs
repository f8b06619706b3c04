//! Tokens in the name of a client, against the bare signatures that they need.

use anyhow::Result;

use super::{Bench, compare};
use crate::child::{Company, Server, measure_floor};
use crate::fixture::{CLIENT_ID, CLIENT_SECRET, Fixture};
use crate::floors;
use crate::load::{self, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

pub(super) const BENCH: Bench = Bench { name: "app-token", run };

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(1)?;
    block_on(fixture.write(folder.path(), &[]))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let account = fixture.users[0].account;
    let path = format!("/sentinel/api/account/{account}/app/token?v=2.0");
    let form = format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}");
    // The threads that sign give way to everything: on a machine that gives them nothing some are turned away, which is told.
    let tokens = Questions::prepared(vec![load::post_form(&path, &form)]).that_may_be_turned_away();
    let turns = [
        Turn::floor(floors::RS256, || measure_floor(plan, "rs256", Company::Load)),
        Turn::subject("app/token", || load::drive(plan, server.target(), &tokens)),
    ];
    compare(plan, BENCH.name, &turns, Some(0.8))
}
