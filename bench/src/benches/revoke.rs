//! How long somebody waits until a session is ended for good, or all of a user's: a logout, and a change of password by
//! users who hold one, ten and a thousand sessions. One at a time; after each change the bearer of one of the sessions
//! is shown, and must be refused. Against the disk, and against the two hashes that a change of password takes.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use vestibule_crypto::TokenKeys;
use vestibule_model::{Clock as _, Session, User};

use super::Bench;
use super::refresh::of_session;
use crate::child::{Company, Server, measure_floor};
use crate::figures::{Round, nanos};
use crate::fixture::{Fixture, PASSWORD, Place, new_session};
use crate::load::{self, Answer, Connection, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};
use crate::turns::{Turn, take_turns};
use crate::{cpu, floors, timing};

pub(super) const BENCH: Bench = Bench { name: "revoke", run };

/// How many sessions the users hold.
const HELD: [usize; 3] = [1, 10, 1_000];

/// How many of each there are in a round: they are slow, and each happens once.
const CHANGES: usize = 10;
const LOGOUTS: usize = 200;

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let acts = Acts::prepare(plan)?;
    block_on(acts.fixture.write(folder.path(), &acts.sessions))?;
    let server = Server::vestibule(plan, folder.path(), &acts.fixture)?;
    let mut turns = vec![
        Turn::floor(floors::fsync::WHAT, || measure_floor(plan, "fsync", Company::None)),
        Turn::floor(floors::HASH, || measure_floor(plan, "hash", Company::None)),
        Turn::subject("logout", || perform(&server, &acts.logouts, LOGOUTS)),
    ];
    for (held, changes) in HELD.iter().zip(&acts.changes) {
        let what = format!("change of password, {} sessions held", grouped(*held));
        let server = &server;
        turns.push(Turn::subject(what, move || perform(server, changes, CHANGES)));
    }
    let sides = take_turns(plan, BENCH.name, &turns)?;
    let mut finding = Finding::new(BENCH.name);
    if let [fsync, hash, logout, one, .., thousand] = &sides[..] {
        finding = finding
            .with(Figure::ratio("p50: logout / append and fdatasync", logout.p50_against(fsync)))
            .with(Figure::ratio(
                "p50: change of password, 1 session held / raw hashing",
                one.p50_against(hash),
            ))
            .with(Figure::ratio(
                "p50: change of password, 1,000 / 1 sessions held",
                thousand.p50_against(one),
            ));
    }
    Ok(finding.with_sides(sides))
}

/// Something that ends sessions, and a check that must then be refused.
struct Act {
    request: Box<[u8]>,
    answer: Answer,
    refused: Vec<u8>,
}

/// Acts of one kind, each of which can be done once.
struct Queue {
    acts: Vec<Act>,
    next: Cell<usize>,
}

impl Queue {
    fn of(acts: impl Iterator<Item = Act>) -> Self {
        Self { acts: acts.collect(), next: Cell::new(0) }
    }

    fn take(&self, count: usize) -> &[Act] {
        let from = self.next.replace(self.next.get() + count);
        self.acts.get(from..from + count).unwrap_or_default()
    }
}

/// Everything that is done in all rounds.
struct Acts {
    fixture: Fixture,
    sessions: Vec<Session>,
    logouts: Queue,
    changes: Vec<Queue>,
}

impl Acts {
    fn prepare(plan: &Plan) -> Result<Self> {
        let rounds = plan.rounds as usize;
        let (leaving, changing) = (rounds * LOGOUTS, rounds * CHANGES);
        let fixture = Fixture::people_of_many_sessions(leaving + HELD.len() * changing, 1)?;
        let keys = TokenKeys::derive(&fixture.master);
        let sessions = RefCell::new(Vec::new());
        let open = |user: &User, count: usize| {
            let opened = (0..count).map(|_| new_session(&keys, user, timing::SystemClock.now()));
            let opened: Vec<Session> = opened.collect();
            sessions.borrow_mut().extend(opened.iter().cloned());
            opened
        };
        let (leaving, changing_users) = fixture.users.split_at(leaving);
        let logouts = leaving.iter().flat_map(|user| open(user, 1)).map(|session| Act {
            request: of_session("logout", &keys, (session.id, session.account)),
            answer: Answer::Status("200"),
            refused: load::check(keys.bearer(session.id).as_ref()),
        });
        let logouts = Queue::of(logouts);
        let changes = HELD.iter().zip(changing_users.chunks(changing)).map(|(held, users)| {
            Queue::of(users.iter().filter_map(|user| {
                // Any of them: the last is as good as the others.
                let last = open(user, *held).pop();
                last.map(|session| change(user, load::check(keys.bearer(session.id).as_ref())))
            }))
        });
        let changes = changes.collect();
        let sessions = sessions.take();
        Ok(Self { fixture, sessions, logouts, changes })
    }
}

fn change(user: &User, refused: Vec<u8>) -> Act {
    let body = json!({
        "clientName": Place(0).code(), "userName": user.login_name, "agent": false,
        "password": PASSWORD, "newPassword": "an0ther-passw0rd",
    });
    Act {
        request: load::post_json("/session/v6.0/password", &[], &body),
        answer: Answer::Status("204"),
        refused,
    }
}

/// Does so many, one after the other, and looks after each whether the session is refused, which does not count.
fn perform(server: &Server, queue: &Queue, count: usize) -> Result<Round> {
    let target = server.target();
    let before = cpu::time_of(target.process)?;
    let (latencies, elapsed) = block_on(perform_all(target.address, queue.take(count)))?;
    let cpu = cpu::time_of(target.process)?.saturating_sub(before);
    Ok(Round::new(latencies, elapsed, cpu))
}

async fn perform_all(address: SocketAddr, acts: &[Act]) -> Result<(Vec<u64>, Duration)> {
    let mut connection = Connection::open(address).await?;
    let (mut latencies, mut elapsed) = (Vec::new(), Duration::ZERO);
    for act in acts {
        let asked = timing::now();
        connection.exchange(&act.request, act.answer).await?;
        let took = asked.elapsed();
        latencies.push(nanos(took));
        elapsed += took;
        let refused = connection.exchange(&act.refused, Answer::Status("401")).await;
        refused.context("an ended session is not refused")?;
    }
    Ok((latencies, elapsed))
}
