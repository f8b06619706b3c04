//! How long an administrator waits for a change of an account with very many users: whether a change costs what it changes.
//! One at a time, against the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Bench;
use super::lists::{TOKEN, put_token};
use crate::child::{Company, Server, measure_floor};
use crate::figures::{Round, nanos};
use crate::fixture::{Fixture, Place};
use crate::load::{self, Connection, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};
use crate::turns::{Turn, take_turns};
use crate::{cpu, floors, timing};

pub(super) const BENCH: Bench = Bench { name: "directory", run };

/// How many users the account has.
const USERS: usize = 100_000;

/// How often each change is made in a round.
const TIMES: usize = 20;

/// The kinds of change, and how long each may take, in milliseconds.
const CHANGES: [(Kind, &str, f64); 5] = [
    (Kind::Token, "a token made", 5.0),
    (Kind::Group, "a group renamed", 10.0),
    (Kind::Profile, "a profile changed", 10.0),
    (Kind::NewUser, "a user made", 10.0),
    (Kind::User, "a user renamed", 10.0),
];

/// How many changes were made: each gives another name.
static MADE: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Copy)]
enum Kind {
    Token,
    Group,
    Profile,
    NewUser,
    User,
}

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people_of_many_sessions(USERS, 1)?;
    block_on(fixture.write(folder.path(), &[]))?;
    block_on(put_token(folder.path(), &fixture.master))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let mut turns = vec![Turn::floor(floors::fsync::WHAT, || measure_floor(plan, "fsync", Company::None))];
    for (kind, what, _) in CHANGES {
        let (server, fixture) = (&server, &fixture);
        turns.push(Turn::subject(what, move || change_all(server, fixture, kind)));
    }
    let sides = take_turns(plan, BENCH.name, &turns)?;
    let mut finding = Finding::new(BENCH.name);
    for ((_, what, bound), side) in CHANGES.iter().zip(sides.iter().skip(1)) {
        let label = format!("{what}, {} users in the account", grouped(USERS));
        finding = finding.with(Figure::new(label, "ms", side.p50_ms()).at_most(*bound));
    }
    Ok(finding.with_sides(sides))
}

fn change_all(server: &Server, fixture: &Fixture, kind: Kind) -> Result<Round> {
    let target = server.target();
    let before = cpu::time_of(target.process)?;
    let user = fixture.users.first().map_or(0, |user| user.id.0);
    let latencies = block_on(async {
        let mut connection = Connection::open(target.address).await?;
        let mut latencies = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            latencies.push(nanos(change(&mut connection, kind, user).await?));
        }
        Ok(latencies)
    })?;
    let cpu = cpu::time_of(target.process)?.saturating_sub(before);
    let elapsed = Duration::from_nanos(latencies.iter().sum());
    Ok(Round::new(latencies, elapsed, cpu))
}

/// Makes a change that was not made before, and takes the time; what has a limit is deleted afterwards, untimed.
async fn change(connection: &mut Connection, kind: Kind, user: i64) -> Result<Duration> {
    let account = format!("/admin/v1/accounts/{}", Place(0).id());
    let name = format!("made {}", MADE.fetch_add(1, Ordering::Relaxed));
    let (method, path, body) = match kind {
        Kind::Token => ("POST", format!("{account}/application-tokens"), json!({ "name": name })),
        Kind::Group => ("PATCH", format!("{account}/groups/-1"), json!({ "name": name })),
        Kind::Profile => ("PATCH", format!("{account}/profiles/2"), json!({ "name": name })),
        Kind::NewUser => ("POST", format!("{account}/users"), json!({ "login_name": name })),
        Kind::User => ("PATCH", format!("{account}/users/{user}"), json!({ "full_name": name })),
    };
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Authorization", &*bearer), ("If-Match", "*")];
    // What is made has no state before it.
    let headers = if method == "POST" { &headers[..1] } else { &headers[..] };
    let request = load::with_json((method, &path), headers, &body);
    let asked = timing::now();
    let (status, made) = connection.json_of(&request).await?;
    let took = asked.elapsed();
    ensure!(status.starts_with('2'), "it is answered {status}: {made}");
    if let Kind::Token = kind {
        delete(connection, &format!("{path}/{}", made["id"]), &bearer).await?;
    }
    Ok(took)
}

async fn delete(connection: &mut Connection, path: &str, bearer: &str) -> Result<()> {
    let headers = [("Authorization", bearer), ("If-Match", "*")];
    let request = load::with_json(("DELETE", path), &headers, &Value::Null);
    let status = connection.status_of(&request).await?;
    ensure!(status == "204", "a deletion is answered {status}");
    Ok(())
}
