//! Logins of bots by the values of their key, against the commits that they make and against the disk.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use vestibule_model::{User, UserKind};

use super::{Bench, compare};
use crate::child::{Company, Server, measure_floor};
use crate::fixture::{ACCESS_TOKEN, ACCESS_TOKEN_SECRET, APP_KEY, Fixture, SECRET};
use crate::floors;
use crate::load::{self, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

/// How many bots log in: so many that they seldom wait for each other's turn.
pub(crate) const BOTS: usize = 1_024;

pub(super) const BENCH: Bench = Bench { name: "key-login", run };

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::bots(BOTS)?;
    block_on(fixture.write(folder.path(), &[]))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let logins = key_logins(&fixture);
    let turns = [
        Turn::floor(floors::STORE, || measure_floor(plan, "store", Company::Load)),
        Turn::floor(floors::fsync::WHAT, || measure_floor(plan, "fsync", Company::Load)),
        Turn::subject("key logins", || load::drive(plan, server.target(), &logins)),
    ];
    compare(plan, BENCH.name, &turns, Some(0.6))
}

/// Logins of every bot.
pub(super) fn key_logins(fixture: &Fixture) -> Arc<Questions> {
    let login = |user: &User| {
        let body = json!({
            "username": user.login_name, "appKey": APP_KEY, "secret": SECRET,
            "accessToken": ACCESS_TOKEN, "accessTokenSecret": ACCESS_TOKEN_SECRET,
        });
        load::post(user.account.as_str(), "login", &[], &body)
    };
    let bots = fixture.users.iter().filter(|user| user.kind == UserKind::Bot);
    Questions::prepared(bots.map(login).collect())
}
