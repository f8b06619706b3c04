//! What is counted of requests: each once, under whoever it is of, with what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use vestibule_model::{
    Application, ApplicationId, Clock, Day, GatewayRule, GatewayRuleSettings, TrafficApplication,
    TrafficOutcome, UserKind,
};
use vestibule_store::{Change, TrafficPeriod, TrafficQuery, TrafficRow};

use super::kinds::asked_by;
use super::*;

pub(crate) const TOKEN_APPLICATION: TrafficApplication =
    TrafficApplication::Of(Application::Token(ApplicationId(1)));
pub(crate) const NO_APPLICATION: TrafficApplication = TrafficApplication::Of(Application::None);

/// What an account has counted, written first; None: what is of no account.
pub(crate) async fn rows(server: &TestServer, account: Option<&str>) -> Vec<TrafficRow> {
    server.auth.write_traffic(server.clock.now()).await.unwrap();
    let today = Day::of(server.clock.now());
    let account = account.map(|id| id.parse().unwrap());
    let (from, through) = (today.minus(60), today);
    let query = TrafficQuery { account, application: None, from, through, after: None, limit: 1_000 };
    server.store.traffic(query).await.unwrap()
}

pub(crate) type Counts = BTreeMap<(TrafficApplication, String, TrafficOutcome), u64>;

fn counts(rows: &[TrafficRow]) -> Counts {
    let mut counts = Counts::new();
    for row in rows {
        for series in &row.series {
            let key = (row.source.application, series.family.to_string(), series.outcome);
            *counts.entry(key).or_default() += series.slots.iter().sum::<u64>();
        }
    }
    counts
}

pub(crate) async fn counted(server: &TestServer, account: Option<&str>) -> Counts {
    counts(&rows(server, account).await)
}

pub(crate) fn of<const N: usize>(all: [(TrafficApplication, &str, TrafficOutcome, u64); N]) -> Counts {
    all.into_iter()
        .map(|(application, family, outcome, count)| ((application, family.to_owned(), outcome), count))
        .collect()
}

async fn by_nginx(server: &TestServer, bearer: &str, target: &str) -> u16 {
    asked_by("nginx", server, target).bearer_auth(bearer).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_request_of_a_livevox_session_is_under_the_token_that_opened_it() {
    let server = TestServer::start().await;
    let id = livevox(&server).await;
    check(&server, "lv-session", &id).await;
    check(&server, "lv-session", &id).await;
    let sessions = server.request(Method::GET, "/session/sessions").header("LV-Session", &id);
    sessions.send().await.unwrap();
    server.get(&format!("/session/validate/{id}")).await;
    let logout = server.request(Method::DELETE, &format!("/session/logout/{id}"));
    assert_eq!(logout.send().await.unwrap().status(), 204);
    let expected = of([
        (TOKEN_APPLICATION, "(login)", TrafficOutcome::Allowed, 1),
        (TOKEN_APPLICATION, "(check)", TrafficOutcome::Allowed, 2),
        (TOKEN_APPLICATION, "(livevox)", TrafficOutcome::Allowed, 1),
        (TOKEN_APPLICATION, "(validate)", TrafficOutcome::Allowed, 1),
        (TOKEN_APPLICATION, "(logout)", TrafficOutcome::Allowed, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn a_liveperson_session_is_counted_from_login_to_logout() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.refresh(&session).await, 200);
    assert_eq!(server.log_out(&session).await, 200);
    server.refresh(&session).await;
    server.log_out(&session).await;
    let expected = of([
        (NO_APPLICATION, "(login)", TrafficOutcome::Allowed, 1),
        (NO_APPLICATION, "(refresh)", TrafficOutcome::Allowed, 1),
        (NO_APPLICATION, "(logout)", TrafficOutcome::Allowed, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
    let unknown = of([
        (TrafficApplication::Unknown, "(refresh)", TrafficOutcome::InvalidCredential, 1),
        (TrafficApplication::Unknown, "(logout)", TrafficOutcome::InvalidCredential, 1),
    ]);
    assert_eq!(counted(&server, None).await, unknown);
}

#[tokio::test]
async fn a_refused_login_is_counted_with_its_reason_and_its_application_if_that_is_known() {
    let server = TestServer::start().await;
    server.log_in("name", "wrong").await;
    server.log_in("nobody", "wrong").await;
    for (token, password) in [(TOKEN, "wrong"), ("0000", "password")] {
        let body = json!({ "clientName": "TEST", "userName": "name", "password": password });
        server
            .request(Method::POST, "/session/login")
            .header("LV-Access", token)
            .json(&body)
            .send()
            .await
            .unwrap();
    }
    let expected = of([
        (NO_APPLICATION, "(login)", TrafficOutcome::WrongCredentials, 2),
        (TOKEN_APPLICATION, "(login)", TrafficOutcome::WrongCredentials, 1),
        (TrafficApplication::Unknown, "(login)", TrafficOutcome::WrongCredentials, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn a_refused_check_is_counted_with_its_reason() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let paths = vec!["/v1/**".to_owned()];
    let rule =
        GatewayRule { name: "default".into(), settings: GatewayRuleSettings { paths, ..Default::default() } };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    assert_eq!(by_nginx(&server, &tokens.bearer, "/v1/a/b").await, 200);
    assert_eq!(by_nginx(&server, &tokens.bearer, "/v2/a/b").await, 403);
    assert_eq!(by_nginx(&server, &"0".repeat(64), "/v1/a/b").await, 401);
    assert_eq!(asked_by("nginx", &server, "/v1/a").send().await.unwrap().status(), 401);
    let twice = asked_by("nginx", &server, "/v1/a").header("X-Original-URI", "/v2/b");
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let mut of_account = counted(&server, Some(ACCOUNT)).await;
    of_account.retain(|(_, family, _), _| family != "(login)");
    let expected = of([
        (NO_APPLICATION, "/v1/a", TrafficOutcome::Allowed, 1),
        // What was never let through is no family of its own.
        (NO_APPLICATION, "(other)", TrafficOutcome::OtherPath, 1),
    ]);
    assert_eq!(of_account, expected);
    let unknown = of([
        (TrafficApplication::Unknown, "(other)", TrafficOutcome::InvalidCredential, 1),
        (TrafficApplication::Unknown, "(other)", TrafficOutcome::NoCredential, 1),
        (TrafficApplication::Unknown, "(check)", TrafficOutcome::Contradictory, 1),
    ]);
    assert_eq!(counted(&server, None).await, unknown);
}

#[tokio::test]
async fn a_session_whose_user_may_not_stay_is_refused_under_its_application() {
    let server = with_a_password_for_half_an_hour().await;
    let (id, session) = (livevox(&server).await, server.session().await);
    server.clock.advance(Duration::from_mins(31));
    assert_eq!(check(&server, "lv-session", &id).await.status(), 401);
    assert_ne!(server.refresh(&session).await, 200);
    let expected = of([
        (TOKEN_APPLICATION, "(login)", TrafficOutcome::Allowed, 1),
        (TOKEN_APPLICATION, "(check)", TrafficOutcome::InvalidCredential, 1),
        (NO_APPLICATION, "(login)", TrafficOutcome::Allowed, 1),
        (NO_APPLICATION, "(refresh)", TrafficOutcome::InvalidCredential, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
    assert_eq!(counted(&server, None).await, Counts::new());
}

/// Its sessions live on when the password has expired, and are refused.
async fn with_a_password_for_half_an_hour() -> TestServer {
    TestServer::start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = 1;
        let password = fixture.user("name").password.as_mut().unwrap();
        password.changed_at = password.changed_at.minus(Duration::from_mins(24 * 60 - 30));
    })
    .await
}

#[tokio::test]
async fn an_administrators_calls_are_of_no_account() {
    let server = TestServer::start().await;
    let request = server.admin_request(Method::GET, "/admin/v1/accounts").bearer_auth("wrong");
    assert_eq!(request.send().await.unwrap().status(), 401);
    let unknown =
        of([(TrafficApplication::Unknown, "(administration)", TrafficOutcome::InvalidCredential, 1)]);
    assert_eq!(counted(&server, None).await, unknown);
}

#[tokio::test]
async fn addresses_programs_and_kinds_of_user_are_told_apart() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for (address, agent) in
        [("192.0.2.1", "curl/8.5.0"), ("192.0.2.2", "curl/8.5.0 x"), ("192.0.2.1", "curl/7.88.1")]
    {
        let request =
            server.request(Method::GET, "/gateway/check/traefik/rule/default").bearer_auth(&tokens.bearer);
        let request = request.header("X-Forwarded-Method", "GET").header("X-Forwarded-Uri", "/a");
        let request =
            request.header("X-Forwarded-Host", "api.example.com").header("X-Forwarded-Proto", "https");
        let answer =
            request.header("X-Forwarded-For", address).header("User-Agent", agent).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let mut rows = rows(&server, Some(ACCOUNT)).await;
    assert_eq!(rows.len(), 1);
    let TrafficRow { series, addresses, agents, period, .. } = rows.remove(0);
    assert!(series.iter().all(|series| series.user_kind == Some(UserKind::Human)));
    // The login was from a third one.
    assert_eq!(addresses.count(), 3);
    assert_eq!(agents, [("curl/7.88.1".into(), 1), ("curl/8.5.0".into(), 2)]);
    assert_eq!(period, TrafficPeriod::Day(Day::of(server.clock.now())));
}

/// A name that is no id.
fn family(number: u32) -> String {
    let letter = |number: u32| char::from_u32(u32::from('a') + number % 26).unwrap();
    format!("family-{}{}", letter(number / 26), letter(number))
}

#[tokio::test]
async fn an_accounts_families_are_bounded() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for number in 0..210 {
        let target = format!("/{}/{number}", family(number));
        assert_eq!(by_nginx(&server, &tokens.bearer, &target).await, 200);
    }
    let counted = counted(&server, Some(ACCOUNT)).await;
    let paths = counted.keys().filter(|(_, family, _)| family.starts_with('/')).count();
    let others = counted[&(NO_APPLICATION, "(other)".to_owned(), TrafficOutcome::Allowed)];
    assert_eq!((paths, others), (200, 10));
}

/// Also in a process that has not learned them itself.
#[tokio::test]
async fn an_accounts_families_are_bounded_over_a_restart() {
    let mut server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for number in 0..150 {
        by_nginx(&server, &tokens.bearer, &format!("/{}", family(number))).await;
    }
    counted(&server, Some(ACCOUNT)).await;
    server.restart().await;
    for number in 100..250 {
        assert_eq!(by_nginx(&server, &tokens.bearer, &format!("/{}", family(number))).await, 200);
    }
    counted(&server, Some(ACCOUNT)).await;
    by_nginx(&server, &tokens.bearer, "/another-family").await;
    let counted = counted(&server, Some(ACCOUNT)).await;
    let paths = counted.keys().filter(|(_, family, _)| family.starts_with('/')).count();
    let others = counted[&(NO_APPLICATION, "(other)".to_owned(), TrafficOutcome::Allowed)];
    assert_eq!((paths, others), (200, 51));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_and_nothing_counts_twice_while_it_is_written() {
    let server = Arc::new(TestServer::start().await);
    let tokens = Arc::new(liveperson(&server).await);
    let checks: Vec<_> = (0..4)
        .map(|_| {
            let (server, tokens) = (Arc::clone(&server), Arc::clone(&tokens));
            tokio::spawn(async move {
                for _ in 0..250 {
                    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
                }
            })
        })
        .collect();
    while !checks.iter().all(tokio::task::JoinHandle::is_finished) {
        server.auth.write_traffic(server.clock.now()).await.unwrap();
        tokio::task::yield_now().await;
    }
    for check in checks {
        check.await.unwrap();
    }
    let counted = counted(&server, Some(ACCOUNT)).await;
    assert_eq!(counted[&(NO_APPLICATION, "(check)".to_owned(), TrafficOutcome::Allowed)], 1_000);
}

#[tokio::test]
async fn days_are_told_apart_and_added_to_months_when_they_are_old() {
    let server = TestServer::start().await;
    for _ in 0..40 {
        assert_eq!(server.log_in("name", "password").await.status(), 200);
        server.auth.write_traffic(server.clock.now()).await.unwrap();
        server.auth.age_traffic().await.unwrap();
        server.clock.advance(Duration::from_hours(24));
    }
    let rows = rows(&server, Some(ACCOUNT)).await;
    let days = rows.iter().filter(|row| matches!(row.period, TrafficPeriod::Day(_))).count();
    assert_eq!((days, counts(&rows).values().sum::<u64>()), (35, 40));
}
