//! Checks while others show forged responses without pause, against the same checks alone; and logins meanwhile, which go on.

use std::cell::RefCell;

use anyhow::Result;
use serde_json::json;
use vestibule_crypto::TokenKeys;
use vestibule_model::Clock as _;

use super::Bench;
use super::federated_login::{Federated, enough, logins};
use crate::data::Tokens;
use crate::fixture::{Place, federated, new_session};
use crate::load::{self, Answer, Crowd, Kind, Questions};
use crate::plan::Plan;
use crate::report::{Figure, Finding, Part, Side};
use crate::timing::SystemClock;
use crate::turns::{Turn, take_turns};

pub(super) const BENCH: Bench = Bench { name: "check-under-forgery", run };

/// How many clients show forged responses, each on a connection of its own.
const FORGING: u32 = 32;

/// How many log in by genuine ones meanwhile.
const LOGGING_IN: u32 = 4;

/// More genuine logins than come through in a second beside them.
const LOGINS_A_SECOND: usize = 400;

fn run(plan: &Plan) -> Result<Finding> {
    let federated = Federated::start(plan)?;
    let people = federated.people();
    // The bearers are of nobody: a check of an unknown bearer costs as much as one that finds its session.
    let keys = TokenKeys::derive(&federated.fixture.master);
    let now = SystemClock.now();
    let ids: Vec<_> = people.iter().map(|user| new_session(&keys, user, now).id).collect();
    let bearers = std::sync::Arc::new(Tokens::bearers(&keys, &ids));
    let questions = Questions::checks(&bearers, Kind::Genuine, Answer::Status("401"));
    let body = json!({ "jwt": "dummy", "assertion": federated::forged_response(&people[0]) });
    let forged = load::post(Place(0).id().as_str(), "login", &[], &body);
    let forged = Questions::prepared(vec![forged]).that_is_refused();
    let genuine = logins(&federated::responses(&people, enough(plan, LOGINS_A_SECOND)));
    let checks = Crowd { clients: plan.connections, questions: questions.clone() };
    let crowds = [
        checks,
        Crowd { clients: FORGING, questions: forged },
        Crowd { clients: LOGGING_IN, questions: genuine.that_may_be_turned_away() },
    ];
    let meanwhile = RefCell::new([Vec::new(), Vec::new()]);
    let turns = [
        Turn::floor("checks alone", || load::drive(plan, federated.server.target(), &questions)),
        Turn::subject(format!("checks while {FORGING} clients show forged responses"), || {
            let together = load::drive_all(plan, federated.server.target(), &crowds)?;
            let mut others = together.others.into_iter();
            for rounds in &mut *meanwhile.borrow_mut() {
                rounds.extend(others.next());
            }
            Ok(together.first)
        }),
    ];
    let mut sides = take_turns(plan, BENCH.name, &turns)?;
    drop(turns);
    let [forged, genuine] = meanwhile.into_inner();
    let forged = Side::new("refusals of forged responses meanwhile".to_owned(), Part::Subject, forged);
    let genuine = Side::new("logins by genuine responses meanwhile".to_owned(), Part::Subject, genuine);
    let mut finding = Finding::new(BENCH.name);
    if let [alone, beside] = &sides[..] {
        finding = finding
            .with(Figure::ratio("p99: checks under forgery / alone", beside.p99_against(alone)).at_most(2.0));
    }
    sides.extend([forged, genuine]);
    Ok(finding.with_sides(sides))
}
