//! The log.

use std::fs::File;
use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Folder, Server, ask, run, vestibule};

#[test]
fn is_json_when_nobody_watches() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    for line in server.err().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

/// The request id in the head of an answer.
fn request_id(head: &str) -> &str {
    head.split("x-request-id: ").nth(1).unwrap().split("\r\n").next().unwrap()
}

#[test]
fn tells_of_a_request_by_the_id_in_its_answer() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let answer = server.log_in("12345678", "name", "wrong");
    let id = request_id(&answer.head);
    server.soon("log line", |server| server.err().contains(id));
}

#[test]
fn ties_a_warning_to_the_request_that_brought_it_about() {
    const LOCKED: &str = "user locked after failed logins";
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let failures: Vec<_> = (0..5).map(|_| server.log_in("12345678", "name", "wrong")).collect();
    server.soon("warning", |server| server.err().contains(LOCKED));
    let log = server.err();
    let warning = log.lines().find(|line| line.contains(LOCKED)).unwrap();
    let warning: serde_json::Value = serde_json::from_str(warning).unwrap();
    assert_eq!(warning["span"]["request_id"], request_id(&failures[4].head), "{warning}");
}

/// A failed login through a proxy on this machine, and the line about it.
fn failed_login_of(client: &str, trusted: &str) -> Value {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_SERVER_TRUSTED_PROXIES", trusted)]);
    let forwarded = format!("x-forwarded-for: {client}\r\n");
    let body = r#"{"username":"name","password":"wrong"}"#;
    let answer = ask(&server.address("http"), "POST", "/api/account/12345678/login", &forwarded, body);
    let id = request_id(&answer.head);
    server.soon("log line", |server| server.err().contains(id));
    line_with(&server.err(), id)
}

/// The first line that holds a text.
fn line_with(log: &str, text: &str) -> Value {
    let line = log.lines().find(|line| line.contains(text)).unwrap();
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_line_names_the_client_behind_a_trusted_proxy() {
    assert_eq!(failed_login_of("203.0.113.7", "127.0.0.0/8")["client"], "203.0.113.7");
}

#[test]
fn a_line_does_not_believe_whoever_is_no_trusted_proxy() {
    assert_eq!(failed_login_of("203.0.113.7", "10.0.0.0/8")["client"], "127.0.0.1");
}

/// Whoever sets a gateway up looks there.
#[test]
fn a_refused_check_has_a_line_with_the_rule_and_a_slip_in_its_path_one_with_the_right_form() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let asked = |path: &str| ask(&server.address("http"), "GET", path, "", "");
    let of_rule = asked("/gateway/check/nginx/rule/signed?token=hush");
    let slips = ["/gateway/check/apache/rule/default", "/gateway/check/nginx/default"].map(asked);
    let told = |head: &str| {
        let id = request_id(head);
        server.soon("log line", |server| server.err().contains(id));
        line_with(&server.err(), id)["cause"].as_str().unwrap().to_owned()
    };
    assert_eq!(of_rule.status, 401);
    assert!(
        told(&of_rule.head).starts_with("by the rule signed: the gateway does not send x-original-method")
    );
    for slip in slips {
        assert_eq!(slip.status, 404);
        assert!(told(&slip.head).contains("/gateway/check/KIND/rule/NAME"));
    }
    assert!(!server.err().contains("hush"));
}

#[test]
fn a_refused_check_says_when_the_rule_takes_no_such_credential_or_the_target_names_another_account() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let address = server.address("http");
    let login = server.log_in("12345678", "name", "password");
    let bearer = login.json()["bearer"].as_str().unwrap().to_owned();
    let cause = |rule: &str, target: &str| {
        let headers = format!(
            "x-original-method: GET\r\nx-original-uri: {target}\r\nx-forwarded-host: api.example.com\r\n\
             x-forwarded-proto: https\r\nx-forwarded-for: 192.0.2.7\r\nauthorization: Bearer {bearer}\r\n"
        );
        let refused = ask(&address, "GET", &format!("/gateway/check/nginx/rule/{rule}"), &headers, "");
        assert_eq!(refused.status, 401, "{rule}");
        let id = request_id(&refused.head);
        server.soon("log line", |server| server.err().contains(id));
        line_with(&server.err(), id)["cause"].as_str().unwrap().to_owned()
    };
    assert!(cause("signed", "/x").starts_with("by the rule signed: the rule takes none of the credentials"));
    let of_target = cause("default", "/api/account/99999999/x");
    assert!(of_target.starts_with("by the rule default: the target names another account"), "{of_target}");
}

#[test]
fn a_line_has_the_duration_as_a_number_of_milliseconds() {
    let took = failed_login_of("203.0.113.7", "127.0.0.0/8")["took_ms"].as_f64().unwrap();
    assert!((0.001..60_000.0).contains(&took), "{took}");
}

#[test]
fn a_requests_id_has_one_name() {
    let folder = Folder::new();
    let server = Server::dev_logging_to(
        &folder,
        File::create(folder.path("err")).unwrap(),
        &[("VESTIBULE_LOG_LEVEL", "debug")],
    );
    let login = server.log_in("12345678", "name", "password");
    let id = request_id(&login.head);
    server.soon("log line", |server| server.err().contains("answered a request"));
    let log = server.err();
    let during = line_with(&log, "session opened");
    let after = log.lines().find(|line| line.contains(id) && line.contains("answered")).unwrap();
    let after: Value = serde_json::from_str(after).unwrap();
    assert_eq!((&during["span"]["request_id"], &after["request_id"]), (&id.into(), &id.into()));
    assert_eq!(during["span"]["id"], Value::Null);
}

#[test]
fn the_reason_of_a_failed_start_is_logged_at_every_level() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for level in ["error", "error,vestibule=error"] {
        let folder = Folder::new();
        let mut command = vestibule();
        command.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
        command.env("VESTIBULE_SERVER_HTTP", &address).env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
        let outcome = run(command.env("VESTIBULE_LOG_LEVEL", level));
        let line = line_with(&outcome.err, "vestibule ends");
        assert!(line["error"].as_str().unwrap().contains(&address), "{line}");
    }
}

#[test]
fn holds_no_secrets() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_LOG_LEVEL", "trace")]);
    let file = folder.file(
        "a.toml",
        "[[account]]\nid = \"one\"\n[[account.user]]\nlogin_name = \"a\"\npassword = \"s3cret-w0rd\"\n",
    );
    crate::support::run(&mut crate::support::apply(&folder, &file));
    server.soon("login", |server| server.log_in("one", "a", "s3cret-w0rd").status == 200);
    let login = server.log_in("one", "a", "s3cret-w0rd").json();
    let log = server.err();
    for key in ["bearer", "csrf", "sessionId"] {
        assert!(!log.contains(login[key].as_str().unwrap()), "{key}");
    }
    assert!(!log.contains("s3cret-w0rd"));
}

#[test]
fn a8_what_a_stranger_names_begins_no_line_of_the_log_and_moves_no_cursor() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_LOG_FORMAT", "human")]);
    let body = serde_json::json!({ "\n2026-01-01 ERROR forged \u{1b}[2J\u{9b}2J\u{202e}": 1 }).to_string();
    let answer = ask(&server.address("admin"), "POST", "/admin/v1/login", "", &body);
    let id = request_id(&answer.head);
    server.soon("log line", |server| server.err().contains(id));
    let log = server.err();
    let line = log.lines().find(|line| line.contains(id)).unwrap();
    assert!(line.contains("forged"), "{log}");
    assert!(!log.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{log:?}");
}

/// A server that logs every request.
fn logging_everything(folder: &Folder) -> Server {
    let log = File::create(folder.path("err")).unwrap();
    Server::dev_logging_to(folder, log, &[("VESTIBULE_LOG_LEVEL", "info,vestibule_serve=debug")])
}

/// Credentials of two sessions of the demo account: bearer, cookie and csrf value, and a LiveVox id.
fn credentials(server: &Server) -> Vec<String> {
    let body: Value = serde_json::from_str(&server.log_in("12345678", "name", "password").body).unwrap();
    let text = |body: &Value, name: &str| body[name].as_str().unwrap().to_owned();
    let livevox = serde_json::json!({
        "clientName": "DEMO", "userName": "agent1", "password": "agent1-password", "agent": true,
    });
    let token = "lv-access: a0009999bcbc00001111000000000000\r\n";
    let answer = ask(&server.address("http"), "POST", "/session/login", token, &livevox.to_string());
    let livevox: Value = serde_json::from_str(&answer.body).unwrap();
    let mut all: Vec<_> = ["bearer", "sessionId", "csrf"].iter().map(|name| text(&body, name)).collect();
    all.push(text(&livevox, "sessionId"));
    all
}

/// The request id that is answered to a refused login under a given one, which is in the log.
fn answered_id(server: &Server, given: &str) -> String {
    let header = format!("x-request-id: {given}\r\n");
    let body = r#"{"username":"nobody","password":"wrong"}"#;
    let answer = ask(&server.address("http"), "POST", "/api/account/12345678/login", &header, body);
    let id = request_id(&answer.head).to_owned();
    server.soon("log line", |server| server.err().contains(&id));
    id
}

#[test]
fn a5_a_credential_that_is_sent_as_a_request_id_is_neither_logged_nor_repeated() {
    let folder = Folder::new();
    let server = logging_everything(&folder);
    for credential in credentials(&server) {
        for given in [credential.clone(), credential.to_uppercase()] {
            assert_ne!(answered_id(&server, &given), given.to_lowercase(), "{given}");
            assert!(!server.err().contains(&given), "{given}");
        }
    }
}

#[test]
fn ids_of_other_systems_are_kept() {
    let folder = Folder::new();
    let server = logging_everything(&folder);
    for given in ["123e4567-e89b-42d3-a456-426614174000", "4bf92f3577b34da6a3ce929d0e0e4736", "trace_1.a-b"] {
        assert_eq!(answered_id(&server, given), given);
    }
}
