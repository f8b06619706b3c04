//! The live-session table under every order in which threads can take turns, tried at random and repeatably: its very
//! source, over locks that give another thread the turn at every step.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

#[expect(dead_code, unused_imports, reason = "the engine uses more of it than these tests")]
#[path = "../../src/live/mod.rs"]
mod live;

/// What the table takes for its locks here.
mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(crate) use shuttle::sync::{Arc, Mutex, MutexGuard};
}

use std::time::Duration;

use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use shuttle::thread;
use vestibule_model::{
    AccountId, Application, AuthenticationMethod, Dialect, Millis, SecretVersion, Session, SessionId, UserId,
};
use vestibule_store::{SessionNumber, StoredSession};

use live::{EndObserver, Holder, LiveSessions, Name, Namer, Start, URGENT};

/// How many orders are tried for each test.
const ORDERS: usize = if cfg!(debug_assertions) { 300 } else { 3_000 };

const NOW: Millis = Millis::from_unix(1_700_000_000_000);

struct SomeUser(UserId);

impl Holder for SomeUser {
    fn user(&self) -> UserId {
        self.0
    }

    fn account(&self) -> AccountId {
        "a".parse().expect("an account id")
    }

    fn credential_version(&self) -> i64 {
        1
    }
}

struct Plain;

impl Namer for Plain {
    fn livevox_lookup(&self, id: SessionId) -> Name {
        id.0
    }
}

impl EndObserver for Plain {
    fn ended(&self, _sessions: &mut dyn Iterator<Item = (AccountId, SessionId)>) {}
}

type Table = Arc<LiveSessions<SomeUser>>;

fn table() -> Table {
    let table = LiveSessions::new(Box::new(Plain), Box::new(Plain), Start::new(NOW, Duration::from_secs(2)));
    table.complete();
    Arc::new(table)
}

fn session(number: u8) -> Session {
    Session {
        id: SessionId([number; 16]),
        account: "a".parse().expect("an account id"),
        user: UserId(7),
        application: Application::None,
        secret_version: SecretVersion(0),
        method: AuthenticationMethod::Password,
        dialect: Dialect::LiveVox,
        address: None,
        created: NOW,
        last_used: NOW,
        idle: Duration::from_mins(1),
        absolute_end: None,
        credential_version: 1,
    }
}

fn stored(number: u8) -> StoredSession {
    StoredSession { number: SessionNumber(number.into()), session: session(number) }
}

fn insert(table: &Table, number: u8) {
    let stored = stored(number);
    let user = stored.session.user;
    table.insert(&stored, Arc::new(SomeUser(user)));
}

fn lives(table: &Table, number: u8) -> bool {
    table.with(SessionId([number; 16]), NOW, |_| ()).is_some()
}

/// Runs `parts` beside each other in many orders, on a table that `given` prepared, and looks at it at the end.
fn in_every_order(given: fn(&Table), parts: [fn(&Table); 2], then: impl Fn(&Table) + Send + Sync + 'static) {
    let run = move || {
        let table = table();
        given(&table);
        let threads = parts.map(|part| {
            let table = Arc::clone(&table);
            thread::spawn(move || part(&table))
        });
        for thread in threads {
            thread.join().expect("a thread that ends");
        }
        then(&table);
    };
    shuttle::check_random(run, ORDERS);
}

/// Nothing of a session is left: not under any of its names, nor in the list of its user.
fn is_gone(table: &Table, number: u8) {
    let id = SessionId([number; 16]);
    assert!(!lives(table, number));
    assert!(table.with_livevox_lookup(&id.0, NOW, |_| ()).is_none());
    assert!(table.of_user(UserId(7), NOW).iter().all(|session| session.id != id));
}

#[test]
fn s3_a_check_that_begins_after_a_revocation_answered_is_refused() {
    let revoke_then_check = |table: &Table| {
        assert!(table.remove(SessionId([1; 16])).is_some());
        assert!(!lives(table, 1));
    };
    let check = |table: &Table| {
        table.with(SessionId([1; 16]), NOW, |live| live.touch(NOW.plus(Duration::from_secs(1))));
    };
    in_every_order(
        |table| insert(table, 1),
        [revoke_then_check, check],
        |table| {
            is_gone(table, 1);
            assert!(
                (0..=URGENT).all(|list| table.take_used(list).is_empty()),
                "the last use of a session that ended"
            );
        },
    );
}

#[test]
fn s6_a_login_beside_the_end_of_all_sessions_leaves_no_orphan() {
    // As the engine does it: whoever ends them all raises the version first; whoever logs in looks at it afterwards.
    let run = || {
        let (table, version) = (table(), Arc::new(AtomicI64::new(1)));
        insert(&table, 1);
        let revoke = {
            let (table, version) = (Arc::clone(&table), Arc::clone(&version));
            thread::spawn(move || {
                version.store(2, Ordering::SeqCst);
                table.remove_of_user(UserId(7), |_| true);
            })
        };
        insert(&table, 2);
        if version.load(Ordering::SeqCst) != 1 {
            table.remove(SessionId([2; 16]));
        }
        revoke.join().expect("a thread that ends");
        is_gone(&table, 1);
        is_gone(&table, 2);
        assert_eq!(table.len(), 0);
    };
    shuttle::check_random(run, ORDERS);
}

#[test]
fn a_session_used_beside_the_sweep_lives_exactly_if_the_use_was_granted() {
    let run = || {
        let (table, granted) = (table(), Arc::new(AtomicBool::new(false)));
        insert(&table, 1);
        let user = {
            let (table, granted) = (Arc::clone(&table), Arc::clone(&granted));
            thread::spawn(move || {
                // By a clock that was read a millisecond before the end.
                let before = NOW.plus(Duration::from_millis(59_999));
                let found = table.with(SessionId([1; 16]), before, |live| live.touch(before));
                granted.store(found.is_some(), Ordering::SeqCst);
            })
        };
        let swept = NOW.plus(Duration::from_secs(80));
        table.remove_expired(swept);
        user.join().expect("a thread that ends");
        let lives = table.with(SessionId([1; 16]), swept, |_| ()).is_some();
        assert_eq!(lives, granted.load(Ordering::SeqCst));
    };
    shuttle::check_random(run, ORDERS);
}

#[test]
fn a_session_that_is_read_from_the_store_while_it_ends_does_not_come_back() {
    let run = || {
        let table: Table = Arc::new(LiveSessions::new(
            Box::new(Plain),
            Box::new(Plain),
            Start::new(NOW, Duration::from_secs(2)),
        ));
        let loader = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let read = stored(1);
                table.insert_stored(&read, Arc::new(SomeUser(read.session.user)));
            })
        };
        table.remove(SessionId([1; 16]));
        loader.join().expect("a thread that ends");
        is_gone(&table, 1);
        assert_eq!(table.len(), 0);
    };
    shuttle::check_random(run, ORDERS);
}

#[test]
fn two_who_read_one_session_from_the_store_put_it_in_once() {
    let read = |table: &Table| insert(table, 1);
    in_every_order(
        |_| (),
        [read, read],
        |table| {
            assert_eq!(table.len(), 1);
            assert_eq!(table.of_user(UserId(7), NOW).len(), 1);
            assert!(table.remove(SessionId([1; 16])).is_some());
            is_gone(table, 1);
        },
    );
}
