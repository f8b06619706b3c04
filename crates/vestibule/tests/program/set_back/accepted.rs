//! Databases that an operator accepts: with another witness, and by a restore.

use super::*;
use crate::support::Outcome;

fn renew(folder: &Folder) -> Outcome {
    run(vestibule().args(["witness", "renew", "--data-dir"]).arg(folder.path("data")))
}

#[test]
fn a_database_can_be_accepted_without_its_witness_and_the_audit_says_by_whom() {
    let Stopped { folder, living, .. } = Stopped::new();
    fs::remove_file(witness(&folder)).unwrap();
    let outcome = renew(&folder);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(outcome.out.contains("is missing") && outcome.out.contains("accepted"), "{}", outcome.out);
    let outcome = renew(&folder);
    assert!(outcome.out.contains("nothing to accept"), "{}", outcome.out);
    let server = Server::dev(&folder);
    is_silent(&server);
    assert_eq!(check(&server, &living), 200);
    let [entry] = entries(&server, "witness-renewed").try_into().unwrap();
    assert_eq!(
        (&entry["actor"]["kind"], &entry["details"]["found"]),
        (&json!("command-line"), &json!("no witness"))
    );
}

#[test]
fn a_witness_is_not_renewed_under_a_service_nor_without_a_database() {
    let folder = Folder::new();
    let outcome = renew(&folder);
    assert!(outcome.code == Some(1) && outcome.err.contains("there is no database"), "{}", outcome.err);
    assert!(!folder.path("data").exists());
    let _server = Server::dev(&folder);
    let outcome = renew(&folder);
    assert!(outcome.code == Some(3) && outcome.err.contains("another server"), "{}", outcome.err);
}

#[test]
fn a_restore_needs_no_renewal() {
    for (arguments, expected) in [(&["--keep-sessions"][..], 200), (&[], 401)] {
        let Stopped { folder, ended, living } = Stopped::new();
        let data = folder.path("data");
        let backup = run(vestibule().arg("backup").arg(folder.path("backup")).arg("--data-dir").arg(&data));
        assert_eq!(backup.code, Some(0), "{}", backup.err);
        let server = Server::dev(&folder);
        log_in(&server, "name", "password");
        stop(server);
        let mut restore = vestibule();
        restore.arg("restore").arg(folder.path("backup")).arg("--overwrite").arg("--data-dir").arg(&data);
        let outcome = run(restore.args(arguments));
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        let server = Server::dev(&folder);
        is_silent(&server);
        assert_eq!((check(&server, &ended), check(&server, &living)), (401, expected));
    }
}

#[test]
fn what_was_there_before_a_restore_is_an_older_one() {
    let Stopped { folder, living, .. } = Stopped::new();
    let data = folder.path("data");
    let backup = run(vestibule().arg("backup").arg(folder.path("backup")).arg("--data-dir").arg(&data));
    assert_eq!(backup.code, Some(0), "{}", backup.err);
    let mut restore = vestibule();
    restore.arg("restore").arg(folder.path("backup")).arg("--overwrite").arg("--data-dir").arg(&data);
    let outcome = run(&mut restore);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let kept = outcome.out.split("kept what was there: ").nth(1).unwrap().lines().next().unwrap();
    fs::copy(kept, database(&folder)).unwrap();
    let server = Server::dev(&folder);
    is_noticed(&server, "older copy was put back");
    assert_eq!(check(&server, &living), 401);
}
