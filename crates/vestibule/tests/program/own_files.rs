//! A witness or a journal of ends that is named by mistake as a file which holds something else.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use crate::support::{Folder, Outcome, Server, run, vestibule};

const SETTINGS: [(&str, &str); 2] = [
    ("VESTIBULE_DURABILITY_WITNESS", "durability.witness"),
    ("VESTIBULE_DURABILITY_END_JOURNAL", "durability.end_journal"),
];

/// A service that was in use and is stopped.
fn stopped() -> Folder {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    folder
}

fn with(folder: &Folder, arguments: &[&str], setting: &str, file: &Path) -> Outcome {
    let mut command = vestibule();
    command.args(arguments).env("VESTIBULE_SERVER_DATA_DIR", folder.path("data")).env(setting, file);
    command.env("VESTIBULE_SERVER_HTTP", "127.0.0.1:0").env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
    run(&mut command)
}

#[test]
fn a_witness_or_journal_with_the_name_of_another_file_of_the_service_is_refused_and_destroys_nothing() {
    let folder = stopped();
    std::os::unix::fs::symlink(folder.path("data"), folder.path("link")).unwrap();
    fs::write(folder.path("data/vestibule.db-wal"), "").unwrap();
    for (setting, key) in SETTINGS {
        for name in ["master.key", "vestibule.db", "vestibule.db-wal", "vestibule.db-shm", "vestibule.lock"] {
            let before = fs::read(folder.path("data").join(name)).ok();
            for file in [folder.path("data").join(name), folder.path("link").join(name)] {
                for command in [&["config", "check"][..], &["serve"]] {
                    let outcome = with(&folder, command, setting, &file);
                    let told = outcome.err.contains(key) && outcome.err.contains("name a file of its own");
                    assert!(outcome.code == Some(2) && told, "{command:?} {name}: {}", outcome.err);
                }
            }
            assert_eq!(fs::read(folder.path("data").join(name)).ok(), before, "{key} {name}");
        }
    }
    let both = with(&folder, &["config", "check"], SETTINGS[0].0, &folder.path("data/ends.journal"));
    assert!(both.code == Some(2) && both.err.contains("both the witness and the journal"), "{}", both.err);
}

#[test]
fn a_witness_or_journal_with_the_name_of_somebody_elses_file_is_refused_and_destroys_nothing() {
    let folder = stopped();
    let texts =
        ["a key\n".to_owned(), "notes\n".repeat(1_000), "much\n".repeat(1_000_000), "x".repeat(8_192)];
    let database = fs::read(folder.path("data/vestibule.db")).unwrap();
    let mut of_the_journals_length = database.clone();
    of_the_journals_length.resize(4 << 20, 7);
    let files = texts.map(String::into_bytes).into_iter();
    for bytes in files.chain([database[..8_192].to_vec(), database.clone(), of_the_journals_length]) {
        let file = folder.path("other");
        fs::write(&file, &bytes).unwrap();
        for (setting, key) in SETTINGS {
            let outcome = with(&folder, &["serve"], setting, &file);
            let told = outcome.err.contains(key) && outcome.err.contains("was not touched");
            assert!(outcome.code == Some(2) && told, "{key}, {} bytes: {}", bytes.len(), outcome.err);
            assert!(fs::read(&file).unwrap() == bytes, "{key}, {} bytes", bytes.len());
        }
    }
    // Each other's.
    let data = |name: &str| folder.path("data").join(name);
    for ((setting, _), name) in SETTINGS.into_iter().zip(["ends.journal", "vestibule.witness"]) {
        fs::copy(data(name), folder.path("other")).unwrap();
        let outcome = with(&folder, &["serve"], setting, &folder.path("other"));
        // A journal without an end is zeros, but more of them than a witness has.
        assert_eq!(outcome.code, Some(2), "{name}: {}", outcome.err);
        assert!(fs::read(folder.path("other")).unwrap() == fs::read(data(name)).unwrap(), "{name}");
    }
}
