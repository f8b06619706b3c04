//! Users who are made at their first login, where the connection says so.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_auth::BlockList;
use vestibule_model::{
    AccountState, Actor, AuditAction, Connection, Identity, Linking, Population, Protocol, Provisioning, User,
};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::identity_provider::{self as idp, made, oidc_connection, saml_connection};
use vestibule_testkit::{ACCOUNT, AccountFixture, TestServer};

use crate::administration::Administrator;
use crate::browser::{Browser, asked};
use crate::support::{change_connection, log_in, log_in_by_id_token, now, reason_of, server_with, told};

/// Of both protocols, by login name, with a name, an address and two profiles, one of them by a group.
fn making(connection: Connection) -> Connection {
    let claim = |name: &str| Some(name.to_owned());
    Connection {
        provisioning: Provisioning {
            enabled: true,
            login_name: None,
            full_name: claim("cn"),
            email: claim("mail"),
            profiles: vec![1],
            profile_claim: claim("groups"),
            profile_map: [("admins".to_owned(), 2)].into(),
        },
        ..connection
    }
}

fn by_subject(connection: Connection, login_name: Option<&str>) -> Connection {
    let mut connection = making(Connection { linking: Linking::Subject, ..connection });
    connection.provisioning.login_name = login_name.map(str::to_owned);
    connection
}

async fn server_of(connections: Vec<Connection>) -> TestServer {
    server_with(|fixture: &mut AccountFixture| fixture.connections = connections).await
}

/// A response that names somebody, with attributes of theirs.
fn response(server: &TestServer, id: &str, name: &str) -> String {
    let attribute = |name: &str, values: &[&str]| {
        let value = |value: &&str| format!("<saml:AttributeValue>{value}</saml:AttributeValue>");
        let values = values.iter().map(value).collect::<Vec<_>>().concat();
        format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
    };
    let mut made = made(id, name, now(server));
    let more = [
        attribute("cn", &["Anna Smith"]),
        attribute("mail", &["anna@example.com"]),
        attribute("uid", &["anna.s"]),
        attribute("groups", &["staff", "admins"]),
    ];
    made.statements = made
        .statements
        .replace("</saml:AttributeStatement>", &format!("{}</saml:AttributeStatement>", more.concat()));
    idp::response(&made)
}

async fn users(server: &TestServer, login_name: &str) -> Vec<User> {
    let account = server.store.account(ACCOUNT.parse().unwrap()).await.unwrap();
    let mut all = account.unwrap().users;
    all.retain(|user| user.login_name == login_name);
    all
}

async fn refusal(server: &TestServer, answer: Response) -> (String, Value) {
    let (status, body, id) = told(answer).await;
    assert_eq!(status, 401, "{body}");
    reason_of(server, &id.unwrap()).await
}

#[tokio::test]
async fn whoever_is_vouched_for_and_not_known_is_made_of_what_is_said_of_them() {
    let server = server_of(vec![making(saml_connection())]).await;
    assert_eq!(log_in(&server, &response(&server, "_1", "anna")).await.status(), 200);
    let [user] = &users(&server, "anna").await[..] else { panic!("one user") };
    assert_eq!((&*user.full_name, &*user.email), ("Anna Smith", "anna@example.com"));
    assert_eq!((&user.profiles[..], user.population), (&[1, 2][..], Population::User));
    assert!(user.password.is_none() && user.identities.is_empty() && user.enabled);
    assert_eq!(log_in(&server, &response(&server, "_2", "anna")).await.status(), 200);
    assert_eq!(users(&server, "anna").await, std::slice::from_ref(user));
}

#[tokio::test]
async fn the_audit_tells_which_connection_made_them() {
    let server = server_of(vec![making(saml_connection())]).await;
    log_in(&server, &response(&server, "_1", "anna")).await;
    let user = users(&server, "anna").await.remove(0);
    let query = AuditQuery { user: Some(user.id), limit: 10, ..AuditQuery::default() };
    let entries = server.store.audit(query).await.unwrap().entries;
    let made = entries.iter().find(|entry| entry.record.action == AuditAction::Created).unwrap();
    let connection = saml_connection();
    assert_eq!(made.record.actor, Actor::Connection { id: connection.id, name: connection.name });
    assert!(made.record.after.as_ref().unwrap().contains("Anna Smith"));
}

#[tokio::test]
async fn a_connection_makes_nobody_unless_it_is_set() {
    let mut off = making(saml_connection());
    off.provisioning.enabled = false;
    let server = server_of(vec![off]).await;
    let (reason, details) = refusal(&server, log_in(&server, &response(&server, "_1", "anna")).await).await;
    assert_eq!((reason.as_str(), &details["names"]), ("unknown-user", &json!("anna")));
    assert!(users(&server, "anna").await.is_empty());
}

#[tokio::test]
async fn first_logins_at_once_make_one_user() {
    let server = server_of(vec![making(saml_connection())]).await;
    let documents = ["_1", "_2", "_3"].map(|id| response(&server, id, "anna"));
    let [one, two, three] = documents.each_ref().map(|document| log_in(&server, document));
    let (one, two, three) = tokio::join!(one, two, three);
    assert_eq!([one, two, three].map(|answer| answer.status().as_u16()), [200; 3]);
    assert_eq!(users(&server, "anna").await.len(), 1);
}

#[tokio::test]
async fn x4_what_made_a_user_makes_nobody_a_second_time() {
    let server = server_of(vec![making(saml_connection())]).await;
    let document = response(&server, "_1", "anna");
    assert_eq!(log_in(&server, &document).await.status(), 200);
    let user = users(&server, "anna").await.remove(0);
    server.change(vec![Change::DeleteUser(user.id)]).await;
    assert_eq!(refusal(&server, log_in(&server, &document).await).await.0, "already-used");
    assert!(users(&server, "anna").await.is_empty());
}

#[tokio::test]
async fn linked_by_subject_they_have_the_identity_and_the_name_that_is_said() {
    for (claim, expected) in [(Some("uid"), "anna.s"), (None, "anna")] {
        let server = server_of(vec![by_subject(saml_connection(), claim)]).await;
        assert_eq!(log_in(&server, &response(&server, "_1", "anna")).await.status(), 200);
        let [user] = &users(&server, expected).await[..] else { panic!("one user named {expected}") };
        let identity = Identity { connection: saml_connection().id, subject: "anna".into() };
        assert_eq!(user.identities, [identity]);
        assert_eq!(log_in(&server, &response(&server, "_2", "anna")).await.status(), 200);
    }
}

#[tokio::test]
async fn a_name_that_somebody_has_is_not_theirs() {
    let server = server_of(vec![by_subject(saml_connection(), None)]).await;
    let before = users(&server, "name").await;
    let (reason, details) = refusal(&server, log_in(&server, &response(&server, "_1", "name")).await).await;
    assert_eq!((reason.as_str(), &details["check"]), ("unknown-user", &json!("provisioning")));
    let text = |field: &str| details[field].as_str().unwrap().to_owned();
    assert!(text("why").contains("login_name: this is taken"), "{details}");
    assert!(text("fix").contains("give that user the identity"), "{details}");
    assert_eq!(users(&server, "name").await, before);
}

#[tokio::test]
async fn a_name_that_breaks_a_rule_is_refused_with_the_rule() {
    let server = server_of(vec![making(saml_connection())]).await;
    let name = "x".repeat(300);
    let (_, details) = refusal(&server, log_in(&server, &response(&server, "_1", &name)).await).await;
    assert!(details["why"].as_str().unwrap().contains("login_name: "), "{details}");
}

#[tokio::test]
async fn a_profile_that_is_gone_is_told() {
    let mut connection = making(saml_connection());
    connection.provisioning.profiles.push(77);
    let server = server_of(vec![connection]).await;
    let (_, details) = refusal(&server, log_in(&server, &response(&server, "_1", "anna")).await).await;
    assert!(details["fix"].as_str().unwrap().contains("provisioning"), "{details}");
    assert!(users(&server, "anna").await.is_empty());
}

#[tokio::test]
async fn an_account_that_is_disabled_gets_no_users() {
    let server = server_with(|fixture| {
        fixture.connections = vec![making(saml_connection())];
        fixture.account.state = AccountState::Disabled;
    })
    .await;
    assert_eq!(refusal(&server, log_in(&server, &response(&server, "_1", "anna")).await).await.0, "disabled");
    assert!(users(&server, "anna").await.is_empty());
}

#[tokio::test]
async fn an_id_token_makes_them_too_by_claims_with_one_value_or_several() {
    for (groups, profiles) in
        [(json!(["admins", "x"]), vec![1, 2]), (json!("admins"), vec![1, 2]), (json!(7), vec![1])]
    {
        let server = server_of(vec![making(oidc_connection())]).await;
        let mut claims = idp::claims("1", "anna", now(&server));
        claims["groups"] = groups;
        claims["cn"] = json!("Anna");
        let answer = log_in_by_id_token(&server, &idp::id_token(&claims)).await;
        assert_eq!(answer.status(), 200);
        let user = users(&server, "anna").await.remove(0);
        assert_eq!((user.profiles, &*user.full_name), (profiles, "Anna"));
    }
}

/// What a test through a browser tells of somebody whom nobody knows.
async fn tested_by_browser(
    server: &TestServer,
    administrator: &Administrator,
    connection: &Connection,
    name: &str,
) -> Value {
    let tests = format!("/admin/v1/accounts/{ACCOUNT}/connections/{}/tests", connection.id);
    let (_, begun) = administrator.post(&tests).await;
    let login = begun["login_address"].as_str().unwrap().strip_prefix(vestibule_testkit::ORIGIN).unwrap();
    let mut browser = Browser::new(server);
    let (request, relay_state) = asked(&browser.get(login).await);
    let mut made = made("_1", name, now(server));
    made.confirmation =
        made.confirmation.replace(" Recipient=", &format!(r#" InResponseTo="{request}" Recipient="#));
    let document = idp::response(&made);
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    browser.post(&format!("/sso/saml/{ACCOUNT}/{}/acs", idp::SAML), &form).await;
    let (_, found) = administrator.get(&format!("{tests}/{}", begun["id"].as_str().unwrap())).await;
    found["report"].clone()
}

/// What the check that refuses it says.
fn refusing(report: &Value) -> (&str, &str) {
    let checks = report["checks"].as_array().unwrap();
    let first = checks.iter().find(|check| check["refusal"].is_string());
    first
        .map(|check| (check["check"].as_str().unwrap(), check["refusal"].as_str().unwrap()))
        .unwrap_or_default()
}

#[tokio::test]
async fn a_test_through_the_browser_says_who_would_be_made_and_makes_nobody() {
    let mut strict = making(saml_connection());
    if let Protocol::Saml(saml) = &mut strict.protocol {
        saml.unsolicited = false;
    }
    let server = server_of(vec![strict.clone()]).await;
    let administrator = Administrator::of(&server).await;
    let report = tested_by_browser(&server, &administrator, &strict, "anna").await;
    assert!(report["taken"] == true && report.to_string().contains("anna would be made"), "{report}");
    strict.provisioning.profiles.push(77);
    change_connection(&server, strict.clone()).await;
    let report = tested_by_browser(&server, &administrator, &strict, "anna").await;
    let (check, why) = refusing(&report);
    assert!(check == "provisioning" && why.contains("cannot be made"), "{report}");
    assert!(users(&server, "anna").await.is_empty());
}

#[tokio::test]
async fn a_test_makes_nobody_whom_a_login_would_not_make() {
    for (is_disabled, expected) in [(true, "the account is disabled"), (false, "block list")] {
        let connection = making(saml_connection());
        let server = TestServer::start_with(|fixture, settings| {
            fixture.connections = vec![connection.clone()];
            if is_disabled {
                fixture.account.state = AccountState::Disabled;
            } else {
                settings.block_list.user_names.insert(BlockList::name("anna"));
            }
        })
        .await;
        let administrator = Administrator::of(&server).await;
        let by_browser = tested_by_browser(&server, &administrator, &connection, "anna").await;
        let test = format!("/admin/v1/accounts/{ACCOUNT}/connections/{}/test", connection.id);
        let shown = json!({ "saml_response": response(&server, "_2", "anna") });
        let (_, by_message) = administrator.ask(Method::POST, &test, Some(&shown)).await;
        for report in [by_browser, by_message] {
            let (check, why) = refusing(&report);
            assert!(report["taken"] == false && check == "login", "{report}");
            assert!(why.contains(expected), "{why}");
        }
    }
}

#[tokio::test]
async fn nobody_is_made_of_a_name_that_is_another_one_at_each_login() {
    let by_name = making(saml_connection());
    for connection in [by_name.clone(), by_subject(saml_connection(), Some("uid"))] {
        let server = server_of(vec![connection]).await;
        let mut made = made("_1", "anna", now(&server));
        let transient = r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">"#;
        made.subject = made.subject.replace("<saml:NameID>", transient);
        made.statements = made.statements.replace("loginName", "uid");
        let (reason, details) = refusal(&server, log_in(&server, &idp::response(&made)).await).await;
        assert_eq!(reason, "assertion-refused");
        assert!(details["why"].as_str().unwrap().contains("transient"), "{details}");
        assert!(users(&server, "anna").await.is_empty());
    }
}
