//! How long one commit of the engine's background tasks holds the writer, with a million sessions: logins wait behind it.
//! Ends of expired sessions with their entries in the audit, last uses, and beside them a login alone.
//!
//! `cargo run --release -p vestibule-store-sqlite --example batch_hold [directory [sessions [batches]]]`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule_crypto::{AuditKey, MasterKey};
use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, EndReason, Means, Session, SessionId, SessionReference,
    User,
};
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{BLOCK, Change, LastUse, SessionNumber, Store};
use vestibule_store_sqlite::SqliteStore;

/// How many sessions are written at once while the database is prepared.
const PREPARED: u64 = 10_000;

/// How far apart the blocks are that are written one after the other. No divisor of round numbers, so that all have their turn.
const BETWEEN: u64 = 227;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (sessions, batches) = (number(1_000_000), number(1_000));
    let directory = tempfile::tempdir_in(parent).unwrap();
    let key = AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap());
    let store = SqliteStore::open(&directory.path().join("batches.db"), [0; 32], Arc::new(key)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let instance = Instance { store, user: user(HERE, 1), sessions };
        instance.prepare().await;
        println!("{sessions} sessions, {batches} commits of each kind, one after the other");
        instance.measure("a login, audited", batches, |batch| instance.login(batch)).await;
        instance
            .measure("one last use", batches, |batch| {
                instance.uses(batch, Uses { blocks: 1, each: 1, round: 1 })
            })
            .await;
        for (blocks, round) in [1, 4, 16, 64].into_iter().zip(2..) {
            let what = format!("{blocks} blocks, all used");
            instance
                .measure(&what, batches, |batch| instance.uses(batch, Uses { blocks, each: BLOCK, round }))
                .await;
        }
        // The ends come last: what has ended is not touched any more.
        let mut ended = 0;
        for size in [16, 32, 64] {
            let what = format!("{size} ends, audited");
            instance.measure(&what, batches, |batch| instance.ends(ended + batch * size, size)).await;
            ended += batches * size;
        }
    });
}

/// A database with sessions of one user.
struct Instance {
    store: SqliteStore,
    user: User,
    sessions: u64,
}

/// Which last uses are written in one commit.
#[derive(Clone, Copy)]
struct Uses {
    blocks: u64,
    /// Of how many sessions in each block.
    each: u64,
    /// Later in each round.
    round: u64,
}

impl Instance {
    async fn prepare(&self) {
        let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(self.user.clone().into())];
        self.store.commit(put).await.unwrap();
        for first in (0..self.sessions).step_by(usize::try_from(PREPARED).unwrap()) {
            let numbers = first..(first + PREPARED).min(self.sessions);
            self.store.commit(numbers.map(|number| self.open(number)).collect()).await.unwrap();
        }
    }

    fn open(&self, number: u64) -> Change {
        Change::OpenSession(Session { id: session_id(number), ..session(0, &self.user) }.into())
    }

    fn login(&self, batch: u64) -> Vec<Change> {
        let number = self.sessions + batch;
        vec![self.open(number), self.tell(number, AuditAction::LoggedIn)]
    }

    fn uses(&self, batch: u64, Uses { blocks, each, round }: Uses) -> Vec<Change> {
        let at = session(0, &self.user).last_used.plus(Duration::from_secs(round * 100_000 + batch));
        let first = |place: u64| (batch * blocks + place) * BETWEEN % self.sessions.div_ceil(BLOCK) * BLOCK;
        let of_block = |place| (first(place)..first(place) + each).map(SessionNumber);
        let uses = (0..blocks).flat_map(of_block).map(|number| LastUse { number, at });
        vec![Change::NoteLastUses(uses.collect())]
    }

    fn ends(&self, first: u64, size: u64) -> Vec<Change> {
        let end =
            |number| [Change::EndSession(session_id(number)), self.tell(number, AuditAction::SessionEnded)];
        (first..first + size).flat_map(end).collect()
    }

    /// An entry as the engine writes it.
    fn tell(&self, number: u64, action: AuditAction) -> Change {
        let at = session(0, &self.user).created;
        let ended = action == AuditAction::SessionEnded;
        let (actor, means) = (Actor::System, Means::System);
        Change::Audit(Box::new(AuditRecord {
            account: Some(self.user.account),
            user: Some(self.user.id),
            session: Some(SessionReference(session_id(number).0)),
            reason: ended.then_some(AuditReason::Ended(EndReason::Expired)),
            details: ended.then(|| r#"{"expired":1,"last_used":2,"idle_ms":28800000}"#.to_owned()),
            ..AuditRecord::new(at, action, actor, means)
        }))
    }

    async fn measure(&self, what: &str, batches: u64, batch: impl Fn(u64) -> Vec<Change>) {
        let mut held = Vec::new();
        for number in 0..batches {
            let changes = batch(number);
            let asked = now();
            self.store.commit(changes).await.unwrap();
            held.push(asked.elapsed());
        }
        print(what, held);
    }
}

fn print(what: &str, mut held: Vec<Duration>) {
    held.sort_unstable();
    let at = |permille: usize| held[(held.len() - 1) * permille / 1_000].as_micros();
    let over = held.iter().filter(|held| **held > Duration::from_millis(5)).count();
    println!(
        "{what:20} p50 {:>6} µs   p99 {:>6} µs   p99.9 {:>6} µs   max {:>6} µs   over 5 ms: {over}",
        at(500),
        at(990),
        at(999),
        at(1_000)
    );
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
