//! Checks as Envoy asks them over gRPC, by the rule `default` and bearers drawn at random, against bare tonic that reads the same
//! messages and answers all of them with the message that the service has answered one.

use anyhow::{Context as _, Result};

use super::Bench;
use crate::child::Server;
use crate::data::Size;
use crate::floors::tonic;
use crate::load;
use crate::plan::Plan;
use crate::report::{Figure, Finding};
use crate::turns::{Turn, take_turns};

pub(super) const BENCH: Bench = Bench { name: "grpc-check", run };

/// How many sessions there are to show bearers of.
const SESSIONS: usize = 10_000;

fn run(plan: &Plan) -> Result<Finding> {
    let instance = plan.instance(Size::of(SESSIONS))?;
    let bearers = &instance.bearers;
    let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
    let answer =
        load::answer_to_envoy(server.target_for_envoy(), bearers.get(0).context("there is no session")?)?;
    let folder = plan.new_folder()?;
    let file = folder.path().join("answer");
    std::fs::write(&file, answer)?;
    let tonic = Server::tonic(plan, &file)?;
    let turns = [
        Turn::floor(tonic::WHAT, || load::drive_checks_of_envoy(plan, tonic.target(), bearers)),
        Turn::subject("checks over gRPC", || {
            load::drive_checks_of_envoy(plan, server.target_for_envoy(), bearers)
        }),
    ];
    let sides = take_turns(plan, BENCH.name, &turns)?;
    drop(turns);
    let mut finding = Finding::new(BENCH.name);
    if let [floor, subject] = &sides[..] {
        let cpu = Figure::ratio("CPU: checks over gRPC / bare tonic", subject.cpu_against(floor));
        let rate = Figure::ratio("per second: checks over gRPC / bare tonic", subject.rate_against(floor));
        finding = finding.with(cpu.at_most(1.3)).with(rate);
    }
    Ok(finding.with_sides(sides))
}
