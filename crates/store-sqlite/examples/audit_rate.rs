//! How fast a long audit is verified and asked, and how fast somebody follows the ends of sessions in it.
//!
//! `cargo run --release -p vestibule-store-sqlite --example audit_rate [entries [directory]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule_crypto::{AuditKey, MasterKey};
use vestibule_model::{
    Actor, ActorKey, Application, ApplicationId, AuditAction, AuditPlace, AuditReason, AuditRecord,
    AuthenticationMethod, Dialect, EndReason, EndedSession, Means, Millis, SessionReference, UserId,
};
use vestibule_store::{AuditOrder, AuditQuery, Change, Store};
use vestibule_store_sqlite::{SqliteStore, verify_audit};

const KEY_CHECK: [u8; 32] = [0; 32];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let entries = arguments.next().map_or(1_000_000, |text| text.parse().expect("entries, as a number"));
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(parent).unwrap();
    let path = directory.path().join("audit.db");
    let key = AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap());
    let store = SqliteStore::open(&path, KEY_CHECK, Arc::new(key.clone())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let ((), took) = timed(|| runtime.block_on(write(&store, entries)));
    println!("{entries} entries written, 500 in a commit: {:.0} entries/s", per_second(entries, took));
    println!("{:.0} bytes of file for an entry", size(&path) / as_float(entries));
    let (outcome, took) = timed(|| verify_audit(&path, KEY_CHECK, &key, None, |_, _| {}).unwrap());
    assert_eq!(outcome.finding, None);
    println!("verified: {:.0} entries/s", per_second(entries, took));
    runtime.block_on(ask(&store, entries));
    runtime.block_on(count(&store, entries));
    runtime.block_on(follow_ends(&store, entries));
}

async fn write(store: &SqliteStore, entries: i64) {
    for from in (0..entries).step_by(500) {
        let changes = (from..(from + 500).min(entries)).map(|number| Change::Audit(record(number).into()));
        store.commit(changes.collect()).await.unwrap();
    }
}

/// A login, and every second time the end of a session; one in a thousand is of another account.
fn record(number: i64) -> AuditRecord {
    let scattered = number.wrapping_mul(0x5851_f42d_4c95_7f2d);
    let user = UserId(scattered.rem_euclid(100_003));
    let actor = Actor::User { id: user, name: format!("user-{user}@example.com") };
    let mut session = [7; 16];
    session[..8].copy_from_slice(&scattered.to_be_bytes());
    let (action, reason) = match number % 2 {
        0 => (AuditAction::LoggedIn, None),
        _ => (AuditAction::SessionEnded, Some(AuditReason::Ended(EndReason::Replaced))),
    };
    AuditRecord {
        reason,
        account: (if number % 1_000 == 7 { "rare" } else { "12345678" }).parse().ok(),
        user: Some(user),
        session: Some(SessionReference(session)),
        address: Some(address(scattered)),
        details: (number % 2 == 1).then(|| ended(scattered, number)),
        ..AuditRecord::new(time(number), action, actor, Means::ApiKey(ApplicationId(7)))
    }
}

/// One of 50,000.
fn address(scattered: i64) -> IpAddr {
    let [high, low] = u16::try_from(scattered.rem_euclid(50_000)).unwrap_or_default().to_be_bytes();
    IpAddr::from([10, 0, high, low])
}

/// What is told of a session that ended.
fn ended(scattered: i64, number: i64) -> String {
    let session = EndedSession {
        opened: time(number - 1),
        opened_from: Some(address(scattered.rotate_left(17))),
        last_used: time(number),
        opened_with: Application::ApiKey(ApplicationId(scattered.rem_euclid(100))),
        method: AuthenticationMethod::ApiKey,
        dialect: Dialect::LivePerson,
    };
    session.with_explanation(None).unwrap()
}

/// A second for each.
fn time(number: i64) -> Millis {
    Millis::from_unix(1_780_000_000_000 + 1_000 * number)
}

async fn count(store: &SqliteStore, entries: i64) {
    let middle = record((entries / 2) | 1);
    let all = AuditQuery::default();
    let ends = AuditQuery { action: Some(AuditAction::SessionEnded), ..all.clone() };
    for (what, query) in [
        ("all", all.clone()),
        ("ends", ends.clone()),
        ("ends of an account that has nearly all", AuditQuery { account: middle.account, ..ends.clone() }),
        ("ends of one user", AuditQuery { user: middle.user, ..ends.clone() }),
        ("one address", AuditQuery { address: middle.address, ..all.clone() }),
        (
            "ends of sessions opened with one key, of one account, since the middle",
            AuditQuery {
                opened_with: Some(ApplicationId(5)),
                account: middle.account,
                since: Some(middle.at),
                ..ends
            },
        ),
        ("what one user did", AuditQuery { actor: middle.user.map(ActorKey::User), ..all }),
    ] {
        let mut best = Duration::MAX;
        let mut counted = None;
        for _ in 0..3 {
            let began = now();
            counted = Some(store.count_audit(query.clone()).await.unwrap());
            best = best.min(began.elapsed());
        }
        println!("counted, {what}: {counted:?} in {:.1} ms", best.as_secs_f64() * 1_000.0);
    }
}

async fn ask(store: &SqliteStore, entries: i64) {
    let middle = record(entries / 2);
    let hundred = AuditQuery { limit: 100, ..AuditQuery::default() };
    let oldest = AuditQuery { order: AuditOrder::OldestFirst, ..hundred.clone() };
    let questions = [
        ("the newest hundred", hundred.clone()),
        ("one session", AuditQuery { session: middle.session, ..hundred.clone() }),
        ("one user", AuditQuery { user: middle.user, ..hundred.clone() }),
        ("an account that has nearly all", AuditQuery { account: middle.account, ..hundred.clone() }),
        (
            "an account that has one in a thousand",
            AuditQuery { account: "rare".parse().ok(), ..hundred.clone() },
        ),
        ("since the middle, oldest first", AuditQuery { since: Some(middle.at), ..oldest.clone() }),
        ("an action that there is not", AuditQuery { action: Some(AuditAction::Deleted), ..hundred }),
    ];
    for (what, query) in questions {
        let (mut query, mut found, mut pages, mut longest) = (query, 0, 0, Duration::ZERO);
        let (start, limit) = (now(), 100);
        loop {
            let begun = now();
            let page = store.audit(query.clone()).await.unwrap();
            longest = longest.max(begun.elapsed());
            (found, pages) = (found + page.entries.len(), pages + 1);
            query.behind = page.next;
            if page.next.is_none() || found >= limit {
                break;
            }
        }
        println!("{what}: {found} found in {:?}, {pages} pages, the longest {longest:?}", start.elapsed());
    }
}

/// Reads the ends behind a place, oldest first, as whoever drops them from a table of their own would.
async fn follow_ends(store: &SqliteStore, entries: i64) {
    for (what, behind) in [("the last 1,000 entries", entries - 1_000), ("half of all", entries / 2)] {
        let mut query = AuditQuery {
            action: Some(AuditAction::SessionEnded),
            order: AuditOrder::OldestFirst,
            behind: Some(AuditPlace::in_first(behind)),
            limit: AuditQuery::MAX_LIMIT,
            ..AuditQuery::default()
        };
        let (start, mut found) = (now(), 0);
        loop {
            let page = store.audit(query.clone()).await.unwrap();
            found += page.entries.len();
            query.behind = page.next;
            if page.next.is_none() {
                break;
            }
        }
        println!("the ends in {what}: {found} read in {:?}", start.elapsed());
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = now();
    let done = work();
    (done, start.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

fn per_second(entries: i64, took: Duration) -> f64 {
    as_float(entries) / took.as_secs_f64()
}

fn size(path: &Path) -> f64 {
    let length = |path: PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    as_float(i64::try_from(length(path.to_owned())).unwrap())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
const fn as_float(number: i64) -> f64 {
    number as f64
}
