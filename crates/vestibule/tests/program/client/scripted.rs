//! How requests are made and answers are taken, against answers that a real service gives only now and then.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::{ask_as, give};
use crate::support::{Folder, Outcome};

/// Answers one request after the other, each on a connection of its own; gives back the heads of the requests.
fn answering(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || answers.iter().map(|answer| serve(listener.accept().unwrap().0, answer)).collect();
    (url, thread::spawn(serve))
}

fn serve(mut connection: TcpStream, answer: &str) -> String {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    head.make_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let (head_of_answer, body_of_answer) = answer.split_once('|').unwrap();
    let length = body_of_answer.len();
    let text = format!(
        "HTTP/1.1 {head_of_answer}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body_of_answer}"
    );
    connection.write_all(text.as_bytes()).unwrap();
    head
}

const SEEN: &str = "200 OK\r\ncontent-type: application/json\r\netag: \"seen\"|{\"id\":\"acme\"}";

fn ask(url: &str, arguments: &[&str]) -> Outcome {
    let mut command = ask_as(&Folder::new());
    give(command.args(arguments).args(["--token-stdin", "--server", url]), "token")
}

#[test]
fn a_change_is_made_to_what_was_seen_and_refused_when_it_is_that_no_more() {
    let (url, requests) = answering(&[
        SEEN,
        "412 Precondition Failed\r\ncontent-type: application/problem+json|{\"detail\":\"it has changed\"}",
    ]);
    let outcome = ask(&url, &["account", "set", "acme", "--code", "ACME"]);
    assert!(outcome.code == Some(3) && outcome.err.contains("run the command again"), "{}", outcome.err);
    let requests = requests.join().unwrap();
    assert!(requests[1].starts_with("patch /admin/v1/accounts/acme http/1.1\r\n"), "{}", requests[1]);
    assert!(requests[1].contains("\r\nif-match: \"seen\"\r\n"), "{}", requests[1]);
    assert!(requests[1].contains("\r\ncontent-type: application/merge-patch+json\r\n"), "{}", requests[1]);
    assert!(requests[1].contains("\r\nauthorization: bearer token\r\n"), "{}", requests[1]);
}

#[test]
fn a_removal_is_of_what_was_seen() {
    let (url, requests) = answering(&[SEEN, "204 No Content|"]);
    assert_eq!(ask(&url, &["account", "remove", "acme", "--yes"]).code, Some(0));
    let requests = requests.join().unwrap();
    assert!(requests[1].starts_with("delete ") && requests[1].contains("\r\nif-match: \"seen\"\r\n"));
}

#[test]
fn a_creation_is_sent_again_under_the_same_key() {
    let (url, requests) = answering(&["503 Service Unavailable|", SEEN]);
    assert_eq!(ask(&url, &["account", "add", "acme"]).code, Some(0));
    let keys: Vec<String> = requests
        .join()
        .unwrap()
        .iter()
        .map(|head| head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap().to_owned())
        .collect();
    assert!(keys[0] == keys[1] && keys[0].len() == 36, "{keys:?}");
}

#[test]
fn what_may_do_harm_twice_is_sent_once() {
    let (url, requests) = answering(&["503 Service Unavailable|"]);
    assert_eq!(ask(&url, &["session", "end-all", "acme", "--yes"]).code, Some(7));
    assert_eq!(requests.join().unwrap().len(), 1);
}

#[test]
fn a_redirect_is_not_followed_and_the_token_stays_here() {
    let (url, _requests) = answering(&["307 Temporary Redirect\r\nlocation: http://192.0.2.1/|"]);
    let outcome = ask(&url, &["session", "list"]);
    assert!(outcome.code == Some(1) && outcome.err.contains("is the URL right?"), "{}", outcome.err);
}

#[test]
fn an_answer_that_is_no_answer_of_a_service_is_a_failure_of_it() {
    for answer in ["200 OK|<h1>Hello</h1>", "200 OK|[]", "200 OK|{}"] {
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let (url, _requests) = answering(answers);
        let outcome = ask(&url, &["session", "list"]);
        assert_eq!(outcome.code, Some(7), "{answer}: {}", outcome.err);
        assert!(!outcome.err.contains("Hello"), "{}", outcome.err);
    }
}

#[test]
fn an_empty_page_in_the_middle_is_no_end() {
    let (url, requests) = answering(&[
        "200 OK|{\"sessions\":[],\"next\":\"c1\"}",
        "200 OK|{\"sessions\":[{\"reference\":\"r\"}],\"next\":\"c2\"}",
        "200 OK|{\"sessions\":[]}",
    ]);
    let outcome = ask(&url, &["session", "list", "--all", "--json"]);
    assert_eq!(outcome.out, "[\n{\"reference\":\"r\"}\n]\n", "{}", outcome.err);
    let requests = requests.join().unwrap();
    let is_last =
        ["get /admin/v1/sessions?", "limit=1000", "cursor=c2"].iter().all(|part| requests[2].contains(part));
    assert!(is_last, "{}", requests[2]);
}

#[test]
fn a_name_from_a_stranger_cannot_move_the_cursor() {
    let (url, _requests) = answering(&["200 OK|{\"sessions\":[{\"name\":\"a\\u001b[2Jb\"}]}"]);
    let outcome = ask(&url, &["session", "list"]);
    assert!(outcome.code == Some(0) && !outcome.out.contains('\u{1b}'), "{:?}", outcome.out);
}

const MADE: &str =
    "200 OK\r\ncontent-type: application/json|{\"id\":\"0f\",\"login_address\":\"https://login.example/x\"}";

#[test]
fn a_connection_that_has_no_addresses_is_shown_with_what_to_set() {
    let shown = |connection: &'static str| {
        let (url, _requests) = answering(Box::leak(Box::new([connection])));
        ask(&url, &["connection", "show", "administrators", "71", "--json"])
    };
    let without = shown("200 OK\r\ncontent-type: application/json|{\"id\":71,\"name\":\"staff\"}");
    assert!(without.code == Some(0) && without.out.contains("staff"), "{}", without.err);
    assert!(without.err.contains("set admin.public_origin"), "{}", without.err);
    assert_eq!(shown(MADE).err, "");
}

const REPORT: &str = r#"{"report":{"taken":true,"user":"jane","checks":[{"check":"user","found":"jane"}],"signatures":[{"element":"/Response","algorithm":"rsa","verified_by":"77:61:8F"}],"claims":[]}}"#;

const NONE: &str = "404 Not Found\r\ncontent-type: application/problem+json|{\"detail\":\"there is none\"}";

fn test_by_browser(url: &str) -> Outcome {
    ask(url, &["connection", "test", "acme", "71", "--browser"])
}

#[test]
fn a_test_through_the_browser_goes_on_when_the_service_is_busy_for_a_moment() {
    let (mut head, body) = ("200 OK\r\ncontent-type: application/json|".to_owned(), REPORT);
    head.push_str(body);
    let report: &'static str = head.leak();
    let busy = "503 Service Unavailable|";
    let answers = [MADE, "429 Too Many Requests|", busy, busy, busy, report];
    let (url, requests) = answering(answers.to_vec().leak());
    let outcome = test_by_browser(&url);
    assert!(
        outcome.code == Some(0) && outcome.out.contains("logs in jane"),
        "{} {}",
        outcome.out,
        outcome.err
    );
    assert!(outcome.out.contains("signature of /Response: right, by 77:61:8F"), "{}", outcome.out);
    assert_eq!(requests.join().unwrap().len(), 6);
}

#[test]
fn a_test_that_the_service_knows_no_more_is_told_from_a_connection_that_is_gone() {
    let connection = "200 OK\r\ncontent-type: application/json|{\"id\":71}";
    let (url, requests) = answering([MADE, NONE, connection].to_vec().leak());
    let outcome = test_by_browser(&url);
    assert!(outcome.code == Some(3) && outcome.err.contains("make another one"), "{}", outcome.err);
    assert!(requests.join().unwrap()[2].starts_with("get /admin/v1/accounts/acme/connections/71 "));
    let (url, _requests) = answering(&[MADE, NONE, NONE]);
    let outcome = test_by_browser(&url);
    assert!(outcome.code == Some(6) && outcome.err.contains("there is none"), "{}", outcome.err);
}
