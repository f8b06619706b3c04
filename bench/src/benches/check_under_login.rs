//! Checks while others log in by password without pause, against the same checks alone, and those logins against raw
//! hashing: neither may starve the other.

use std::cell::RefCell;

use anyhow::Result;

use super::Bench;
use super::login::logins;
use crate::child::{Company, Server, measure_floor};
use crate::data::Size;
use crate::floors::{self, hyper};
use crate::load::{self, Answer, Crowd, Kind, Questions};
use crate::plan::Plan;
use crate::report::{Figure, Finding, Part, Side, grouped};
use crate::turns::{Turn, take_turns};

pub(super) const BENCH: Bench = Bench { name: "check-under-login", run };

/// How many clients log in, each on a connection of its own.
const LOGGING_IN: u32 = 32;

/// How many users they log in as.
const USERS: usize = 10_000;

fn run(plan: &Plan) -> Result<Finding> {
    let size = plan.smallest();
    let instance = plan.instance(Size::of(size))?;
    let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
    let hyper = Server::hyper(plan)?;
    let questions = Questions::checks(&instance.bearers, Kind::Genuine, Answer::Status("200"));
    let checks = Crowd { clients: plan.connections, questions: questions.clone() };
    let logins =
        Crowd { clients: LOGGING_IN, questions: logins(&instance.fixture, USERS).that_may_be_turned_away() };
    let meanwhile = RefCell::new(Vec::new());
    let turns = [
        Turn::floor(floors::HASH, || measure_floor(plan, "hash", Company::Load)),
        Turn::floor(hyper::WHAT, || load::drive(plan, hyper.target(), &questions)),
        Turn::floor(format!("checks alone, {} sessions", grouped(size)), || {
            load::drive(plan, server.target(), &questions)
        }),
        Turn::subject(format!("checks while {LOGGING_IN} clients log in"), || {
            let together = load::drive_all(plan, server.target(), &[checks.clone(), logins.clone()])?;
            meanwhile.borrow_mut().extend(together.others);
            Ok(together.first)
        }),
    ];
    let mut sides = take_turns(plan, BENCH.name, &turns)?;
    drop(turns);
    let logins =
        Side::new("answers to password logins meanwhile".to_owned(), Part::Subject, meanwhile.into_inner());
    let mut finding = Finding::new(BENCH.name);
    if let [hashing, _, alone, beside] = &sides[..] {
        finding = finding
            .with(Figure::ratio("p99: checks under login / alone", beside.p99_against(alone)).at_most(2.0))
            .with(
                Figure::ratio("per second: checks under login / alone", beside.rate_against(alone))
                    .at_least(0.85),
            )
            .with(
                Figure::ratio(
                    "per second: password logins while checks saturate / raw hashing",
                    logins.rate_against(hashing),
                )
                .at_least(0.1),
            );
    }
    sides.push(logins);
    Ok(finding.with_sides(sides))
}
