//! How long it takes until 1,000 clients that listen to events have heard that a session ended, and what that costs the one who ends
//! it: logouts, one at a time, while nobody listens, one client, and a thousand.
//!
//! From the moment that the logout is asked for until it has arrived at each client, so the commit and the clients' own reading are in
//! it: the load reads on one core from all of them.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::timeout;
use vestibule_crypto::TokenKeys;

use super::Bench;
use super::refresh::of_session;
use crate::child::{Company, Server, measure_floor};
use crate::figures::{Round, nanos};
use crate::fixture::{CLIENT_ID, CLIENT_SECRET, Fixture};
use crate::load::{Answer, Connection, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding};
use crate::turns::{Turn, take_turns};
use crate::{cpu, floors, timing};

pub(super) const BENCH: Bench = Bench { name: "events", run };

/// How many listen.
const MANY: usize = 1_000;

/// How many log out in a round, of each number that listens.
const LOGOUTS: usize = 100;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many log out, and who listens.
const LISTENING: [usize; 3] = [0, 1, MANY];

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let count = plan.rounds as usize * LOGOUTS * LISTENING.len();
    let fixture = Fixture::people(count)?;
    let sessions = fixture.sessions();
    block_on(fixture.write(folder.path(), &sessions))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let keys = TokenKeys::derive(&fixture.master);
    let logouts = sessions.iter().map(|session| of_session("logout", &keys, (session.id, session.account)));
    let logouts = Logouts { requests: logouts.collect(), next: Cell::new(0) };
    let arrivals = RefCell::new(Vec::new());
    let (server, logouts, arrivals) = (&server, &logouts, &arrivals);
    let mut turns = vec![Turn::floor(floors::fsync::WHAT, || measure_floor(plan, "fsync", Company::None))];
    for listening in LISTENING {
        turns.push(Turn::subject(format!("logouts, {listening} listen"), move || {
            let (ended, heard) = measure(server, logouts, listening)?;
            if listening == MANY {
                arrivals.borrow_mut().push(heard);
            }
            Ok(ended)
        }));
    }
    turns.push(Turn::subject(format!("arrivals at {MANY} who listen"), || {
        arrivals.borrow_mut().pop().context("nothing was heard")
    }));
    let sides = take_turns(plan, BENCH.name, &turns)?;
    let mut finding = Finding::new(BENCH.name);
    if let [_, nobody, one, many, arrivals] = &sides[..] {
        finding = finding
            .with(Figure::new("p99: asked for until arrived", "ms", arrivals.p99_ms()).at_most(50.0))
            .with(Figure::ratio("p50: logout, 1 / 0 listen", one.p50_against(nobody)))
            .with(Figure::ratio("p50: logout, 1,000 / 0 listen", many.p50_against(nobody)));
    }
    Ok(finding.with_sides(sides))
}

/// Logouts, each of which can be done once.
struct Logouts {
    requests: Vec<Box<[u8]>>,
    next: Cell<usize>,
}

/// What those who listen have heard.
#[derive(Default)]
struct Heard {
    at: RefCell<Vec<Instant>>,
    changed: Notify,
}

/// Logs out one after the other: how long each took, and when it was heard.
fn measure(server: &Server, logouts: &Logouts, listening: usize) -> Result<(Round, Round)> {
    let from = logouts.next.replace(logouts.next.get() + LOGOUTS);
    let requests = logouts.requests.get(from..from + LOGOUTS).context("nobody is left")?;
    let target = server.target();
    let heard = Rc::<Heard>::default();
    block_on(LocalSet::new().run_until(async {
        for _ in 0..listening {
            let stream = listen(target.address).await?;
            tokio::task::spawn_local(hear(stream, Rc::clone(&heard)));
        }
        let mut connection = Connection::open(target.address).await?;
        let (mut took, mut arrived, mut elapsed) = (Vec::new(), Vec::new(), Duration::ZERO);
        let before = cpu::time_of(target.process)?;
        for request in requests {
            heard.at.borrow_mut().clear();
            let asked = timing::now();
            connection.exchange(request, Answer::Status("200")).await?;
            took.push(nanos(asked.elapsed()));
            let all = async {
                while heard.at.borrow().len() < listening {
                    heard.changed.notified().await;
                }
            };
            timeout(PATIENCE, all).await.context("an end is not heard")?;
            elapsed += asked.elapsed();
            arrived.extend(heard.at.borrow().iter().map(|at| nanos(at.duration_since(asked))));
        }
        let cpu = cpu::time_of(target.process)?.saturating_sub(before);
        Ok((Round::new(took, elapsed, cpu), Round::new(arrived, elapsed, cpu)))
    }))
}

/// Opens a stream, and reads until its first lease.
async fn listen(address: SocketAddr) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
    let proof = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let head = "GET /gateway/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ";
    stream.write_all(format!("{head}{proof}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    while memmem::find(&answer, b"event: lease").is_none() {
        let count = stream.read_buf(&mut answer).await?;
        ensure!(count > 0, "no stream: {}", String::from_utf8_lossy(&answer));
    }
    Ok(stream)
}

async fn hear(mut stream: TcpStream, heard: Rc<Heard>) -> Result<()> {
    let mut bytes = vec![0; 4_096];
    loop {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            bail!("a stream is over");
        }
        // An event comes in one piece: it was written at once.
        if memmem::find(bytes.get(..count).unwrap_or_default(), b"session-ended").is_some() {
            heard.at.borrow_mut().push(timing::now());
            heard.changed.notify_one();
        }
    }
}
