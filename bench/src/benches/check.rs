//! Checks of sessions as gateways ask for them, by tokens drawn at random from few and from many live sessions: valid,
//! unknown (genuine, but the session does not live) and forged ones; valid ones also on connections that are kept off the fast
//! path, and by the path of nginx, with its headers, a target and the name of a rule. Against bare hyper and nginx, which read the same
//! requests and answer a constant, against bare hyper that answers with as many headers, and against a `GET` of Redis.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use vestibule_model::{Clock as _, Millis};

use super::Bench;
use crate::child::{Server, find};
use crate::data::{Instance, Size, Tokens};
use crate::figures::{Round, Spread};
use crate::floors::{hyper, nginx::Nginx, redis, redis::Redis};
use crate::load::{self, Answer, Connection, Kind, Questions};
use crate::plan::Plan;
use crate::report::{Figure, Finding, Missing, Side, grouped};
use crate::timing::SystemClock;
use crate::turns::{Turn, take_turns};

pub(super) const BENCH: Bench = Bench { name: "check", run };

/// The sizes that goals are set for.
const THOUSANDS: usize = 10_000;
const MILLION: usize = 1_000_000;
const MILLIONS: usize = 10_000_000;

/// What is asked at each size, in this order.
const KINDS: [&str; 5] = [VALID, BY_HYPER, OF_NGINX, "unknown", "forged"];
const VALID: &str = "valid";
const BY_HYPER: &str = "valid, not on the fast path";
const OF_NGINX: &str = "valid, by nginx's path";

fn run(plan: &Plan) -> Result<Finding> {
    let subjects = plan.sizes.iter().map(|size| Subject::start(plan, *size)).collect::<Result<Vec<_>>>()?;
    let floors = Floors::start(plan, subjects.first().context("no number of sessions")?)?;
    let mut turns = floors.turns(plan);
    let floor_count = turns.len();
    turns.extend(subjects.iter().flat_map(|subject| subject.turns(plan)));
    let sides = take_turns(plan, BENCH.name, &turns)?;
    drop(turns);

    let (floor_sides, subject_sides) = sides.split_at(floor_count);
    let by_size: Vec<Checked<'_>> =
        subjects.iter().zip(subject_sides.chunks(KINDS.len())).filter_map(Checked::of).collect();
    let mut finding = Finding::new(BENCH.name).with_missing(floors.missing);
    for checked in &by_size {
        finding = checked.figures(finding, floor_sides);
    }
    finding = across_sizes(finding, &by_size);
    Ok(finding.with_sides(sides.clone()))
}

/// What the checks are compared with.
struct Floors {
    hyper: Server,
    /// Answers with the headers of a check.
    hyper_answering: Server,
    nginx: Option<Nginx>,
    redis: Option<Redis>,
    redis_benchmark: bool,
    /// What the requests bear and Redis has as keys: up to a million tokens.
    tokens: Arc<Tokens>,
    missing: Vec<Missing>,
}

impl Floors {
    fn start(plan: &Plan, subject: &Subject) -> Result<Self> {
        let size = plan.sizes.iter().copied().filter(|size| *size <= MILLION).max();
        let tokens = Arc::clone(&plan.instance(Size::of(size.unwrap_or(plan.smallest())))?.bearers);
        let mut missing = Vec::new();
        let nginx = Nginx::start(plan)?.map_err(|absent| missing.push(absent)).ok();
        let redis = Redis::start(plan, &tokens)?.map_err(|absent| missing.push(absent)).ok();
        let own = find(redis::BY_ITS_OWN, "redis-benchmark", "redis-tools");
        let is_there = own.map_err(|absent| missing.push(absent)).is_ok();
        if is_there && redis.is_none() {
            missing.push(Missing { what: redis::BY_ITS_OWN, why: "there is no Redis to ask".to_owned() });
        }
        let redis_benchmark = is_there && redis.is_some();
        let folder = plan.new_folder()?;
        let answer = folder.path().join("answer");
        std::fs::write(&answer, subject.answer()?)?;
        let hyper_answering = Server::hyper_answering(plan, &answer)?;
        Ok(Self {
            hyper: Server::hyper(plan)?,
            hyper_answering,
            nginx,
            redis,
            redis_benchmark,
            tokens,
            missing,
        })
    }

    fn turns<'a>(&'a self, plan: &'a Plan) -> Vec<Turn<'a>> {
        let checks = Questions::checks(&self.tokens, Kind::Genuine, Answer::Status("200"));
        let same = Arc::clone(&checks);
        let of_nginx = Questions::checks_of_nginx(&self.tokens);
        let same_of_nginx = Arc::clone(&of_nginx);
        let mut turns = vec![
            Turn::floor(hyper::WHAT, move || load::drive(plan, self.hyper.target(), &checks)),
            Turn::floor(hyper::SAME_REQUESTS, move || load::drive(plan, self.hyper.target(), &of_nginx)),
            Turn::floor(hyper::SAME_ANSWERS, move || {
                load::drive(plan, self.hyper_answering.target(), &same_of_nginx)
            }),
        ];
        if let Some(nginx) = &self.nginx {
            turns.push(Turn::floor(crate::floors::nginx::WHAT, move || {
                load::drive(plan, nginx.target()?, &same)
            }));
        }
        if let Some(redis) = &self.redis {
            let gets = Questions::redis_get(&self.tokens);
            turns.push(Turn::floor(redis::WHAT, move || load::drive(plan, redis.target(), &gets)));
        }
        if let Some(redis) = self.redis.as_ref().filter(|_| self.redis_benchmark) {
            turns.push(Turn::floor(redis::BY_ITS_OWN, move || redis.measure_by_its_own(plan)));
        }
        turns
    }
}

/// The service with so many live sessions.
struct Subject {
    size: usize,
    server: Server,
    unknown: Arc<Tokens>,
    instance: Rc<Instance>,
    /// Last uses that were written for each second of valid checks, by rounds.
    written: RefCell<Vec<f64>>,
}

impl Subject {
    fn start(plan: &Plan, size: usize) -> Result<Self> {
        let instance = plan.instance(Size::of(size))?;
        let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
        server.rest()?;
        Ok(Self { size, server, unknown: instance.unknown(), instance, written: RefCell::default() })
    }

    fn turns<'a>(&'a self, plan: &'a Plan) -> [Turn<'a>; KINDS.len()] {
        let live = &self.instance.bearers;
        let turn = |kind: &'static str, questions: Arc<Questions>| {
            let what = format!("checks, {} sessions, {kind}", grouped(self.size));
            Turn::subject(what, move || {
                self.server.wake()?;
                let is_valid = [VALID, BY_HYPER, OF_NGINX].contains(&kind);
                if is_valid && self.size <= MILLION {
                    self.write_what_is_due(plan)?;
                }
                let begun = SystemClock.now();
                let drive = if kind == BY_HYPER { load::drive_by_hyper } else { load::drive };
                let round = drive(plan, self.server.target(), &questions)?;
                // What it owes for this turn is not for the next to pay. A turn that touches nothing owes nothing.
                if is_valid {
                    self.server.settle()?;
                }
                self.server.rest()?;
                if kind == VALID {
                    self.note_written(begun, plan.warm_up + plan.span)?;
                }
                Ok(round)
            })
        };
        let refused = Answer::Status("401");
        KINDS.map(|kind| {
            let questions = match kind {
                OF_NGINX => Questions::checks_of_nginx(live),
                "unknown" => Questions::checks(&self.unknown, Kind::Genuine, refused),
                "forged" => Questions::checks(live, Kind::Forged, refused),
                _ => Questions::checks(live, Kind::Genuine, Answer::Status("200")),
            };
            turn(kind, questions)
        })
    }
}

impl Subject {
    /// What a check by nginx's path is answered.
    fn answer(&self) -> Result<Vec<u8>> {
        self.server.wake()?;
        let request =
            Questions::checks_of_nginx(&self.instance.bearers).one().context("there is no session")?;
        let answer = load::block_on(async {
            let mut connection = Connection::open(self.server.target().address).await?;
            Ok(connection.answer_to(&request).await?.to_vec())
        });
        self.server.rest()?;
        answer
    }

    /// Uses every session once, so that every block of last uses has something to write at its turn, as in a service that is asked all
    /// the time. With ten million it would take minutes, and the checks reach every block anyway.
    fn write_what_is_due(&self, plan: &Plan) -> Result<()> {
        load::ask_all(plan, self.server.target(), &Questions::each_once(&self.instance.bearers))?;
        self.server.settle()
    }

    /// Notes how many last uses of a turn were written: in so short a time no block is written twice.
    fn note_written(&self, begun: Millis, turn: Duration) -> Result<()> {
        let written = Round::rate(self.instance.written_since(begun)?, turn);
        self.written.borrow_mut().push(written);
        Ok(())
    }
}

/// What was found at one size.
struct Checked<'a> {
    size: usize,
    valid: &'a Side,
    by_hyper: &'a Side,
    of_nginx: &'a Side,
    forged: &'a Side,
    written: Spread,
}

impl<'a> Checked<'a> {
    fn of((subject, sides): (&Subject, &'a [Side])) -> Option<Self> {
        let [valid, by_hyper, of_nginx, _, forged] = sides else { return None };
        let written = Spread::of(subject.written.borrow().iter().copied());
        Some(Self { size: subject.size, valid, by_hyper, of_nginx, forged, written })
    }

    fn figures(&self, mut finding: Finding, floors: &[Side]) -> Finding {
        let Self { size, valid, by_hyper, of_nginx, forged, written } = self;
        let size = grouped(*size);
        let (of_nginx_floors, floors): (Vec<&Side>, Vec<&Side>) = floors
            .iter()
            .partition(|floor| [hyper::SAME_REQUESTS, hyper::SAME_ANSWERS].contains(&floor.what()));
        for floor in of_nginx_floors {
            let label = format!("CPU per check by nginx's path at {size} / {}", floor.what());
            let cpu = Figure::ratio(label, of_nginx.cpu_against(floor));
            let is_judged = floor.what() == hyper::SAME_REQUESTS && self.size == MILLION;
            finding = finding.with(if is_judged { cpu.at_most(1.1) } else { cpu });
        }
        for floor in floors {
            let rate = Figure::ratio(
                format!("checks per second at {size} / {}", floor.what()),
                valid.rate_against(floor),
            );
            let is_redis = [redis::WHAT, redis::BY_ITS_OWN].contains(&floor.what());
            let rate = if is_redis { rate.at_least(1.0) } else { rate };
            let cpu = Figure::ratio(
                format!("CPU per check at {size} / {}", floor.what()),
                valid.cpu_against(floor),
            );
            let is_judged = floor.what() == hyper::WHAT && self.size == MILLION;
            finding = finding.with(rate).with(if is_judged { cpu.at_most(1.25) } else { cpu });
        }
        let label = format!("last uses written per second of valid checks at {size}");
        finding = finding.with(Figure::new(label, "/s", *written));
        let label = format!("CPU per check at {size}: fast path / not");
        finding = finding.with(Figure::ratio(label, valid.cpu_against(by_hyper)));
        let label = format!("per second at {size}: fast path / not");
        finding = finding.with(Figure::ratio(label, valid.rate_against(by_hyper)));
        let label = format!("CPU per check at {size}: by nginx's path / plain");
        finding = finding.with(Figure::ratio(label, of_nginx.cpu_against(valid)));
        let label = format!("per second at {size}: forged / valid");
        finding.with(Figure::ratio(label, forged.rate_against(valid)).at_least(1.0))
    }
}

/// How much many sessions cost against few.
fn across_sizes(mut finding: Finding, by_size: &[Checked<'_>]) -> Finding {
    let Some((few, rest)) = by_size.split_first() else { return finding };
    for many in rest {
        let label = format!("checks per second: {} / {} sessions", grouped(many.size), grouped(few.size));
        let ratio = Figure::ratio(label, many.valid.rate_against(few.valid));
        let is_judged = few.size == THOUSANDS && many.size == MILLIONS;
        finding = finding.with(if is_judged { ratio.at_least(0.85) } else { ratio });
    }
    finding
}
