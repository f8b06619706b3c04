//! From an empty account to "who ended my session?", by the command line alone.

use serde_json::json;

use super::Operator;
use crate::support::{Answer, ask};

/// The only session of a user; answers its reference.
fn session(operator: &Operator, user: &str) -> String {
    let listed = operator.json(&["session", "list", "--account", "acme", "--user", user]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    listed[0]["reference"].as_str().unwrap().to_owned()
}

fn log_in_bot(operator: &Operator) -> Answer {
    let key = operator.json(&["key", "create", "acme", "Bots", "--privilege", "user-login"]);
    operator.ask(&["user", "add", "acme", "helper", "--kind", "bot", "--app-key", "Bots"]);
    let body = json!({
        "username": "helper",
        "appKey": key["app_key"],
        "secret": key["secret"],
        "accessToken": key["access_token"],
        "accessTokenSecret": key["access_token_secret"],
    });
    let path = "/api/account/acme/login?v=1.3";
    ask(&operator.server.address("http"), "POST", path, "", &body.to_string())
}

fn log_in_agent(operator: &Operator) -> Answer {
    let token = operator.json(&["token", "create", "acme", "dialer"]);
    let add =
        ["user", "add", "acme", "agent7", "--population", "agent", "--password-stdin", "--must-change", "no"];
    assert_eq!(operator.give("lantern-otter-quilt", &add).code, Some(0));
    let header = format!("lv-access: {}\r\n", token["token"].as_str().unwrap());
    let body = json!({ "clientName": "ACME", "userName": "agent7", "password": "lantern-otter-quilt", "agent": true });
    ask(&operator.server.address("http"), "POST", "/session/login", &header, &body.to_string())
}

#[test]
fn a_bot_and_an_agent_log_in_and_who_ended_a_session_is_told() {
    let operator = Operator::owner();
    operator.ask(&["account", "add", "acme", "--code", "ACME", "--feature", "User Type - Bot"]);
    let (bot, agent) = (log_in_bot(&operator), log_in_agent(&operator));
    assert_eq!((bot.status, agent.status), (200, 200), "{} {}", bot.body, agent.body);
    let (of_bot, of_agent) = (session(&operator, "helper"), session(&operator, "agent7"));
    operator.ask(&["session", "end", &of_agent]);
    let id = agent.json()["sessionId"].as_str().unwrap().to_owned();
    let validate = format!("/session/validate/{id}");
    assert_eq!(ask(&operator.server.address("http"), "GET", &validate, "", "").status, 404);
    let told = operator.ask(&["why", &of_agent]);
    assert!(told.lines().nth(1).unwrap().contains(" by administrator admin"), "{told}");
    assert!(operator.ask(&["why", &of_bot]).contains("live"), "the bot's session goes on");
}
