//! Logging in by an assertion at the login API (contract single-sign-on, SAML).

use serde_json::Value;
use vestibule_model::{AuthenticationMethod, Connection, ConnectionId, Dialect, Identity, Linking, SignOn};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{self as idp, made, saml_connection};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::support::{
    bearer, change_connection, check, id_token, log_in, log_in_by_id_token, now, reason_of, response, server,
    server_with, told,
};

/// The id of a refusal, of an answer that is that to every other.
async fn refused(server: &TestServer, document: &str) -> String {
    let (status, body, id) = told(log_in(server, document).await).await;
    assert_eq!((status, &*body), (401, r#"{"error":"Bad Authentication (invalid site or agent)"}"#));
    id.expect("the refusal has an id")
}

async fn why(server: &TestServer, document: &str) -> (String, Value) {
    let id = refused(server, document).await;
    reason_of(server, &id).await
}

#[tokio::test]
async fn a_response_logs_in_as_a_password_does() {
    let server = server().await;
    let by_password = server.log_in("name", "password").await;
    let by_response = log_in(&server, &response(&server, "_1")).await;
    let cookies = |answer: &reqwest::Response| answer.headers().get_all("set-cookie").iter().count();
    assert_eq!(cookies(&by_password), cookies(&by_response));
    let (password, response): (Value, Value) =
        (by_password.json().await.unwrap(), by_response.json().await.unwrap());
    let keys = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&password), keys(&response));
    assert_eq!(password["config"]["userPid"], response["config"]["userPid"]);
    assert_eq!(check(&server, response["bearer"].as_str().unwrap()).await, 200);
    let session = server.stored_sessions().await.pop().unwrap();
    assert_eq!((session.method, session.dialect), (AuthenticationMethod::Saml, Dialect::LivePerson));
}

#[tokio::test]
async fn an_assertion_by_itself_logs_in() {
    let server = server().await;
    bearer(log_in(&server, &idp::assertion(&made("_1", "name", now(&server)))).await).await;
}

#[tokio::test]
async fn where_passwords_are_refused_an_assertion_logs_in() {
    let server = server_with(|fixture| fixture.account.sign_on = SignOn::SsoOnly).await;
    bearer(log_in(&server, &response(&server, "_1")).await).await;
}

#[tokio::test]
async fn an_expired_password_keeps_nobody_out_whom_the_identity_provider_vouches_for() {
    let mut server = server_with(|fixture| fixture.account.password_policy.expiry_days = 1).await;
    server.change_user("name", |user| user.must_change_password = true).await;
    server.clock.advance(std::time::Duration::from_hours(48));
    bearer(log_in(&server, &response(&server, "_1")).await).await;
}

#[tokio::test]
async fn s4_a_user_who_is_disabled_is_told_so() {
    let mut server = server().await;
    server.change_user("name", |user| user.enabled = false).await;
    let (status, body, _) = told(log_in(&server, &response(&server, "_1")).await).await;
    assert_eq!((status, &*body), (401, r#"{"error":"The user is disabled","internalCode":102}"#));
}

#[tokio::test]
async fn s4_a_user_who_is_locked_is_told_so_until_the_lock_ends() {
    let mut server = server().await;
    let at = now(&server);
    server.change_user("name", |user| user.locked_at = Some(at)).await;
    let (status, body, _) = told(log_in(&server, &response(&server, "_1")).await).await;
    assert_eq!((status, &body.contains("101")), (401, &true), "{body}");
    let token = id_token(&server, "n");
    assert_eq!(log_in_by_id_token(&server, &token).await.status(), 401);
    assert!(server.stored_sessions().await.is_empty());
    server.change_user("name", |user| user.locked_at = None).await;
    bearer(log_in(&server, &response(&server, "_2")).await).await;
}

#[tokio::test]
async fn without_the_attribute_the_name_id_is_the_login_name() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    made.statements = String::new();
    bearer(log_in(&server, &idp::response(&made)).await).await;
}

#[tokio::test]
async fn a_login_name_that_has_several_values_is_nobodys() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    let value = "<saml:AttributeValue>name</saml:AttributeValue>";
    made.statements = made.statements.replacen(value, &value.repeat(2), 1);
    let (reason, details) = why(&server, &idp::response(&made)).await;
    assert_eq!((&*reason, details["check"].as_str()), ("assertion-refused", Some("user")));
}

#[tokio::test]
async fn a_login_name_with_white_space_around_it_is_nobodys() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    made.statements = made.statements.replace(">name<", ">name&#xA;<");
    let (reason, details) = why(&server, &idp::response(&made)).await;
    assert_eq!((&*reason, details["check"].as_str()), ("assertion-refused", Some("user")));
    assert_eq!(details["why"], "its attribute loginName has white space around it");
}

#[tokio::test]
async fn login_names_of_users_are_case_sensitive() {
    let server = server().await;
    let (reason, details) = why(&server, &idp::response(&made("_1", "Name", now(&server)))).await;
    assert_eq!((&*reason, &details["names"]), ("unknown-user", &"Name".into()));
    assert!(details["fix"].as_str().unwrap().starts_with("make the user"), "{details}");
}

#[tokio::test]
async fn a_bot_has_no_identity_there() {
    let server = server().await;
    assert_eq!(why(&server, &idp::response(&made("_1", "bot", now(&server)))).await.0, "unknown-user");
}

#[tokio::test]
async fn a_user_is_found_by_the_subject_where_the_connection_says_so() {
    let mut server = server().await;
    change_connection(&server, Connection { linking: Linking::Subject, ..saml_connection() }).await;
    let other = response(&server, "_1").clone();
    assert_eq!(why(&server, &other).await.0, "unknown-user");
    let identity = Identity { connection: saml_connection().id, subject: "a-subject".into() };
    server.change_user("name", |user| user.identities = vec![identity]).await;
    let mut made = made("_2", "somebody-else", now(&server));
    made.subject = "<saml:NameID>a-subject</saml:NameID>".into();
    bearer(log_in(&server, &idp::response(&made)).await).await;
}

#[tokio::test]
async fn x4_an_assertion_is_taken_once() {
    let server = server().await;
    let document = response(&server, "_1");
    let first = bearer(log_in(&server, &document).await).await;
    assert_eq!(why(&server, &document).await.0, "already-used");
    assert_eq!(check(&server, &first).await, 200, "who logged in by it stays");
}

#[tokio::test]
async fn x4_an_assertion_is_taken_once_over_a_restart() {
    let mut server = server().await;
    let document = response(&server, "_1");
    bearer(log_in(&server, &document).await).await;
    server.restart().await;
    assert_eq!(why(&server, &document).await.0, "already-used");
}

#[tokio::test]
async fn s13_of_many_who_show_an_assertion_at_once_one_logs_in() {
    let server = server().await;
    let document = response(&server, "_1");
    let mut shown = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let path = format!("/api/account/{ACCOUNT}/login?v=1.3");
        let body = serde_json::json!({ "jwt": "dummy", "assertion": document });
        let request = server.request(reqwest::Method::POST, &path).json(&body);
        shown.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let mut statuses = shown.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(server.stored_sessions().await.len(), 1);
}

/// Incidents of X5: Keycloak CVE-2026-3009, Casdoor CVE-2026-9098 (logins under way when the identity provider is disabled).
#[tokio::test]
async fn x5_a_connection_that_is_disabled_logs_nobody_in() {
    let server = server().await;
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    assert_eq!(why(&server, &response(&server, "_1")).await.0, "no-connection");
}

#[tokio::test]
async fn x5_a_connection_that_is_disabled_ends_the_sessions_that_it_opened() {
    let server = server().await;
    let federated = bearer(log_in(&server, &response(&server, "_1")).await).await;
    change_connection(&server, Connection { display_name: "other".into(), ..saml_connection() }).await;
    assert_eq!(check(&server, &federated).await, 200);
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    assert_eq!(check(&server, &federated).await, 401);
    assert!(server.stored_sessions().await.is_empty());
}

#[tokio::test]
async fn x5_a_connection_that_is_deleted_while_no_service_runs_ends_its_sessions_at_the_next_start() {
    let mut server = server().await;
    let federated = bearer(log_in(&server, &response(&server, "_1")).await).await;
    let id = saml_connection().id;
    server.store.commit(vec![Change::DeleteConnection(ACCOUNT.parse().unwrap(), id)]).await.unwrap();
    server.restart().await;
    server.auth.flush().await.unwrap();
    assert_eq!(check(&server, &federated).await, 401);
    assert!(server.stored_sessions().await.is_empty());
}

#[tokio::test]
async fn x4_an_assertion_for_another_audience_is_refused() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    made.conditions = made.conditions.replace("vestibule.example.net", "sp.example");
    let (reason, details) = why(&server, &idp::response(&made)).await;
    assert_eq!((&*reason, details["check"].as_str()), ("assertion-refused", Some("audience")));
    assert!(details["fix"].as_str().unwrap().contains("audience"));
}

#[tokio::test]
async fn x4_an_assertion_for_another_recipient_is_refused() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    made.confirmation = made.confirmation.replace("vestibule.example.net", "sp.example");
    assert_eq!(why(&server, &idp::response(&made)).await.1["check"], "address");
}

#[tokio::test]
async fn the_recipient_may_be_the_vendors_address_with_any_query() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    let own = format!("/sso/saml/{ACCOUNT}/idp/acs");
    let vendors = format!("/hc/s-{ACCOUNT}/web/m-LP/samlAssertionMembersArea/home.jsp?lpservice=liveEngage");
    made.confirmation = made.confirmation.replace(&own, &vendors);
    bearer(log_in(&server, &idp::response(&made)).await).await;
}

#[tokio::test]
async fn x4_an_assertion_counts_only_in_its_time_and_the_refusal_names_the_clocks() {
    let server = server().await;
    let late = response(&server, "_1");
    server.clock.advance(std::time::Duration::from_mins(10));
    let (_, details) = why(&server, &late).await;
    assert_eq!(details["check"], "time");
    let (told, fix) = (details["why"].as_str().unwrap(), details["fix"].as_str().unwrap());
    assert!(
        told.contains("300 s too late, with 60 s allowed") && told.contains("issued 600 s ago"),
        "{told}"
    );
    assert!(fix.contains("NTP"), "{fix}");
}

#[tokio::test]
async fn x1_an_assertion_that_nobody_signed_and_one_by_a_stranger_are_refused_alike() {
    let server = server().await;
    let made = made("_1", "name", now(&server));
    let unsigned = idp::encoded(&made.around(&made.assertion(""), ""));
    assert_eq!(why(&server, &unsigned).await.1["check"], "signatures");
    let signature = vestibule_saml::testing::signature(&made.id);
    let by_stranger = vestibule_saml::testing::STRANGER.sign(&made.assertion(&signature));
    assert_eq!(why(&server, &idp::encoded(&made.around(&by_stranger, ""))).await.1["check"], "signatures");
}

#[tokio::test]
async fn x4_a_response_that_answers_nothing_is_refused_where_the_connection_does_not_take_it() {
    let server = server().await;
    let mut connection = saml_connection();
    if let vestibule_model::Protocol::Saml(saml) = &mut connection.protocol {
        saml.unsolicited = false;
    }
    change_connection(&server, connection).await;
    assert_eq!(why(&server, &response(&server, "_1")).await.1["check"], "request");
}

#[tokio::test]
async fn x4_an_assertion_of_another_account_is_refused() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    made.statements = made.statements.replacen(ACCOUNT, "other", 1);
    let (reason, details) = why(&server, &idp::response(&made)).await;
    assert_eq!((&*reason, details["check"].as_str()), ("assertion-refused", Some("user")));
}

/// The other account trusts the same identity provider, and has a user of the same name.
#[tokio::test]
async fn x4_an_assertion_for_one_account_logs_nobody_in_at_another() {
    let server = server().await;
    let mut account = server.fixture.account.clone();
    (account.id, account.code, account.number) = ("other".parse().unwrap(), "OTHER".into(), 77);
    let mut user = server.fixture.users[0].clone();
    (user.id, user.account) = (vestibule_model::UserId(990), account.id);
    let id = account.id;
    let connection = Connection { id: ConnectionId(99), ..saml_connection() };
    let changes = vec![
        Change::PutAccount(account.into()),
        Change::PutUser(user.into()),
        Change::PutConnection(id, connection.into()),
    ];
    server.change(changes).await;
    let mut made = made("_1", "name", now(&server));
    made.statements = String::new();
    let body = serde_json::json!({ "jwt": "dummy", "assertion": idp::response(&made) });
    let (status, _, id) = told(server.post("/api/account/other/login?v=1.3", &body).await).await;
    assert_eq!(status, 401);
    assert_eq!(reason_of(&server, &id.unwrap()).await.1["check"], "address");
    bearer(log_in(&server, body["assertion"].as_str().unwrap()).await).await;
}

#[tokio::test]
async fn an_account_that_is_not_there_and_one_without_a_connection_answer_alike() {
    let server = server_with(|fixture| fixture.connections.clear()).await;
    let document = response(&server, "_1");
    assert_eq!(why(&server, &document).await.0, "no-connection");
    let body = serde_json::json!({ "jwt": "dummy", "assertion": document });
    let (status, text, id) = told(server.post("/api/account/nobody/login?v=1.3", &body).await).await;
    assert_eq!((status, &*text), (401, r#"{"error":"Bad Authentication (invalid site or agent)"}"#));
    assert!(id.is_some());
}

#[tokio::test]
async fn the_connection_is_found_among_several_by_the_issuer_and_verified_by_its_certificates() {
    let server = server_with(|fixture| {
        let other = |number: u8| {
            let mut connection = saml_connection();
            (connection.id, connection.name) =
                (ConnectionId(100 + i64::from(number)), format!("other{number}"));
            if let vestibule_model::Protocol::Saml(saml) = &mut connection.protocol {
                saml.identity_provider = format!("https://other{number}.example/metadata");
                saml.certificates =
                    vec![vestibule_model::Der(vestibule_saml::testing::STRANGER.certificate.clone())];
            }
            connection
        };
        fixture.connections.splice(0..0, (0..5).map(other));
    })
    .await;
    bearer(log_in(&server, &response(&server, "_1")).await).await;
    let mut made = made("_2", "name", now(&server));
    made.issuer = "https://other3.example/metadata".into();
    let (_, details) = why(&server, &idp::response(&made)).await;
    assert_eq!(
        (details["check"].as_str(), details["connection"].as_str()),
        (Some("signatures"), Some("other3"))
    );
}

#[tokio::test]
async fn what_is_no_document_is_refused_alike() {
    let server = server().await;
    for nonsense in ["x", "AAAA", "PHg+"] {
        refused(&server, nonsense).await;
    }
}

#[tokio::test]
async fn l7_an_address_that_fails_often_is_turned_away() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![saml_connection()];
        settings.failures.burst = 3;
    })
    .await;
    for _ in 0..3 {
        refused(&server, "AAAA").await;
    }
    let (status, _, id) = told(log_in(&server, &response(&server, "_1")).await).await;
    assert_eq!((status, id), (429, None));
    assert_eq!(check(&server, "x").await, 401, "checks go on");
}

#[tokio::test]
async fn refusals_of_one_minute_that_are_alike_are_one_entry_under_one_id() {
    let server = server().await;
    let (first, second) = (refused(&server, "AAAA").await, refused(&server, "AAAA").await);
    assert_eq!(first, second);
    assert_eq!(first, refused(&server, "x").await, "the words are the sender's");
    let mut made = made("_1", "name", now(&server));
    made.conditions = made.conditions.replace("/metadata", "/other");
    let other = refused(&server, &idp::response(&made)).await;
    assert_ne!(first, other, "another check");
    reason_of(&server, &first).await;
    reason_of(&server, &other).await;
}

#[tokio::test]
async fn the_audit_tells_by_which_means_and_connection_somebody_logged_in() {
    let server = server().await;
    bearer(log_in(&server, &response(&server, "_1")).await).await;
    let query = vestibule_store::AuditQuery { limit: 10, ..Default::default() };
    let entries = server.store.audit(query).await.unwrap().entries;
    let login = entries.iter().find(|entry| entry.record.means == vestibule_model::Means::Saml).unwrap();
    assert_eq!(login.record.details.as_deref(), Some(r#"{"connection":71}"#));
}
