//! A server in a process of its own, to be killed, whose clock the test turns all the same: it goes by what it reads.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vestibule_auth::{HashSettings, Settings};
use vestibule_crypto::{Engine, KeyRing, MasterKey, OsRng};
use vestibule_model::Millis;

use crate::server::{open_store, serve, start_auth};
use crate::{AccountFixture, CHEAP, TestClock};

/// The name of the master key's file in the data folder.
const KEY: &str = "master.key";

/// Serves the data of `folder`, made at the first time, with a clock that stands at `now`. Says where it listens, then
/// reads how many milliseconds to advance, a line each, and echoes it when done; any other line has it write the last uses.
/// Ends with its input. The background tasks do not run: what is only in memory stays there.
pub fn run_clocked(folder: &Path, now: Millis) -> io::Result<()> {
    let clock = Arc::new(TestClock::default());
    clock.set(now);
    let is_new = !folder.join(KEY).exists();
    let master = if is_new { MasterKey::generate(&OsRng) } else { read_key(folder)? };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let store = open_store(folder, &KeyRing::from(&master));
        if is_new {
            std::fs::write(folder.join(KEY), master.to_hex().as_bytes())?;
            store.commit(AccountFixture::new(&master, now).changes()).await.expect("the fixture is stored");
        }
        let hashing =
            HashSettings { engine: Engine::Portable, params: CHEAP, threads: 1, ..HashSettings::default() };
        let settings = Settings { hashing, ..Settings::default() };
        let auth = start_auth((&store, &Arc::default()), &master, &clock, &settings).await;
        let running = serve(&auth, &clock);
        say(&format!("http://{}", running.addresses()[0]))?;
        for line in io::stdin().lock().lines() {
            let line = line?;
            match line.parse() {
                Ok(span) => clock.advance(Duration::from_millis(span)),
                Err(_) => auth.flush().await.expect("the last uses are written"),
            }
            say(&line)?;
        }
        Ok(())
    })
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
