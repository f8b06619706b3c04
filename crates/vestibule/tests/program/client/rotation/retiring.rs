//! An old generation is retired: by its sessions' ends, in one command after a leak, and what is left of it then.

use std::fs;

use super::key_file::leave_only;
use super::*;

/// Has the service forget the answers that it keeps for repeated requests, as time would within a day.
fn without_answers(operator: Operator) -> Operator {
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data/vestibule.db")).unwrap();
    database.execute("DELETE FROM answers", []).unwrap();
    drop(database);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    operator
}

/// Whoever was logged in before the rotation still is, and holds up the retirement.
pub(super) fn retired(operator: Operator, before: &Session, token: &str) {
    let http = operator.server.address("http");
    assert_eq!((before.check(&http), before.post(&http, "refresh")), (200, 200));
    assert!(key(&operator, 1)["remains"]["sessions"].as_u64().unwrap() > 0);
    let operator = without_answers(operator);
    refused(&operator, &["master-key", "retire", "1"], "sessions");
    operator.ask(&["master-key", "retire", "1", "--end-sessions", "--yes"]);
    let http = operator.server.address("http");
    assert_eq!(before.check(&http), 401);
    assert_eq!(key(&operator, 1)["state"], "retired");
    turn(&addresses(&operator.server), token, 1);
    without_the_old_key(operator, token);
}

#[test]
fn after_a_leak_one_command_ends_the_sessions_forgets_the_answers_and_retires() {
    let (operator, token) = operator();
    let at = addresses(&operator.server);
    let user = person(&at.http, "agent", "agent-password");
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    let said = operator.ask(&["master-key", "rotate"]);
    assert!(said.contains("depends on the one before, retire it"), "{said}");
    operator.server.soon("a word in the log", |server| server.err().contains("the master key was rotated"));
    let retire = ["master-key", "retire", "1", "--end-sessions", "--yes"];
    // The demo account's digests are under the old generation still.
    refused(&operator, &retire, "yours among them: log in again");
    assert_eq!((user.check(&at.http), operator.run(&retire).code), (401, Some(5)));
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    (0..2).for_each(|number| turn(&at, &token, number));
    let redone = |_: &Server| {
        let remains = &key(&operator, 1)["remains"];
        remains["sealed_secrets"] == 0 && remains["digests"] == 0
    };
    operator.server.soon("the old generation's secrets made anew", redone);
    operator.ask(&retire);
    assert_eq!(key(&operator, 1)["state"], "retired");
}

#[test]
fn who_retires_with_a_session_of_the_old_generation_is_heard_to_the_end() {
    let (operator, token) = operator();
    let at = addresses(&operator.server);
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    (0..2).for_each(|number| turn(&at, &token, number));
    let remains = || key(&operator, 1)["remains"].clone();
    let redone = |_: &Server| remains()["sealed_secrets"] == 0 && remains()["digests"] == 0;
    operator.server.soon("the old generation's secrets made anew", redone);
    assert!(remains()["answers"].as_u64().unwrap() > 0 && remains()["sessions"].as_u64().unwrap() > 0);
    let own = operator.json(&["session", "list", "--account", "administrators"])[0]["reference"].clone();
    let said = operator.ask(&["master-key", "retire", "1", "--end-sessions", "--yes"]);
    assert!(said.contains("generation 1 is retired"), "{said}");
    assert_eq!(operator.run(&["master-key", "list"]).code, Some(5));
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    let why = operator.ask(&["why", own.as_str().unwrap()]);
    assert!(why.contains(", with all sessions under generation 1 of the master key"), "{why}");
    assert_eq!(
        (key(&operator, 1)["state"].clone(), remains()["answers"].clone()),
        (json!("retired"), json!(0))
    );
    the_retired_key_comes_back_under_no_number(operator);
}

/// Its line is taken out, and what it was is put there again as the key of another generation.
fn the_retired_key_comes_back_under_no_number(operator: Operator) {
    let both = leave_only(&operator, 2);
    let operator = restarted(operator);
    let file = operator.folder.path("data/master.key");
    let line = |generation: &str| both.lines().find(|line| line.starts_with(generation)).unwrap();
    fs::write(&file, format!("{}\n3:{}\n", line("2:"), &line("1:")[2..])).unwrap();
    operator.run(&["master-key", "reload"]);
    refused(&operator, &["master-key", "rotate", "3"], "was that of generation 1: make a new one");
    fs::write(&file, line("2:")).unwrap();
    restarted(operator);
}

/// A retired generation may leave the file; the audit then says what it cannot verify.
fn without_the_old_key(operator: Operator, token: &str) {
    let file = operator.folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    let verified =
        || run(vestibule().args(["audit", "verify", "--data-dir"]).arg(operator.folder.path("data")));
    let outcome = verified();
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let second = both.lines().find(|line| line.starts_with("2:")).unwrap();
    fs::write(&file, format!("{second}\n")).unwrap();
    let outcome = verified();
    assert_eq!(outcome.code, Some(1), "{}", outcome.out);
    let words = "cannot be verified: generation 1 of the master key is not at hand";
    assert!(outcome.err.contains("entries 1 to ") && outcome.err.contains(words), "{}", outcome.err);
    assert!(
        !outcome.err.contains("not what was written") && !outcome.out.contains("sound"),
        "{}",
        outcome.err
    );
    // Kept elsewhere, it verifies all the same; another key under its number is none.
    let kept = operator.folder.path("kept");
    let with = |text: &str| {
        fs::write(&kept, text).unwrap();
        fs::set_permissions(&kept, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        run(vestibule()
            .args(["audit", "verify", "--data-dir"])
            .arg(operator.folder.path("data"))
            .arg("--key")
            .arg(&kept))
    };
    let outcome = with(both.lines().find(|line| line.starts_with("1:")).unwrap());
    assert!(outcome.code == Some(0) && outcome.out.contains("sound"), "{}", outcome.err);
    let outcome = with(&format!("1:{}", "0f".repeat(32)));
    assert!(outcome.code == Some(1) && outcome.err.contains("another"), "{}", outcome.err);
    let operator = restarted(operator);
    turn(&addresses(&operator.server), token, 0);
    let shown = operator.ask(&["audit", "list", "--json"]) + &operator.server.err();
    for line in both.lines() {
        assert!(!shown.contains(&line[2..]), "a key is shown");
    }
}
