//! The end of every session of an account, asked for by an administrator of a running service: how long it takes, whether a check
//! says yes after the answer, and how long another administrator's change waits meanwhile.
//!
//! `cargo run --release -p vestibule-testkit --example end_account [sessions [others]]`
#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::{Accepted, Credentials, FirstOwner, Route, Showing};
use vestibule_model::{
    Account, Application, AuthenticationMethod, Clock, Dialect, Millis, SecretVersion, Session, SessionId,
    User, UserId,
};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TestServer};

/// How many users have the sessions.
const USERS: i64 = 1_000;

/// How many sessions are written at once.
const PREPARED: usize = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (sessions, others) = (number(100_000_u64), number(300_000_u64));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(sessions, others));
}

async fn measure(sessions: u64, others: u64) {
    let mut server = TestServer::start().await;
    prepare(&server, sessions, others).await;
    server.restart().await;
    println!("{} sessions, {sessions} of them of one account", server.auth.session_count());
    let owner = owner(&server).await;
    let (server, is_over) = (Arc::new(server), Arc::new(AtomicBool::new(false)));
    let administrator = tokio::spawn(administer(Arc::clone(&server), owner.clone(), Arc::clone(&is_over)));
    let begun = now();
    let path = format!("/admin/v1/accounts/{ACCOUNT}/sessions");
    let request = server.admin_request(Method::DELETE, &path).bearer_auth(&owner);
    let answer = request.send().await.expect("an answer");
    let took = begun.elapsed().as_millis();
    let live = (0..sessions).filter(|number| is_live(&server, *number)).count();
    is_over.store(true, Ordering::Relaxed);
    let mut waited = administrator.await.expect("an administrator");
    waited.sort_unstable();
    let ended: Value = answer.json().await.expect("a body");
    println!("{ended} in {took} ms; {live} of them live after the answer");
    let at = |permille: usize| waited[(waited.len() - 1) * permille / 1_000].as_millis();
    let (many, half, most, all) = (waited.len(), at(500), at(990), at(1_000));
    println!("{many} changes by another meanwhile: p50 {half} ms, p99 {most} ms, the longest {all} ms");
}

/// Another account, users, and their sessions.
async fn prepare(server: &TestServer, sessions: u64, others: u64) {
    let like = server.fixture.users[0].clone();
    let other = Account {
        id: "other".parse().expect("an account id"),
        code: "OTHER".to_owned(),
        number: 77,
        ..server.fixture.account.clone()
    };
    let user = |number: i64| User {
        id: UserId(5_000_000_000 + number),
        number: i32::try_from(1_000 + number).expect("few users"),
        login_name: format!("user {number}"),
        ..like.clone()
    };
    let stranger = User { account: other.id, ..user(USERS) };
    let mut put = vec![Change::PutAccount(other.into()), Change::PutUser(stranger.clone().into())];
    put.extend((0..USERS).map(|number| Change::PutUser(user(number).into())));
    server.store.commit(put).await.expect("users");
    let now = server.clock.now();
    for numbers in (0..sessions + others).collect::<Vec<_>>().chunks(PREPARED) {
        let open = |number: &u64| {
            let of_account = i64::try_from(*number).ok().filter(|_| *number < sessions);
            let holder = of_account.map_or_else(|| stranger.clone(), |number| user(number % USERS));
            Change::OpenSession(session(*number, &holder, now).into())
        };
        server.store.commit(numbers.iter().map(open).collect()).await.expect("sessions");
    }
}

/// The bearer of an owner.
async fn owner(server: &TestServer) -> String {
    let first = FirstOwner::WithPassword("admin-password".to_owned().into());
    server
        .auth
        .administration()
        .make_administrators_account(first, server.clock.now())
        .await
        .expect("an owner");
    let body = json!({ "username": "admin", "password": "admin-password" });
    let login = server.admin_request(Method::POST, "/admin/v1/login").json(&body).send().await;
    let body: Value = login.expect("a login").json().await.expect("a body");
    body["token"].as_str().expect("a bearer").to_owned()
}

/// Changes the other account again and again.
async fn administer(server: Arc<TestServer>, owner: String, is_over: Arc<AtomicBool>) -> Vec<Duration> {
    let (mut waited, mut round) = (Vec::new(), 0);
    while !is_over.load(Ordering::Relaxed) {
        round += 1;
        let asked = now();
        let request = server.admin_request(Method::POST, "/admin/v1/accounts/other/skills");
        let request = request.bearer_auth(&owner).json(&json!({ "name": format!("skill {round}") }));
        assert_eq!(request.send().await.expect("an answer").status(), 201);
        waited.push(asked.elapsed());
    }
    waited
}

fn is_live(server: &TestServer, number: u64) -> bool {
    let bearer = server.auth.tokens().bearer(session_id(number)).to_string();
    let credentials = Credentials { bearer: Some(&bearer), ..Credentials::default() };
    let now = server.clock.now();
    let shown =
        Showing { credentials, accepted: Accepted::Any, account: None, address: None, agent: None, now };
    server.auth.authorize(Route::CHECK, shown, |_| ()).is_some()
}

fn session(number: u64, user: &User, now: Millis) -> Session {
    Session {
        id: session_id(number),
        account: user.account,
        user: user.id,
        application: Application::None,
        secret_version: SecretVersion(0),
        method: AuthenticationMethod::Password,
        dialect: Dialect::LivePerson,
        address: None,
        created: now,
        last_used: now,
        idle: Duration::from_hours(8),
        absolute_end: None,
        credential_version: user.credential_version,
    }
}

/// Ids of the first generation, scattered as random ones are (the finaliser of `SplitMix64`).
fn session_id(number: u64) -> SessionId {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut id = [1; 16];
    id[1..9].copy_from_slice(&mixed.to_be_bytes());
    SessionId(id)
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}
