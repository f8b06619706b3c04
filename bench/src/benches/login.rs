//! Password logins, against verifying the same hash in a loop.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use super::{Bench, compare};
use crate::child::{Company, Server, measure_floor};
use crate::fixture::{Fixture, PASSWORD};
use crate::floors;
use crate::load::{self, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

/// How many people log in.
pub(crate) const PEOPLE: usize = 200;

pub(super) const BENCH: Bench = Bench { name: "login", run };

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(PEOPLE)?;
    block_on(fixture.write(folder.path(), &[]))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    // The hash threads give way to everything: on a machine that gives them nothing logins are turned away, which is told.
    let logins = logins(&fixture, PEOPLE).that_may_be_turned_away();
    let floor = Turn::floor(floors::HASH, || measure_floor(plan, "hash", Company::Load));
    let subject = Turn::subject("password logins", || load::drive(plan, server.target(), &logins));
    compare(plan, BENCH.name, &[floor, subject], Some(0.95))
}

/// Logins by password of so many users.
pub(super) fn logins(fixture: &Fixture, count: usize) -> Arc<Questions> {
    let login = |user: &vestibule_model::User| {
        let body = json!({ "username": user.login_name, "password": PASSWORD });
        load::post(user.account.as_str(), "login", &[], &body)
    };
    Questions::prepared(fixture.users.iter().take(count).map(login).collect())
}
