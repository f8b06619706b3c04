//! Kills the real program at random moments and looks whether an acknowledged login was lost, or an acknowledged
//! logout revived; and that no start takes what a kill leaves for an older database or a damaged log. `CRASH_ROUNDS` says how
//! often; 50 by default.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use vestibule_crypto::OsRng;
use vestibule_model::Rng;
use vestibule_testkit::Program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vestibule");
const CLIENTS: usize = 16;
const ACCOUNT: &str = "crash";

/// What was acknowledged, by the cookie and csrf token of each session.
#[derive(Clone, Default)]
struct Acknowledged {
    alive: Vec<(String, String)>,
    ended: Vec<(String, String)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_a_killed_process_loses_no_acknowledged_login_and_revives_no_acknowledged_logout() {
    let rounds =
        std::env::var("CRASH_ROUNDS").map_or(50, |rounds| rounds.parse().expect("a number of rounds"));
    let data = tempfile::tempdir().unwrap();
    let config = prepare(data.path());
    let arguments = ["serve", "--config", &config];
    let client = Client::builder().no_proxy().build().unwrap();
    let mut logins = 0;
    let mut program = Program::start(Path::new(PROGRAM), &arguments);
    for round in 0..rounds {
        let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
        let http = program.http.clone();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                tokio::spawn(drive(client.clone(), http.clone(), number, Arc::clone(&acknowledged)))
            })
            .collect();
        tokio::time::sleep(random_moment()).await;
        program.kill();
        for client in clients {
            client.await.unwrap();
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        logins += acknowledged.alive.len() + acknowledged.ended.len();

        program = Program::start(Path::new(PROGRAM), &arguments);
        verify(&client, &program.http, &acknowledged, round).await;
    }
    assert!(logins > rounds * CLIENTS, "the clients did log in: {logins} times in {rounds} rounds");
    program.kill();
    let alarms = alarms(&config);
    assert!(alarms.is_empty(), "a kill is no older database and no damaged log: {alarms:?}");
}

/// What the starts have told the audit of databases and logs that were not as they should be.
fn alarms(config: &str) -> Vec<String> {
    let exported =
        Program::command(Path::new(PROGRAM)).args(["audit", "export", "--config", config]).output();
    let exported = String::from_utf8(exported.unwrap().stdout).unwrap();
    assert!(exported.contains("\"logged-in\""), "no audit: {exported}");
    let is_alarm = |line: &&str| line.contains("\"set-back\"") || line.contains("\"commits-lost\"");
    exported.lines().filter(is_alarm).map(str::to_owned).collect()
}

/// Between 20 and 320 milliseconds after the clients began.
fn random_moment() -> Duration {
    let mut bytes = [0; 2];
    OsRng.fill(&mut bytes);
    Duration::from_millis(20 + u64::from(u16::from_be_bytes(bytes) % 300))
}

/// Logs in and, every other time, out again, until the server is gone. Only what was answered is acknowledged.
async fn drive(client: Client, http: String, number: usize, acknowledged: Arc<Mutex<Acknowledged>>) {
    for turn in 0.. {
        let Some(session) = log_in(&client, &http, number).await else { return };
        if turn % 2 == 0 {
            acknowledged.lock().unwrap().alive.push(session);
            continue;
        }
        match with_session(&client, &http, "logout", &session).await {
            Some(200) => acknowledged.lock().unwrap().ended.push(session),
            Some(status) => panic!("a logout was answered {status}"),
            None => return, // Not acknowledged: it may or may not have ended.
        }
    }
}

/// Three of four clients are bots, the fourth is a user with a password.
async fn log_in(client: &Client, http: &str, number: usize) -> Option<(String, String)> {
    let body = if number % 4 == 3 {
        json!({ "username": format!("user-{number}"), "password": "a-password-1" })
    } else {
        json!({
            "username": format!("bot-{number}"), "appKey": "0123456789abcdef0123456789abcdef",
            "secret": "0123456789abcdef", "accessToken": "fedcba9876543210fedcba9876543210",
            "accessTokenSecret": "fedcba9876543210",
        })
    };
    let url = format!("{http}/api/account/{ACCOUNT}/login?v=1.3");
    let response: Response = client.post(url).json(&body).send().await.ok()?;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.ok()?;
    Some((body["sessionId"].as_str()?.to_owned(), body["csrf"].as_str()?.to_owned()))
}

/// The status of a refresh or logout; None: the server was gone.
async fn with_session(
    client: &Client,
    http: &str,
    operation: &str,
    (cookie, csrf): &(String, String),
) -> Option<u16> {
    let request = client
        .post(format!("{http}/api/account/{ACCOUNT}/{operation}?v=1.3"))
        .header("cookie", format!("session_id={cookie}"))
        .json(&json!({ "csrf": csrf }));
    Some(request.send().await.ok()?.status().as_u16())
}

async fn verify(client: &Client, http: &str, acknowledged: &Acknowledged, round: usize) {
    for session in &acknowledged.alive {
        let status = with_session(client, http, "refresh", session).await;
        assert_eq!(status, Some(200), "round {round}: an acknowledged login was lost");
    }
    for session in &acknowledged.ended {
        let status = with_session(client, http, "refresh", session).await;
        assert_eq!(status, Some(401), "round {round}: an acknowledged logout was revived");
    }
}

/// An account with the clients' users, and the configuration to serve it; the configuration's path.
fn prepare(folder: &Path) -> String {
    let data = folder.join("data");
    let config = folder.join("vestibule.toml");
    let text = format!(
        "[server]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata_dir = \"{}\"\n\
         [hashing]\nmemory_kib = 7168\niterations = 5\n[login]\nfailures_per_minute = 0\n",
        data.display()
    );
    std::fs::write(&config, text).unwrap();
    let accounts = folder.join("accounts.toml");
    std::fs::write(&accounts, declaration()).unwrap();

    let config = config.to_str().unwrap().to_owned();
    let applied = Program::command(Path::new(PROGRAM))
        .args(["apply", "--config", &config])
        .arg(&accounts)
        .output()
        .unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    config
}

fn declaration() -> String {
    let mut text = format!(
        "[[account]]\nid = \"{ACCOUNT}\"\ncode = \"CRASH\"\nnumber = 1\ntime_zone = \"UTC\"\n\
         features = [\"User Type - Bot\"]\n\
         session_policy = {{ concurrency = {{ many = {{ limit = 0, when-full = \"refuse\" }} }} }}\n\
         [[account.api_key]]\nname = \"key\"\nprivileges = [\"user-login\"]\n\
         app_key = \"0123456789abcdef0123456789abcdef\"\nsecret = \"0123456789abcdef\"\n\
         access_token = \"fedcba9876543210fedcba9876543210\"\naccess_token_secret = \"fedcba9876543210\"\n"
    );
    for number in 0..CLIENTS {
        let user = if number % 4 == 3 {
            format!("login_name = \"user-{number}\"\npassword = \"a-password-1\"\n")
        } else {
            format!(
                "login_name = \"bot-{number}\"\nkind = \"bot\"\n\
                 allowed_app_key = \"0123456789abcdef0123456789abcdef\"\n"
            )
        };
        write!(text, "[[account.user]]\n{user}").unwrap();
    }
    text
}
