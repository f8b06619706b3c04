//! How a copy of the database is made best while sessions are being opened: each way on the same file, beside the same
//! load, with what it does to that load.
//!
//! `cargo run --release -p vestibule-store-sqlite --example backup_rate [directory [sessions]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use vestibule_crypto::{AuditKey, MasterKey};
use vestibule_model::{Session, SessionId, User};
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::SqliteStore;

fn audit_key() -> Arc<AuditKey> {
    Arc::new(AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap()))
}

/// Clients that open sessions without a pause.
const WRITERS: u64 = 16;

/// From the first file to the second; whether it came to an end.
type Way = fn(&Path, &Path) -> bool;

/// A copy that has not ended by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

const PAGES: i32 = 1024;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let sessions = arguments.next().map_or(1_000_000, |text| text.parse().expect("a number of sessions"));
    let directory = tempfile::tempdir_in(parent).unwrap();
    let path = directory.path().join("vestibule.db");
    fill(&path, sessions);
    let ways: [(&str, Way); 4] = [
        ("nothing, for 3 seconds", |_, _| {
            thread::sleep(Duration::from_secs(3));
            true
        }),
        ("backup API, a snapshot per step", steps),
        ("backup API, one snapshot", one_snapshot),
        ("VACUUM INTO", vacuum),
    ];
    // Counts on from way to way, so that no id comes twice.
    let opened = Arc::new(AtomicU64::new(0));
    for (what, way) in ways {
        let copy = directory.path().join("copy.db");
        let _ = fs::remove_file(&copy);
        let work = || way(&path, &copy);
        beside_load((&path, &copy), what, &opened, work);
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len()) / 1_000_000
}

fn steps(path: &Path, copy: &Path) -> bool {
    let (from, mut to) = (Connection::open(path).unwrap(), Connection::open(copy).unwrap());
    copy_pages(&from, &mut to)
}

fn one_snapshot(path: &Path, copy: &Path) -> bool {
    let (from, mut to) = (Connection::open(path).unwrap(), Connection::open(copy).unwrap());
    to.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF").unwrap();
    let snapshot = from.unchecked_transaction().unwrap();
    let _: i64 = snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    copy_pages(&snapshot, &mut to)
}

fn copy_pages(from: &Connection, to: &mut Connection) -> bool {
    let (backup, start) = (Backup::new(from, to).unwrap(), now());
    loop {
        match backup.step(PAGES).unwrap() {
            StepResult::Done => return true,
            _ if start.elapsed() > PATIENCE => return false,
            _ => {}
        }
    }
}

fn vacuum(path: &Path, copy: &Path) -> bool {
    let from = Connection::open(path).unwrap();
    from.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    true
}

/// Runs `work` while clients open sessions, and prints what became of both.
fn beside_load(
    (path, copy): (&Path, &Path),
    what: &str,
    opened: &Arc<AtomicU64>,
    work: impl FnOnce() -> bool,
) {
    let stop = Arc::new(AtomicBool::new(false));
    let load = {
        let (path, stop, opened) = (path.to_owned(), Arc::clone(&stop), Arc::clone(opened));
        thread::spawn(move || open_sessions(&path, &stop, &opened))
    };
    thread::sleep(Duration::from_millis(500));
    let (before, start) = (opened.load(Ordering::Relaxed), now());
    let ended = work();
    let (took, during) = (start.elapsed(), opened.load(Ordering::Relaxed) - before);
    let log = size(&path.with_file_name("vestibule.db-wal"));
    stop.store(true, Ordering::Relaxed);
    let slowest = load.join().unwrap();
    let rate = u128::from(during) * 1_000_000 / took.as_micros();
    let ended = if ended { "" } else { "  GAVE UP" };
    println!(
        "{what:32} {:>6} ms   copy {:>4} MB of {:>4} MB   log then {log:>4} MB   {rate:>6} commits/s   slowest {:>5} ms{ended}",
        took.as_millis(),
        size(copy),
        size(path),
        slowest.as_millis()
    );
}

/// The slowest commit.
fn open_sessions(path: &Path, stop: &Arc<AtomicBool>, opened: &Arc<AtomicU64>) -> Duration {
    let store = Arc::new(SqliteStore::open(path, [0; 32], audit_key()).unwrap());
    let user = user(HERE, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let write = |number| {
            let (store, user, stop, opened) =
                (Arc::clone(&store), user.clone(), Arc::clone(stop), Arc::clone(opened));
            tokio::spawn(async move { write(&store, &user, number, &stop, &opened).await })
        };
        let tasks: Vec<_> = (0..WRITERS).map(write).collect();
        let mut slowest = Duration::ZERO;
        for task in tasks {
            slowest = slowest.max(task.await.unwrap());
        }
        slowest
    })
}

async fn write(
    store: &SqliteStore,
    user: &User,
    writer: u64,
    stop: &AtomicBool,
    opened: &AtomicU64,
) -> Duration {
    let mut slowest = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let asked = now();
        let number = opened.fetch_add(1, Ordering::Relaxed);
        open(store, user, random_id(number << 8 | writer)).await;
        slowest = slowest.max(asked.elapsed());
    }
    slowest
}

async fn open(store: &SqliteStore, user: &User, id: SessionId) {
    let session = Session { id, ..session(0, user) };
    store.commit(vec![Change::OpenSession(session.into())]).await.unwrap();
}

/// An account, a user, and sessions of that user.
fn fill(path: &Path, sessions: u64) {
    let store = SqliteStore::open(path, [0; 32], audit_key()).unwrap();
    let user = user(HERE, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
        store.commit(put).await.unwrap();
        for first in (0..sessions).step_by(10_000) {
            let open = |number: u64| {
                let session = Session { id: random_id(number << 8 | 0xff), ..session(0, &user) };
                Change::OpenSession(session.into())
            };
            store.commit((first..(first + 10_000).min(sessions)).map(open).collect()).await.unwrap();
        }
    });
}

/// Scattered over the whole space, as random ones are (the finaliser of `SplitMix64`).
fn random_id(number: u64) -> SessionId {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut id = [1; 16];
    id[1..9].copy_from_slice(&mixed.to_be_bytes());
    SessionId(id)
}
