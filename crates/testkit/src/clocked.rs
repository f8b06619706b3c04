//! A server in a process of its own, to be stopped or killed, whose clock the test turns all the same: it goes by what it reads.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vestibule_auth::{Auth, FirstOwner, HashSettings, Settings};
use vestibule_crypto::{Engine, KeyRing, MasterKey, OsRng};
use vestibule_model::{GrantType, Millis};
use vestibule_store::Store;

use crate::server::{open_store, serve, start_auth};
use crate::{AccountFixture, CHEAP, TestClock};

/// The name of the master key's file in the data folder.
const KEY: &str = "master.key";

/// The password of the owner, `admin`.
pub const OWNER_PASSWORD: &str = "admin-password";

/// What the server does besides answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Nothing: what is only in memory stays there.
    Still,
    /// Its background tasks, by the clock that is turned.
    Running,
}

/// Serves the data of `folder`, made at the first time, with a clock that stands at `now`. Says where it listens, for clients and for
/// operators, then reads how many milliseconds to advance, a line each, and echoes it when done; any other line has it write what is
/// in memory. Ends at once with its input, and at SIGTERM as the program does: what is in memory is written.
pub fn run_clocked(folder: &Path, now: Millis, background: Background) -> io::Result<()> {
    // Time of the runtime does not pass by itself while a thread of it waits for input: it is what the test turns.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let served = runtime.block_on(serve_clocked(folder, now, background));
    // The thread that reads may wait for ever.
    runtime.shutdown_background();
    served
}

async fn serve_clocked(folder: &Path, now: Millis, background: Background) -> io::Result<()> {
    let (mut lines, mut stop) = (read_lines(), signal(SignalKind::terminate())?);
    let clock = Arc::new(TestClock::default());
    clock.set(now);
    let is_new = !folder.join(KEY).exists();
    let master = if is_new { MasterKey::generate(&OsRng) } else { read_key(folder)? };
    let store = open_store(folder, &KeyRing::from(&master));
    if is_new {
        std::fs::write(folder.join(KEY), master.to_hex().as_bytes())?;
        store.commit(fixture(&master, now).changes()).await.expect("the fixture is stored");
    }
    let hashing =
        HashSettings { engine: Engine::Portable, params: CHEAP, threads: 1, ..HashSettings::default() };
    let settings = Settings { hashing, ..Settings::default() };
    let auth = start_auth((&store, &Arc::default()), &master, &clock, &settings).await;
    let owner = FirstOwner::WithPassword(OWNER_PASSWORD.to_owned().into());
    auth.administration().make_administrators_account(owner, now).await.expect("there is an owner");
    let tasks = match background {
        Background::Still => None,
        Background::Running => Some(tokio::spawn(Auth::run(Arc::clone(&auth)))),
    };
    let running = serve(&auth, &clock, None);
    say(&format!("http://{} http://{}", running.addresses()[0], running.addresses()[1]))?;
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = stop.recv() => break,
        };
        let Some(line) = line else { return Ok(()) };
        match line.parse() {
            Ok(span) => turn(&clock, &*store, Duration::from_millis(span)).await,
            Err(_) => auth.flush().await.expect("what is in memory is written"),
        }
        say(&line)?;
    }
    running.shutdown(Duration::from_secs(5)).await;
    if let Some(tasks) = tasks {
        tasks.abort();
        let _ = tasks.await;
    }
    auth.flush().await.expect("what is in memory is written");
    Ok(())
}

/// Turns both clocks, and gives what is due by them time to reach the store.
async fn turn(clock: &TestClock, store: &dyn Store, span: Duration) {
    clock.advance(span);
    tokio::time::advance(span).await;
    for _ in 0..3 {
        // An empty commit waits its turn: what was queued before it is written then.
        store.commit(Vec::new()).await.expect("the store answers");
    }
}

/// What there is to administer: an account whose OAuth client may have tokens of its own.
fn fixture(master: &MasterKey, now: Millis) -> AccountFixture {
    let mut fixture = AccountFixture::new(master, now);
    fixture.oauth_client.metadata.grant_types = vec![GrantType::ClientCredentials];
    fixture
}

/// The lines of the input, which end with it.
fn read_lines() -> UnboundedReceiver<String> {
    let (sender, lines) = unbounded_channel();
    tokio::task::spawn_blocking(move || {
        let mut input = io::stdin().lock().lines().map_while(Result::ok);
        // Until nobody waits for them any more.
        input.try_for_each(|line| sender.send(line))
    });
    lines
}

fn read_key(folder: &Path) -> io::Result<MasterKey> {
    let text = std::fs::read_to_string(folder.join(KEY))?;
    MasterKey::from_hex(&text).map_err(io::Error::other)
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
