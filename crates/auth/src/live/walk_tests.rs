//! A walk through the table, and who has a turn meanwhile.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use vestibule_model::{
    AccountId, Application, AuthenticationMethod, Dialect, Millis, SecretVersion, Session, SessionId, UserId,
};
use vestibule_store::{SessionNumber, StoredSession};

use crate::live::{Among, EndObserver, Holder, LiveSessions, Name, Namer, Start};
use crate::sync::Arc;

struct SomeUser(UserId);

impl Holder for SomeUser {
    fn user(&self) -> UserId {
        self.0
    }

    fn account(&self) -> AccountId {
        "a".parse().unwrap()
    }

    fn credential_version(&self) -> i64 {
        1
    }
}

struct Nothing;

impl Namer for Nothing {
    fn livevox_lookup(&self, id: SessionId) -> Name {
        id.0
    }
}

impl EndObserver for Nothing {
    fn ended(&self, _: &mut dyn Iterator<Item = (AccountId, SessionId)>) {}
}

const NOW: Millis = Millis::from_unix(1_700_000_000_000);

/// A table with so many sessions, ten of each user.
fn table(sessions: u32) -> LiveSessions<SomeUser> {
    let table = LiveSessions::new(Box::new(Nothing), Box::new(Nothing), Start::new(NOW, Duration::ZERO));
    for number in 0..sessions {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_le_bytes());
        let user = UserId(i64::from(number / 10));
        let session = Session {
            id: SessionId(id),
            account: "a".parse().unwrap(),
            user,
            application: Application::None,
            secret_version: SecretVersion(0),
            method: AuthenticationMethod::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: NOW,
            last_used: NOW,
            idle: Duration::from_secs(if number.is_multiple_of(2) { 10 } else { 100 }),
            absolute_end: None,
            credential_version: 1,
        };
        let stored = StoredSession { number: SessionNumber(u64::from(number)), session };
        table.insert(&stored, Arc::new(SomeUser(user)));
    }
    table
}

#[tokio::test]
async fn a_walk_meets_every_session_that_lives_once() {
    let table = table(5_000);
    let mut met = Vec::new();
    table.walk(Among::All, NOW.plus(Duration::from_secs(50)), |entry| met.push(entry.number().0)).await;
    met.sort_unstable();
    assert_eq!(met, (0..5_000).filter(|number| number % 2 == 1).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_walk_among_the_sessions_of_a_user_meets_no_others() {
    let table = table(5_000);
    let mut met = Vec::new();
    table.walk(Among::OfUser(UserId(7)), NOW, |entry| met.push(entry.number().0)).await;
    met.sort_unstable();
    assert_eq!(met, (70..80).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "current_thread")]
async fn a_walk_lets_others_have_their_turn_every_ten_thousand_sessions() {
    let table = table(200_000);
    let turns = Rc::new(Cell::new(0));
    let others = {
        let turns = Rc::clone(&turns);
        async move {
            loop {
                turns.set(turns.get() + 1);
                tokio::task::yield_now().await;
            }
        }
    };
    let (mut looks, mut longest, mut turn) = (0, 0, 0);
    let walk = table.walk(Among::All, NOW, |_| {
        looks = if turns.get() == turn { looks + 1 } else { 0 };
        turn = turns.get();
        longest = longest.max(looks);
    });
    tokio::select! {
        biased;
        () = walk => {}
        () = others => {}
    }
    assert!(longest < 10_000, "{longest} sessions in one turn");
}
