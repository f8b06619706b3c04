//! What another process changes in the directory, user by user, holds in the service that follows.

use vestibule_model::User;
use vestibule_store::Change;
use vestibule_testkit::TestServer;

const PASSWORD: &str = "Tr1cky-pass";

/// A server with users of these names and one password.
async fn server(names: &[&str]) -> (TestServer, Vec<User>) {
    let mut users = Vec::new();
    let server = TestServer::start_with(|fixture, _| {
        let now = vestibule_model::Millis::from_unix(1_700_000_000_000);
        users = names.iter().map(|name| fixture.add_user(name, PASSWORD, now).clone()).collect();
    })
    .await;
    (server, users)
}

fn renamed(user: &User, login_name: &str) -> Change {
    Change::PutUser(Box::new(User { login_name: login_name.to_owned(), ..user.clone() }))
}

async fn id_of(server: &TestServer, login_name: &str) -> Option<String> {
    let answer: serde_json::Value = server.log_in(login_name, PASSWORD).await.json().await.unwrap();
    answer["config"]["userId"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_deleted_user_loses_sessions_and_logs_in_no_more() {
    let (server, users) = server(&["anna"]).await;
    let session = vestibule_testkit::session_of(server.log_in("anna", PASSWORD).await).await;
    server.change(vec![Change::DeleteUser(users[0].id)]).await;
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.log_in("anna", PASSWORD).await.status(), 401);
}

#[tokio::test]
async fn two_who_swap_their_names_are_taken_for_each_other_by_nobody() {
    let (server, users) = server(&["anna", "ben"]).await;
    let swap = vec![renamed(&users[0], "nobody"), renamed(&users[1], "anna"), renamed(&users[0], "ben")];
    server.change(swap).await;
    assert_eq!(id_of(&server, "anna").await, Some(users[1].id.to_string()));
    assert_eq!(id_of(&server, "ben").await, Some(users[0].id.to_string()));
    assert_eq!(id_of(&server, "nobody").await, None);
}

#[tokio::test]
async fn a_name_that_was_given_up_is_somebody_elses_at_once() {
    let (server, users) = server(&["anna", "ben"]).await;
    server.change(vec![renamed(&users[1], "nobody"), renamed(&users[0], "ben")]).await;
    assert_eq!(id_of(&server, "ben").await, Some(users[0].id.to_string()));
    assert_eq!(id_of(&server, "anna").await, None);
}

/// The store gives users in pages of 2,000.
#[tokio::test]
async fn more_users_than_are_read_at_once_are_all_there_after_a_start() {
    let (mut server, users) = server(&["anna"]).await;
    let anna = &users[0];
    let user = |number: i32| User {
        id: vestibule_model::UserId(anna.id.0 + i64::from(number)),
        pid: uuid::Uuid::from_u128(number.unsigned_abs().into()),
        number: anna.number + number,
        login_name: format!("user-{number}"),
        ..anna.clone()
    };
    let all = (1..=4_001).map(|number| Change::PutUser(user(number).into())).collect();
    server.store.commit(all).await.unwrap();
    server.restart().await;
    for number in (1..=4_001).step_by(100).chain(1_990..2_002).chain(3_990..4_002) {
        assert_eq!(id_of(&server, &format!("user-{number}")).await, Some(user(number).id.to_string()));
    }
}

/// More than are read one by one.
#[tokio::test]
async fn a_thousand_who_change_together_are_all_followed() {
    let names: Vec<String> = (0..1_100).map(|number| format!("user-{number}")).collect();
    let mut users = Vec::new();
    let server = TestServer::start_with(|fixture, _| {
        let anybody = fixture.user("name").clone();
        users = (0..).zip(&names).map(|(number, name)| of_number(&anybody, number, name)).collect();
        fixture.users.extend(users.iter().cloned());
    })
    .await;
    server
        .change(users.iter().map(|user| renamed(user, &format!("{}-later", user.login_name))).collect())
        .await;
    for name in ["user-0", "user-999"] {
        assert_eq!(server.log_in(name, "password").await.status(), 401);
        assert_eq!(server.log_in(&format!("{name}-later"), "password").await.status(), 200);
    }
}

fn of_number(user: &User, number: i32, login_name: &str) -> User {
    User {
        id: vestibule_model::UserId(5_000_000_000 + i64::from(number)),
        pid: uuid::Uuid::from_u128(u128::from(number.unsigned_abs()) + 1),
        number: 5_000 + number,
        login_name: login_name.to_owned(),
        ..user.clone()
    }
}

#[tokio::test]
async fn users_of_two_accounts_who_change_together_are_all_followed() {
    let (server, users) = server(&["anna"]).await;
    let id = "87654321".parse().unwrap();
    let account = vestibule_model::Account {
        id,
        number: 9_999_999,
        code: "other".into(),
        ..server.fixture.account.clone()
    };
    let ben =
        User { account: id, id: vestibule_model::UserId(77), login_name: "ben".into(), ..users[0].clone() };
    server.change(vec![Change::PutAccount(account.into()), Change::PutUser(ben.clone().into())]).await;
    let log_in = async |account: &str, name: &str| {
        let body = serde_json::json!({ "username": name, "password": PASSWORD });
        server.post(&format!("/api/account/{account}/login?v=1.3"), &body).await.status().as_u16()
    };
    assert_eq!(log_in("87654321", "ben").await, 200);
    let disabled = |user: &User| Change::PutUser(Box::new(User { enabled: false, ..user.clone() }));
    server.change(vec![disabled(&users[0]), disabled(&ben)]).await;
    assert_eq!(log_in("87654321", "ben").await, 401);
    assert_eq!(log_in(vestibule_testkit::ACCOUNT, "anna").await, 401);
}

#[tokio::test]
async fn what_is_trimmed_before_it_was_followed_is_read_anew() {
    let (server, users) = server(&["anna", "ben"]).await;
    let session = vestibule_testkit::session_of(server.log_in("anna", PASSWORD).await).await;
    let kept = vestibule_testkit::session_of(server.log_in("ben", PASSWORD).await).await;
    server.store.commit(vec![Change::DeleteUser(users[0].id), renamed(&users[1], "bob")]).await.unwrap();
    server.store.commit(vec![Change::TrimChanges { keep: 0, limit: u64::MAX }]).await.unwrap();
    server.auth.follow().await.unwrap();
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.refresh(&kept).await, 200);
    assert_eq!(id_of(&server, "bob").await, Some(users[1].id.to_string()));
}

#[tokio::test]
async fn an_account_that_is_gone_with_its_changes_is_forgotten() {
    let (server, _) = server(&["anna"]).await;
    let session = vestibule_testkit::session_of(server.log_in("anna", PASSWORD).await).await;
    let account = vestibule_testkit::ACCOUNT.parse().unwrap();
    let gone = vec![Change::DeleteAccount(account), Change::TrimChanges { keep: 0, limit: u64::MAX }];
    server.store.commit(gone).await.unwrap();
    server.store.commit(vec![Change::TrimChanges { keep: 0, limit: u64::MAX }]).await.unwrap();
    server.auth.follow().await.unwrap();
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.log_in("anna", PASSWORD).await.status(), 401);
}

/// As many as one commit names one by one.
fn a_thousand_skills() -> Vec<Change> {
    let account = vestibule_testkit::ACCOUNT.parse().unwrap();
    let skill = |id| Change::PutSkill(account, vestibule_model::Skill { id, name: format!("skill {id}") });
    (1..=1_000).map(skill).collect()
}

#[tokio::test]
async fn the_oldest_changes_of_the_directory_are_forgotten_when_there_are_very_many() {
    let (server, _) = server(&[]).await;
    let before = server.store.directory().await.unwrap().sequence;
    for _ in 0..111 {
        server.store.commit(a_thousand_skills()).await.unwrap();
    }
    server.auth.follow().await.unwrap();
    assert!(!server.store.changes(before).await.unwrap().is_trimmed);
    server.auth.trim_changes().await.unwrap();
    assert!(server.store.changes(before).await.unwrap().is_trimmed);
    let kept = vestibule_store::Sequence(server.store.directory().await.unwrap().sequence.0 - 100_000);
    assert!(!server.store.changes(kept).await.unwrap().is_trimmed);
}
