//! `vestibule key|client|token …`: the secrets of applications

use serde_json::json;

use super::Operator;
use crate::support::ask;

#[test]
fn the_secrets_of_a_key_are_shown_once_when_it_is_made() {
    let operator = Operator::owner();
    let outcome = operator.run(&["key", "create", "12345678", "Robots", "--privilege", "user-login"]);
    assert!(outcome.code == Some(0) && outcome.err.contains("never again"), "{}", outcome.err);
    let secret = |field: &str| {
        let mut lines = outcome.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.find(|words| words[0] == field).unwrap()[1].to_owned()
    };
    let shown = operator.ask(&["key", "show", "12345678", "Robots"]);
    for field in ["secret", "access_token_secret"] {
        assert!(!shown.contains(&secret(field)), "{field}");
    }
    assert!(shown.contains(&secret("app_key")));
}

#[test]
fn the_last_use_of_a_key_is_listed() {
    let operator = Operator::owner();
    let last_used = || operator.json(&["key", "list", "12345678"])[0]["last_used"].as_i64();
    assert_eq!(last_used(), None);
    let bot = json!({
        "username": "bot", "appKey": "0123456789abcdef0123456789abcdef", "secret": "0123456789abcdef",
        "accessToken": "fedcba9876543210fedcba9876543210", "accessTokenSecret": "fedcba9876543210",
    });
    let path = "/api/account/12345678/login?v=1.3";
    let answer = ask(&operator.server.address("http"), "POST", path, "", &bot.to_string());
    assert_eq!(answer.status, 200);
    assert!(last_used().is_some());
    let listed = operator.ask(&["key", "list", "12345678"]);
    assert!(listed.to_lowercase().contains("last used"), "{listed}");
}

#[test]
fn what_a_key_may_be_used_for_is_changed() {
    let operator = Operator::owner();
    operator.ask(&["key", "create", "12345678", "Robots", "--privilege", "user-login"]);
    let set = ["key", "set", "12345678", "Robots", "--enabled", "no", "--address", "10.0.0.0/8"];
    let key = operator.json(&set);
    assert_eq!((&key["enabled"], &key["addresses"]), (&json!(false), &json!(["10.0.0.0/8"])));
    assert_eq!(key["privileges"], json!(["user-login"]));
}

#[test]
fn the_secret_of_a_client_and_a_token_are_shown_when_they_are_made() {
    let operator = Operator::owner();
    assert!(operator.json(&["client", "create", "12345678", "Robots"])["secret"].is_string());
    assert!(operator.json(&["token", "create", "12345678", "dialer"])["token"].is_string());
    assert!(operator.json(&["token", "show", "12345678", "dialer"]).get("token").is_none());
}

#[test]
fn sessions_of_an_application_are_found_and_ended_by_its_name() {
    let operator = Operator::owner();
    let token = operator.json(&["token", "create", "12345678", "dialer"]);
    let header = format!("lv-access: {}\r\n", token["token"].as_str().unwrap());
    let body = r#"{"clientName":"DEMO","userName":"agent1","password":"agent1-password","agent":true}"#;
    let http = operator.server.address("http");
    assert_eq!(crate::support::ask(&http, "POST", "/session/login", &header, body).status, 200);
    let list = ["session", "list", "--account", "12345678", "--application", "dialer"];
    assert_eq!(operator.json(&list)[0]["application"], token["id"]);
    let end = ["session", "end-all", "12345678", "--application", "dialer"];
    assert_eq!(operator.ask(&end), "ended 1 session\n");
}

#[test]
fn what_a_client_may_ask_the_sentinel_for_is_said_when_it_is_made() {
    let operator = Operator::owner();
    let create = ["client", "create", "12345678", "Wall", "--grant", "authorization_code", "--public", "yes"];
    let refused = operator.run(&create);
    assert!(refused.code != Some(0) && refused.err.contains("redirect_uris"), "{}", refused.err);
    let uri = ["--redirect-uri", "https://wall.example/back", "--scope", "board"];
    let client = operator.json(&[&create[..], &uri].concat());
    assert_eq!(client["grant_types"], json!(["authorization_code"]));
    assert_eq!(client["redirect_uris"], json!(["https://wall.example/back"]));
    assert_eq!((&client["scopes"], &client["public"]), (&json!(["board"]), &json!(true)));
    let changed =
        operator.json(&["client", "set", "12345678", "Wall", "--grant", "none", "--consent", "yes"]);
    assert_eq!((&changed["grant_types"], &changed["consent"]), (&json!([]), &json!(true)));
}

#[test]
fn signing_keys_are_listed_rotated_and_deleted() {
    let operator = Operator::owner();
    let list = || operator.json(&["signing-key", "list"]).as_array().unwrap().clone();
    let first = list();
    assert_eq!((first.len(), &first[0]["signs"]), (1, &json!(true)), "it is made by itself");
    let next = operator.json(&["signing-key", "rotate"]);
    assert_eq!((list().len(), &next["signs"]), (2, &json!(false)));
    let id = first[0]["id"].to_string();
    operator.ask(&["signing-key", "delete", &id, "--yes"]);
    assert_eq!(list()[0]["id"], next["id"]);
    let refused = operator.run(&["signing-key", "delete", &next["id"].to_string(), "--yes"]);
    assert!(refused.code != Some(0) && refused.err.contains("no signing key left"), "{}", refused.err);
}
