//! How many ends of sessions are made durable in a second with a witness beside the database, and without: in turns, on the same
//! disk.
//!
//! `cargo run --release -p vestibule-store-sqlite --example witness_rate [directory [seconds [rounds]]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use vestibule_crypto::{AuditKey, MasterKey, OsRng, RecordSealer};
use vestibule_model::{Session, SessionId};
use vestibule_store::conformance::samples::{HERE, account, bare_audit_record, session, user};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{InDoubt, Opening, SqliteStore, WitnessFile};

/// More than end in a second.
const PER_SECOND: u64 = 40_000;

/// How many sessions are written at once while the database is prepared.
const PREPARED: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (seconds, rounds) = (number(2), number(5));
    for tasks in [1, 64] {
        let mut ratios = Vec::new();
        for _ in 0..rounds {
            let [without, with] =
                [false, true].map(|is_witnessed| measure(&parent, is_witnessed, tasks, seconds));
            println!("{tasks} at a time: {without:.0} ends a second without, {with:.0} with a witness");
            ratios.push(with / without);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{tasks} at a time: with / without {:.2} {:.2?}", ratios[ratios.len() / 2], ratios);
    }
}

fn measure(parent: &Path, is_witnessed: bool, tasks: u64, seconds: u64) -> f64 {
    let directory = tempfile::tempdir_in(parent).unwrap();
    let store = Arc::new(open(directory.path(), is_witnessed));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let sessions = seconds * PER_SECOND;
        prepare(&store, sessions).await;
        let (next, begun) = (Arc::new(AtomicU64::new(0)), now());
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            let (store, next) = (Arc::clone(&store), Arc::clone(&next));
            running.spawn(async move {
                let mut ended = 0_u32;
                while begun.elapsed() < Duration::from_secs(seconds) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    assert!(number < sessions, "all have ended");
                    let end = Change::EndSession(session_id(number));
                    store.commit(vec![end, Change::Audit(bare_audit_record(1).into())]).await.unwrap();
                    ended += 1;
                }
                ended
            });
        }
        let ended: u32 = running.join_all().await.into_iter().sum();
        f64::from(ended) / begun.elapsed().as_secs_f64()
    })
}

fn open(folder: &Path, is_witnessed: bool) -> SqliteStore {
    let master = MasterKey::from_hex(&"5a".repeat(32)).unwrap();
    let seal = Arc::new(RecordSealer::of_witness(&master));
    let file = is_witnessed.then(|| WitnessFile::open(&folder.join("witness"), seal).unwrap());
    let opening = Opening {
        witness: file.map(|file| (file, &OsRng as _)),
        in_doubt: InDoubt::EndSessions,
        entry: &|_| None,
    };
    let audit = Arc::new(AuditKey::derive(&master));
    SqliteStore::open_noticing(&folder.join("vestibule.db"), [0; 32], audit, opening).unwrap().0
}

async fn prepare(store: &SqliteStore, sessions: u64) {
    let user = user(HERE, 1);
    store
        .commit(vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())])
        .await
        .unwrap();
    for first in (0..sessions).step_by(usize::try_from(PREPARED).unwrap()) {
        let open =
            |number| Change::OpenSession(Session { id: session_id(number), ..session(0, &user) }.into());
        store.commit((first..sessions.min(first + PREPARED)).map(open).collect()).await.unwrap();
    }
}

/// Scattered, as ids are.
fn session_id(number: u64) -> SessionId {
    let scattered = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    SessionId(scattered.to_be_bytes())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}
