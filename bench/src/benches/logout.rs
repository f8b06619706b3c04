//! Logouts, each of a session that lives, against the commits that they make and against the disk.

use anyhow::Result;

use super::refresh::of_session;
use super::{Bench, compare};
use crate::child::{Company, Server, measure_floor};
use crate::data::{Instance, Size, enough_for};
use crate::floors;
use crate::load::{self, Questions};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

pub(super) const BENCH: Bench = Bench { name: "logout", run };

/// More than log out in a second; a round ends before its time when nobody is left.
const AT_MOST: f64 = 60_000.0;

fn run(plan: &Plan) -> Result<Finding> {
    let time = plan.rounds * (plan.warm_up + plan.span);
    let instance = Instance::build(plan.new_folder()?, Size::of(enough_for(AT_MOST, time)))?;
    let keys = instance.keys();
    let logout = |(id, user): (_, &vestibule_model::User)| of_session("logout", &keys, (id, user.account));
    let logouts = Questions::once(instance.sessions().map(logout).collect());
    let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
    let turns = [
        Turn::floor(floors::ENDS, || measure_floor(plan, "ends", Company::Load)),
        Turn::floor(floors::fsync::WHAT, || measure_floor(plan, "fsync", Company::Load)),
        Turn::subject("logouts", || load::drive(plan, server.target(), &logouts)),
    ];
    compare(plan, BENCH.name, &turns, None)
}
