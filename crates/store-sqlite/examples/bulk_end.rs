//! What it costs to end all sessions of an account in one word, among a million others, while an administrator changes something
//! else: the whole, and how long the administrator waits. And what an index on accounts and users costs each login; and what
//! would be saved if ended sessions stood in a table of their own instead of the audit.
//!
//! `cargo run --release -p vestibule-store-sqlite --example bulk_end [directory [sessions [ended]]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use vestibule_crypto::{AuditKey, MasterKey};
use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, EndReason, Means, Millis, Session, SessionId,
    SessionReference, User,
};
use vestibule_store::conformance::samples::{ELSEWHERE, HERE, account, id, session, skill, user};
use vestibule_store::{Change, EndRecords, EndSessions, EndedSessions, SessionSelector, Store};
use vestibule_store_sqlite::SqliteStore;

/// How many sessions are written at once while the database is prepared.
const PREPARED: usize = 10_000;

/// How many users of the account have the sessions that end.
const USERS: u64 = 100;

/// How many sessions one transaction ends, as the engine asks for.
const LIMITS: [usize; 3] = [250, 500, 1_000];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (sessions, ended) = (number(1_000_000), number(100_000));
    let directory = tempfile::tempdir_in(parent).unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let path = directory.path().join("ends.db");
    println!("{sessions} sessions, {ended} of them of one account");
    runtime.block_on(async {
        let store = open(&path);
        prepare(&store, sessions, ended).await;
        logins(&store, "with the index", 0).await;
        for limit in LIMITS {
            end_all(&store, limit).await;
            open_all(&store, ended).await;
        }
        drop(store);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("DROP INDEX sessions_of_account").unwrap();
        drop(connection);
        logins(&open(&path), "without it", 1).await;
    });
    table_of_its_own(&directory.path().join("table.db"), ended);
}

fn open(path: &Path) -> Arc<SqliteStore> {
    let key = AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap());
    Arc::new(SqliteStore::open(path, [0; 32], Arc::new(key)).unwrap())
}

fn user_of(number: u64) -> User {
    user(HERE, i32::try_from(1 + number % USERS).unwrap())
}

async fn prepare(store: &SqliteStore, sessions: u64, ended: u64) {
    let mut put =
        vec![Change::PutAccount(account(HERE).into()), Change::PutAccount(account(ELSEWHERE).into())];
    put.extend((0..USERS).map(|number| Change::PutUser(user_of(number).into())));
    put.push(Change::PutUser(stranger().into()));
    store.commit(put).await.unwrap();
    let mut numbers: Vec<u64> = (ended..sessions).collect();
    numbers.sort_unstable_by_key(|number| session_id(*number));
    for numbers in numbers.chunks(PREPARED) {
        let open = |number: &u64| {
            Change::OpenSession(Session { id: session_id(*number), ..session(0, &stranger()) }.into())
        };
        store.commit(numbers.iter().map(open).collect()).await.unwrap();
    }
    open_all(store, ended).await;
}

fn stranger() -> User {
    user(ELSEWHERE, 1_000)
}

async fn open_all(store: &SqliteStore, ended: u64) {
    for numbers in (0..ended).collect::<Vec<_>>().chunks(PREPARED) {
        let open = |number: &u64| {
            let session = Session { id: session_id(*number), ..session(0, &user_of(*number)) };
            Change::OpenSession(session.into())
        };
        store.commit(numbers.iter().map(open).collect()).await.unwrap();
    }
}

/// Sixty-four logins at a time, as many as a second has.
async fn logins(store: &Arc<SqliteStore>, what: &str, round: u64) {
    let (begun, before, mut done) = (now(), cpu_ms(), 0_u64);
    while begun.elapsed() < Duration::from_secs(3) {
        let mut waiting = Vec::new();
        for _ in 0..64 {
            let number = 1_000_000_000 + round * 100_000_000 + done;
            let session = Session { id: session_id(number), ..session(0, &stranger()) };
            let opened = record_of(&session, AuditAction::LoggedIn);
            waiting
                .push(store.commit(vec![Change::OpenSession(session.into()), Change::Audit(opened.into())]));
            done += 1;
        }
        for login in waiting {
            login.await.unwrap();
        }
    }
    let (rate, cpu) = (u128::from(done) * 1_000 / begun.elapsed().as_millis(), cpu_ms() - before);
    println!("logins {what:16} {rate:>6}/s, {} µs of CPU each", 1_000 * cpu / done);
}

async fn end_all(store: &Arc<SqliteStore>, limit: usize) {
    let is_over = Arc::new(AtomicBool::new(false));
    let administrator = tokio::spawn(administer(Arc::clone(store), Arc::clone(&is_over)));
    let selector = SessionSelector {
        sessions: EndedSessions::OfAccount(id(HERE)),
        account: None,
        opened_until: Millis::from_unix(i64::MAX),
    };
    let records = EndRecords::by(|session| Some(record_of(session, AuditAction::SessionEnded)));
    let mut end = EndSessions { selector, behind: None, limit, records };
    let (begun, before, mut ended, mut held) = (now(), cpu_ms(), 0, Vec::new());
    loop {
        let asked = now();
        let outcome = store.commit(vec![Change::EndSessions(end.clone().into())]).await.unwrap();
        held.push(asked.elapsed());
        ended += outcome.ended.len();
        let Some((_, behind)) = outcome.unfinished.first().copied() else { break };
        end.behind = Some(behind);
    }
    let (took, cpu) = (begun.elapsed(), cpu_ms() - before);
    is_over.store(true, Ordering::Relaxed);
    let waited = administrator.await.unwrap();
    println!("{ended} sessions ended, {limit} at a time: {} ms, {cpu} ms of CPU", took.as_millis());
    print("  a transaction", held);
    print("  an administrator's change beside it", waited);
}

/// Changes something small again and again, as an administrator does.
async fn administer(store: Arc<SqliteStore>, is_over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut waited = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let asked = now();
        store.commit(vec![Change::PutSkill(id(ELSEWHERE), skill(1))]).await.unwrap();
        waited.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    waited
}

/// An entry as the engine writes it.
fn record_of(session: &Session, action: AuditAction) -> AuditRecord {
    let ended = action == AuditAction::SessionEnded;
    AuditRecord {
        account: Some(session.account),
        user: Some(session.user),
        session: Some(SessionReference(session.id.0)),
        reason: ended.then_some(AuditReason::Ended(EndReason::EndedByAdministrator)),
        ..AuditRecord::new(session.created, action, Actor::System, Means::System)
    }
}

/// Rows of ended sessions in a table with the two indexes that lists by user and by reason want, a thousand in a transaction.
fn table_of_its_own(path: &Path, ended: u64) {
    let mut connection = Connection::open(path).unwrap();
    let tables = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE ended (number INTEGER PRIMARY KEY, session BLOB, account_id TEXT, user_id INTEGER, at INTEGER,
            reason INTEGER, entry INTEGER) STRICT;
        CREATE INDEX by_user ON ended (user_id, at);
        CREATE INDEX by_reason ON ended (reason, at);";
    connection.execute_batch(tables).unwrap();
    let (begun, before) = (now(), cpu_ms());
    for numbers in (0..ended).collect::<Vec<_>>().chunks(1_000) {
        let transaction = connection.transaction().unwrap();
        for number in numbers {
            let mut insert = transaction
                .prepare_cached("INSERT INTO ended (session, account_id, user_id, at, reason, entry) VALUES (?1, ?2, ?3, ?4, 1, 1)")
                .unwrap();
            let user = user_of(*number).id.0;
            let at = i64::try_from(*number).unwrap();
            insert.execute(rusqlite::params![session_id(*number).0, HERE, user, at]).unwrap();
        }
        transaction.commit().unwrap();
    }
    let (took, cpu) = (begun.elapsed().as_millis(), cpu_ms() - before);
    println!("{ended} rows of a table of their own, with two indexes: {took} ms, {cpu} ms of CPU");
    let size: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    println!("  {} bytes each", size * 4_096 / i64::try_from(ended).unwrap());
}

fn print(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |permille: usize| took[(took.len() - 1) * permille / 1_000].as_micros();
    println!("{what:40} p50 {:>6} µs   p99 {:>6} µs   max {:>6} µs", at(500), at(990), at(1_000));
}

/// What this process has used of the processor, which other programs on the machine do not add to: ticks of ten milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    behind_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

/// Ids scattered over the whole space, as random ones are (the finaliser of `SplitMix64`), none of them twice.
fn session_id(number: u64) -> SessionId {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut id = [1; 16];
    id[1..9].copy_from_slice(&mixed.to_be_bytes());
    SessionId(id)
}
