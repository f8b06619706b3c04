//! The table beside a naive model: whatever is done to both, they tell the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use vestibule_model::{
    AccountId, Application, ApplicationId, AuthenticationMethod, Dialect, Millis, SecretVersion, Session,
    SessionId, UserId,
};
use vestibule_store::{ApplicationTouch, BLOCK, SessionNumber, StoredSession};

use crate::live::{Among, EndObserver, Holder, LiveSessions, Name, Namer, Search, Start, TURNS, URGENT};
use crate::sync::{Arc, Mutex};

/// A user as a session's holder.
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

/// Names that anybody could guess.
struct Plain;

impl Namer for Plain {
    fn livevox_lookup(&self, id: SessionId) -> Name {
        id.0.map(|byte| byte ^ 0xaa)
    }
}

/// Notes what it is told of.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<SessionId>>>);

impl EndObserver for Noted {
    fn ended(&self, sessions: &mut dyn Iterator<Item = (AccountId, SessionId)>) {
        self.0.lock().unwrap().extend(sessions.map(|(_, id)| id));
    }
}

/// What is done. Sessions and users are few, so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Insert { id: u8, user: u8, application: u8 },
    Remove(u8),
    RemoveOfUser(u8),
    RemoveWith(u8),
    Touch(u8),
    Pass(u32),
    TakeUsed(usize),
    ReturnUsed,
    TakeTraffic,
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..24_u8;
    prop_oneof![
        8 => (id.clone(), 0..4_u8, 0..4_u8).prop_map(|(id, user, application)| Step::Insert { id, user, application }),
        4 => id.clone().prop_map(Step::Remove),
        1 => (0..4_u8).prop_map(Step::RemoveOfUser),
        1 => (0..4_u8).prop_map(Step::RemoveWith),
        4 => id.prop_map(Step::Touch),
        3 => prop_oneof![0..20_u32, 0..2_000_u32, 0..20_000_u32].prop_map(Step::Pass),
        3 => (0..=URGENT).prop_map(Step::TakeUsed),
        1 => Just(Step::ReturnUsed),
        1 => Just(Step::TakeTraffic),
        1 => Just(Step::Sweep),
    ]
}

/// What the table should be, as plainly as it can be said.
#[derive(Default)]
struct Model {
    sessions: BTreeMap<SessionId, Session>,
    /// Used, and not written since.
    used: BTreeSet<SessionId>,
    /// To be written at the next turn.
    urgent: BTreeSet<SessionId>,
    traffic: BTreeMap<ApplicationId, ApplicationTouch>,
}

impl Model {
    fn those(&self, now: Millis, wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        self.sessions.values().filter(|session| session.is_live(now) && wanted(session)).cloned().collect()
    }

    fn remove(&mut self, id: SessionId) -> Option<Session> {
        self.used.remove(&id);
        self.urgent.remove(&id);
        self.sessions.remove(&id)
    }
}

fn id(number: u8) -> SessionId {
    SessionId([number; 16])
}

/// Each in a block of its own.
fn number_of(id: u8) -> SessionNumber {
    SessionNumber(u64::from(id) * BLOCK + 7)
}

fn application(number: u8) -> Application {
    let id = ApplicationId(i64::from(number));
    match number {
        0 => Application::None,
        1 => Application::ApiKey(id),
        _ => Application::Token(id),
    }
}

/// Limits that are longer and shorter than the ring of expiry.
fn session(number: u8, user: u8, with: u8, now: Millis) -> Session {
    Session {
        id: id(number),
        account: "a".parse().unwrap(),
        user: UserId(i64::from(user)),
        application: application(with),
        secret_version: SecretVersion(with),
        method: AuthenticationMethod::Password,
        dialect: if number.is_multiple_of(2) { Dialect::LivePerson } else { Dialect::LiveVox },
        address: None,
        created: now,
        last_used: now,
        idle: Duration::from_secs([5, 600, 28_800][usize::from(number % 3)]),
        absolute_end: number.is_multiple_of(5).then(|| now.plus(Duration::from_mins(150))),
        credential_version: 1,
    }
}

fn sorted(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.sort_by_key(|session| session.id);
    sessions
}

/// Table and model side by side.
struct Pair {
    table: LiveSessions<SomeUser>,
    model: Model,
    now: Millis,
    /// Those that ended before their time, as the table tells.
    told: Noted,
}

impl Pair {
    fn new() -> Self {
        let now = Millis::from_unix(1_700_000_000_000);
        let told = Noted::default();
        let start = Start::new(now, Duration::from_secs(2));
        let table = LiveSessions::new(Box::new(Plain), Box::new(told.clone()), start);
        table.expect_no_unproven();
        Self { table, model: Model::default(), now, told }
    }

    fn take(&mut self, step: &Step) {
        let now = self.now;
        match *step {
            Step::Insert { id: number, user, application } => {
                let new = session(number, user, application, now);
                let stored = StoredSession { number: number_of(number), session: new.clone() };
                self.table.insert(&stored, Arc::new(SomeUser(new.user)));
                self.model.sessions.entry(new.id).or_insert(new);
            }
            Step::Remove(number) => {
                let removed = self.model.remove(id(number));
                assert_eq!(self.table.remove(id(number)), removed);
                self.assert_told(removed.as_slice());
            }
            Step::RemoveOfUser(user) => {
                let user = UserId(i64::from(user));
                let ids: Vec<SessionId> =
                    self.model.sessions.values().filter(|it| it.user == user).map(|it| it.id).collect();
                let removed = sorted(ids.into_iter().filter_map(|id| self.model.remove(id)).collect());
                assert_eq!(sorted(self.table.remove_of_user(user, |_| true)), removed);
                self.assert_told(&removed);
            }
            Step::RemoveWith(with) => {
                let meant = |session: &Session| session.application == application(with);
                let ids: Vec<SessionId> =
                    self.model.sessions.values().filter(|it| meant(it)).map(|it| it.id).collect();
                let removed: Vec<Session> = ids.into_iter().filter_map(|id| self.model.remove(id)).collect();
                assert!(removed.iter().all(|session| self.table.has(session.id)));
                let shards = 0..LiveSessions::<SomeUser>::WALK;
                let found = shards.flat_map(|shard| self.table.remove_of_shard(shard, meant)).collect();
                let removed = sorted(removed);
                assert_eq!(sorted(found), removed);
                self.assert_told(&removed);
            }
            Step::Touch(number) => self.touch(id(number)),
            Step::Pass(seconds) => self.now = now.plus(Duration::from_secs(u64::from(seconds))),
            Step::TakeUsed(turn) => self.take_used(turn, false),
            Step::ReturnUsed => (0..=URGENT).for_each(|turn| self.take_used(turn, true)),
            Step::TakeTraffic => {
                let mut taken = self.table.take_traffic();
                taken.sort_by_key(|touch| touch.application);
                assert_eq!(taken, std::mem::take(&mut self.model.traffic).into_values().collect::<Vec<_>>());
            }
            Step::Sweep => self.sweep(),
        }
    }

    fn touch(&mut self, id: SessionId) {
        let now = self.now;
        let found = self.table.with(id, now, |live| {
            live.touch(now);
            live.count(now);
        });
        let live = self.model.sessions.get_mut(&id).filter(|session| session.is_live(now));
        assert_eq!(found.is_some(), live.is_some());
        let Some(session) = live else { return };
        if session.last_used < now {
            if now.since(session.last_used) >= session.idle / 8 {
                self.model.urgent.insert(id);
            }
            session.last_used = now;
            self.model.used.insert(id);
        }
        if let Application::Token(application) = session.application {
            let empty = ApplicationTouch { application, last_used: now, requests: 0 };
            let counted = self.model.traffic.entry(application).or_insert(empty);
            (counted.requests, counted.last_used) = (counted.requests + 1, now);
        }
    }

    /// What was used of a list, once and as it is now; it is given back, and urgent, if it could not be stored. With those that are
    /// urgent there may be others.
    fn take_used(&mut self, list: usize, is_returned: bool) {
        let used = &mut self.model.used;
        let taken = self.table.take_used(list);
        let ids: BTreeSet<SessionId> =
            taken.iter().map(|used| id(u8::try_from(used.last_use.number.block()).unwrap())).collect();
        assert_eq!(ids.len(), taken.len(), "one of them twice");
        if list == URGENT {
            assert!(ids.is_superset(&self.model.urgent) && ids.is_subset(used), "{ids:?} of {used:?}");
        } else {
            // Those that are urgent may be in the list of their turn too.
            let of_turn: BTreeSet<SessionId> =
                used.iter().copied().filter(|id| usize::from(id.0[0]) % TURNS == list).collect();
            let calm = of_turn.difference(&self.model.urgent).copied().collect();
            assert!(ids.is_superset(&calm) && ids.is_subset(&of_turn), "{ids:?} of {of_turn:?}");
        }
        for (id, used) in ids.iter().zip(&taken) {
            assert_eq!(self.model.sessions[id].last_used, used.last_use.at);
        }
        if is_returned {
            self.table.return_used(&taken);
            self.model.urgent.extend(ids);
        } else {
            used.retain(|id| !ids.contains(id));
            self.model.urgent.retain(|id| !ids.contains(id));
        }
    }

    /// What has been dead for longer than two buckets of the ring is removed; nothing that lives is.
    fn sweep(&mut self) {
        let long_dead = self.now.minus(Duration::from_secs(17));
        for expired in self.table.remove_expired(self.now) {
            let removed = self.model.remove(expired.id).expect("a session that there was");
            assert!(!removed.is_live(self.now), "{removed:?} lives at {}", self.now);
        }
        for session in self.model.sessions.values() {
            assert!(session.is_live(long_dead), "{session:?} was not found at {}", self.now);
        }
        self.assert_told(&[]);
    }

    /// The table has told of these since this was called last, and of no others.
    fn assert_told(&self, ended: &[Session]) {
        let mut told = std::mem::take(&mut *self.told.0.lock().unwrap());
        told.sort_unstable();
        assert_eq!(told, ended.iter().map(|session| session.id).collect::<Vec<_>>());
    }

    fn found(&self, shard: u16, among: Among<'_>) -> Vec<Session> {
        let search = Search { among, now: self.now, wants: |_: &_| true };
        self.table.search_shard(shard, search).into_iter().map(|found| found.session).collect()
    }

    fn compare(&self) {
        let now = self.now;
        let is_unproven =
            |session: &Session| session.dialect == Dialect::LiveVox && session.id.is_of_first_form();
        assert_eq!(self.table.may_have_unproven(), self.model.sessions.values().any(is_unproven));
        assert_eq!(self.table.len(), self.model.sessions.len());
        for number in 0..24 {
            let expected = self.model.sessions.get(&id(number)).filter(|it| it.is_live(now)).cloned();
            let livevox = Plain.livevox_lookup(id(number));
            assert_eq!(self.table.with(id(number), now, |live| live.entry.session()), expected);
            let of_livevox = expected.filter(|session| session.dialect == Dialect::LiveVox);
            assert_eq!(
                self.table.with_livevox_lookup(&livevox, now, |live| live.entry.session()),
                of_livevox
            );
        }
        for user in (0..4).map(UserId) {
            let of_user = self.model.those(now, |session| session.user == user);
            assert_eq!(sorted(self.table.of_user(user, now)), of_user);
            for with in (0..4).map(application) {
                let both = self.model.those(now, |it| it.user == user && it.application == with);
                assert_eq!(sorted(self.table.of_user_with(user, with, now)), both);
            }
        }
        for with in (1..4).map(application) {
            let of_application = self.model.those(now, |session| session.application == with);
            let found = (0..LiveSessions::<SomeUser>::WALK)
                .flat_map(|shard| self.found(shard, Among::OpenedWith(&[with])));
            assert_eq!(sorted(found.collect()), of_application);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 2_000 }))]

    #[test]
    fn the_table_tells_what_a_naive_model_tells(steps in proptest::collection::vec(step(), 1..120)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
            pair.compare();
        }
    }
}

#[test]
fn until_the_table_is_complete_the_store_may_bring_livevox_ids_without_a_mac() {
    let (told, start) = (Noted::default(), Start::new(Millis::EPOCH, Duration::ZERO));
    let table = LiveSessions::<SomeUser>::new(Box::new(Plain), Box::new(told), start);
    assert!(table.may_have_unproven());
    table.complete();
    assert!(!table.may_have_unproven());
}

#[test]
fn a_session_that_ended_while_the_table_was_filled_is_not_put_in_again() {
    let pair = Pair::new();
    let read = StoredSession { number: number_of(1), session: session(1, 1, 0, pair.now) };
    pair.table.remove(read.session.id);
    pair.table.insert_stored(&read, Arc::new(SomeUser(read.session.user)));
    assert_eq!(pair.table.len(), 0);
}

#[test]
fn f3_a_clock_that_was_a_year_ahead_finds_what_expires_afterwards() {
    let mut pair = Pair::new();
    let begun = pair.now;
    pair.now = begun.plus(Duration::from_hours(24 * 365));
    assert!(pair.table.remove_expired(pair.now).is_empty());
    pair.now = begun;
    pair.take(&Step::Insert { id: 0, user: 1, application: 0 });
    pair.take(&Step::Pass(30));
    let removed: Vec<SessionId> = pair.table.remove_expired(pair.now).iter().map(|dead| dead.id).collect();
    assert_eq!(removed, [id(0)]);
}

#[test]
fn a_session_that_ended_is_not_written_and_nor_is_who_has_its_place() {
    let mut pair = Pair::new();
    pair.take(&Step::Insert { id: 1, user: 1, application: 0 });
    pair.take(&Step::Pass(3));
    pair.take(&Step::Touch(1));
    pair.take(&Step::Remove(1));
    pair.take(&Step::Insert { id: 16, user: 1, application: 0 });
    assert!(pair.table.take_used(1).is_empty());
    pair.take(&Step::Pass(3));
    pair.take(&Step::Touch(16));
    let written: Vec<SessionNumber> =
        pair.table.take_used(1).iter().map(|used| used.last_use.number).collect();
    assert_eq!(written, [number_of(16)]);
}

#[test]
fn what_could_not_be_stored_is_not_given_back_to_who_has_the_place_now() {
    let mut pair = Pair::new();
    pair.take(&Step::Insert { id: 1, user: 1, application: 0 });
    pair.take(&Step::Pass(3));
    pair.take(&Step::Touch(1));
    let taken = pair.table.take_used(1);
    pair.take(&Step::Remove(1));
    pair.take(&Step::Insert { id: 16, user: 1, application: 0 });
    pair.table.return_used(&taken);
    assert!(pair.table.take_used(1).is_empty());
}
