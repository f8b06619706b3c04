//! From an empty installation to a session that was ended, with nothing but what the description describes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::described::Described;
use crate::support::{Answer, Instance};

const ACCOUNTS: &str = "/admin/v1/accounts";
const USERS: &str = "/admin/v1/accounts/{account}/users";
const KEYS: &str = "/admin/v1/accounts/{account}/api-keys";
const TOKENS: &str = "/admin/v1/accounts/{account}/application-tokens";
const SESSIONS: &str = "/admin/v1/sessions";
const SESSION: &str = "/admin/v1/sessions/{reference}";

/// Makes something in the account `acme`.
async fn make(api: &Described<'_>, pattern: &str, body: Value) -> Value {
    let answer = api.call(("post", pattern), &[("account", &json!("acme"))], Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

async fn sessions_of(api: &Described<'_>, user: &Value) -> Vec<Value> {
    let filter = [("account", &json!("acme")), ("user", &user["id"])];
    let Answer { body, .. } = api.call(("get", SESSIONS), &filter, None).await;
    body["sessions"].as_array().unwrap().clone()
}

/// The login of a bot with its key over the LivePerson dialect: cookie and csrf token.
async fn bot_session(instance: &Instance, key: &Value) -> (String, String) {
    let body = json!({
        "username": "chatbot", "appKey": key["app_key"], "secret": key["secret"],
        "accessToken": key["access_token"], "accessTokenSecret": key["access_token_secret"],
    });
    vestibule_testkit::session_of(instance.server.post("/api/account/acme/login?v=1.3", &body).await).await
}

/// The login of an agent with an application token over the LiveVox dialect: the session's id.
async fn agent_session(instance: &Instance, token: &Value) -> String {
    let body = json!({
        "clientName": "acme", "userName": "agent1", "password": "Tr1cky-pass", "agent": true,
    });
    let request = instance.server.request(Method::POST, "/session/login").json(&body);
    let answer = request.header("LV-Access", token["token"].as_str().unwrap()).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["sessionId"].as_str().expect("a session").to_owned()
}

/// The status of a refresh.
async fn bot_status(instance: &Instance, (cookie, csrf): &(String, String)) -> u16 {
    let request = instance.server.request(Method::POST, "/api/account/acme/refresh?v=1.3");
    let request = request.header("cookie", format!("session_id={cookie}")).json(&json!({ "csrf": csrf }));
    request.send().await.unwrap().status().as_u16()
}

async fn validate(instance: &Instance, session: &str) -> u16 {
    instance.server.get(&format!("/session/validate/{session}")).await.status().as_u16()
}

#[tokio::test]
async fn an_account_a_bot_an_agent_their_logins_and_the_end_of_one() {
    let instance = Instance::start().await;
    let api = Described::by(&instance).await;
    let account = json!({ "id": "acme", "features": ["User Type - Bot"] });
    assert_eq!(api.call(("post", ACCOUNTS), &[], Some(account)).await.status, 201);
    let key = make(&api, KEYS, json!({ "name": "chat", "privileges": ["user-login"] })).await;
    let bot = json!({ "login_name": "chatbot", "kind": "bot", "allowed_app_key": key["app_key"] });
    let bot = make(&api, USERS, bot).await;
    let agent = json!({
        "login_name": "agent1", "population": "agent", "password": "Tr1cky-pass", "must_change_password": false,
    });
    let agent = make(&api, USERS, agent).await;
    let token = make(&api, TOKENS, json!({ "name": "dialler" })).await;

    let of_bot = bot_session(&instance, &key).await;
    let of_agent = agent_session(&instance, &token).await;
    assert_eq!((bot_status(&instance, &of_bot).await, validate(&instance, &of_agent).await), (200, 204));

    let (mine, theirs) = (sessions_of(&api, &bot).await, sessions_of(&api, &agent).await);
    assert_eq!((mine.len(), theirs.len()), (1, 1));
    let reference = [("reference", &mine[0]["reference"])];
    assert_eq!(api.call(("get", SESSION), &reference, None).await.body["application"], key["id"]);
    assert_eq!(api.call(("delete", SESSION), &reference, None).await.status, 204);
    assert_eq!((bot_status(&instance, &of_bot).await, validate(&instance, &of_agent).await), (401, 204));

    let question = Some(json!({ "session": mine[0]["reference"] }));
    let why = api.call(("post", "/admin/v1/why"), &[], question).await.body;
    let answer = why["lives"][0]["answer"].as_str().unwrap();
    assert!(answer.starts_with("ended ") && answer.contains(" by administrator admin"), "{answer}");
}

#[tokio::test]
async fn every_kind_of_thing_is_made_read_changed_listed_and_deleted_as_described() {
    let instance = Instance::start().await;
    let api = Described::by(&instance).await;
    assert_eq!(api.call(("post", ACCOUNTS), &[], Some(json!({ "id": "acme" }))).await.status, 201);
    let account = ("account", &json!("acme"));
    let cases = [
        ("users", "user", json!({ "login_name": "anna" }), json!({ "email": "anna@example.com" })),
        ("profiles", "id", json!({ "name": "night" }), json!({ "permissions": [7] })),
        ("groups", "id", json!({ "name": "night" }), json!({ "name": "late" })),
        ("skills", "id", json!({ "name": "greek" }), json!({ "name": "dutch" })),
        ("api-keys", "id", json!({ "name": "chat" }), json!({ "enabled": false })),
        ("oauth-clients", "id", json!({ "name": "web" }), json!({ "addresses": ["192.0.2.1"] })),
        ("application-tokens", "id", json!({ "name": "dialler" }), json!({ "enabled": false })),
    ];
    for (kind, variable, body, change) in cases {
        let all = format!("/admin/v1/accounts/{{account}}/{kind}");
        let one = format!("{all}/{{{variable}}}");
        let made = make(&api, &all, body).await;
        let named = [account, (variable, &made["id"])];
        assert_eq!(api.call(("get", &one), &named, None).await.status, 200, "{kind}");
        assert_eq!(api.call(("patch", &one), &named, Some(change)).await.status, 200, "{kind}");
        let list = api.call(("get", &all), &[account, ("limit", &json!(5))], None).await;
        assert_eq!(list.body[kind.replace('-', "_")].as_array().unwrap().len(), 1, "{kind}");
        assert_eq!(api.call(("delete", &one), &named, None).await.status, 204, "{kind}");
    }
    let policy = json!({ "lockout_policy": { "failures": 3 } });
    let changed = api.call(("patch", "/admin/v1/accounts/{account}"), &[account], Some(policy)).await;
    assert_eq!(changed.body["lockout_policy"]["failures"], json!(3));
}
