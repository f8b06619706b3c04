//! How many sessions are opened durably in a second, beside what the disk allows: without and with an entry in the audit,
//! as every login writes one, and with a comparison of the version of the user's sessions besides.
//!
//! `cargo run --release -p vestibule-store-sqlite --example commit_rate [directory [seconds]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule_crypto::{AuditKey, MasterKey};
use vestibule_model::{
    Actor, ApplicationId, AuditAction, AuditRecord, Means, Session, SessionId, SessionReference, User,
};
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, SessionsDecision, SessionsVersion, Store};
use vestibule_store_sqlite::SqliteStore;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(5, |text| text.parse().expect("seconds, as a number"));
    let directory = tempfile::tempdir_in(parent).unwrap();
    let span = Duration::from_secs(seconds);

    let synced = append_and_sync(directory.path(), span);
    synced.print("append 256 bytes and fdatasync");
    for writers in [1, 64, 512] {
        for (commit, what) in
            [(Commit::Plain, ""), (Commit::Audited, ", audited"), (Commit::Decided, ", audited, decided")]
        {
            let path = directory.path().join(format!("{writers}{what}.db"));
            open_sessions(&path, writers, commit, span).print(&format!("{writers} waiting writers{what}"));
        }
    }
}

/// What a writer commits.
#[derive(Clone, Copy)]
enum Commit {
    /// A session.
    Plain,
    /// A session, and the entry that tells of it.
    Audited,
    /// The same, if nobody else has opened or ended one of the user's since it was decided.
    Decided,
}

/// So many users log in, one after the other; each is of one writer alone.
const USERS: u64 = 20_480;

fn audit_key() -> Arc<AuditKey> {
    Arc::new(AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap()))
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

/// What was done, how long each took, in how many transactions, in which time.
struct Measured {
    latencies: Vec<Duration>,
    transactions: u64,
    elapsed: Duration,
}

/// What the disk allows with one sync per record.
fn append_and_sync(directory: &Path, span: Duration) -> Measured {
    let path = directory.join("plain");
    let mut file = OpenOptions::new().create_new(true).append(true).open(path).unwrap();
    let (start, mut latencies) = (now(), Vec::new());
    while start.elapsed() < span {
        let asked = now();
        file.write_all(&[7; 256]).unwrap();
        file.sync_data().unwrap();
        latencies.push(asked.elapsed());
    }
    let transactions = u64::try_from(latencies.len()).unwrap();
    Measured { latencies, transactions, elapsed: start.elapsed() }
}

/// Each writer opens one session after the other, each in a commit of its own.
fn open_sessions(path: &Path, writers: u64, commit: Commit, span: Duration) -> Measured {
    let store = Arc::new(SqliteStore::open(path, [0; 32], audit_key()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let measured = runtime.block_on(async {
        let mut put = vec![Change::PutAccount(account(HERE).into())];
        put.extend((0..USERS).map(|number| Change::PutUser(somebody(number).into())));
        store.commit(put).await.unwrap();
        let transactions = store.transactions();
        let start = now();
        let writer =
            |number| tokio::spawn(write(Arc::clone(&store), Writer { number, writers, commit }, start, span));
        let tasks: Vec<_> = (0..writers).map(writer).collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.unwrap());
        }
        Measured { latencies, transactions: store.transactions() - transactions, elapsed: start.elapsed() }
    });
    drop(store);
    let written = SqliteStore::open(path, [0; 32], audit_key()).unwrap();
    let found = runtime.block_on(written.sessions(None, usize::MAX)).unwrap().len();
    assert_eq!(found, measured.latencies.len(), "sessions that were acknowledged are not in the file");
    measured
}

/// One of so many, and what it commits.
struct Writer {
    number: u64,
    writers: u64,
    commit: Commit,
}

async fn write(
    store: Arc<SqliteStore>,
    Writer { number, writers, commit }: Writer,
    start: Instant,
    span: Duration,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    while start.elapsed() < span {
        let asked = now();
        let id = session_id(number, latencies.len());
        let turn = number + writers * u64::try_from(latencies.len()).unwrap();
        let user = somebody(turn % USERS);
        let session = Session { id, ..session(0, &user) };
        let mut changes = Vec::with_capacity(3);
        if matches!(commit, Commit::Decided) {
            let version =
                SessionsVersion { user: i64::try_from(turn / USERS).unwrap(), ..Default::default() };
            let (account, user) = (user.account, user.id);
            let decision = SessionsDecision { account, user, version, given: None };
            changes.push(Change::DecideOnSessions(decision));
        }
        changes.push(Change::OpenSession(session.clone().into()));
        if !matches!(commit, Commit::Plain) {
            changes.push(Change::Audit(opened(&session, &user).into()));
        }
        store.commit(changes).await.unwrap();
        latencies.push(asked.elapsed());
    }
    latencies
}

fn somebody(number: u64) -> User {
    user(HERE, i32::try_from(number).unwrap())
}

/// What the audit says of a login with a key.
fn opened(session: &Session, user: &User) -> AuditRecord {
    let actor = Actor::User { id: user.id, name: user.login_name.clone() };
    let means = Means::ApiKey(ApplicationId(77));
    AuditRecord {
        account: Some(session.account),
        user: Some(user.id),
        session: Some(SessionReference(session.id.0)),
        dialect: Some(session.dialect),
        address: session.address,
        ..AuditRecord::new(session.created, AuditAction::LoggedIn, actor, means)
    }
}

/// Ids scattered over the whole space, as random ones are (the finaliser of `SplitMix64`), none of them twice.
fn session_id(writer: u64, number: usize) -> SessionId {
    let number = u64::try_from(number).unwrap() << 16 | writer;
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut id = [1; 16];
    id[1..9].copy_from_slice(&mixed.to_be_bytes());
    SessionId(id)
}

impl Measured {
    fn print(mut self, what: &str) {
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        let per_second = |count: u64| u128::from(count) * 1_000_000 / self.elapsed.as_micros();
        let at = |percent: usize| self.latencies[count * percent / 100].as_micros();
        println!(
            "{what:32} {:>8} commits/s in {:>6} transactions/s   p50 {:>6} µs   p99 {:>6} µs",
            per_second(u64::try_from(count).unwrap()),
            per_second(self.transactions),
            at(50),
            at(99)
        );
    }
}
