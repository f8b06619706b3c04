//! `vestibule backup` and `vestibule restore`: what comes back, under load too, what is noticed of a
//! changed one, and every refusal.

mod restoring;
mod sealed;
mod taking;
mod under_load;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Folder, Outcome, Server, apply, run, vestibule};

/// The demo account.
const ACCOUNT: &str = "12345678";

fn backup(folder: &Folder, file: &Path) -> Outcome {
    run(vestibule().arg("backup").arg(file).arg("--data-dir").arg(folder.path("data")))
}

/// Into the folder's `restored`, with the key of its `data`.
fn restore(folder: &Folder, arguments: &[&str]) -> Outcome {
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("restored"));
    run(command.arg("--key").arg(folder.path("data/master.key")).args(arguments))
}

/// `vestibule serve` on what was restored.
fn serve_restored(folder: &Folder) -> Server {
    let data = folder.path("restored");
    Server::serve(folder, &[("VESTIBULE_SERVER_DATA_DIR", data.to_str().unwrap())])
}

fn done(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
}

fn refused(outcome: &Outcome, code: i32, words: &str) {
    assert!(outcome.code == Some(code) && outcome.err.contains(words), "{:?} {}", outcome.code, outcome.err);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A data directory with the demo account, which no server uses any more.
fn demo() -> Folder {
    let folder = Folder::new();
    done(&run(&mut apply(&folder, &Path::new(env!("CARGO_MANIFEST_DIR")).join("demo.toml"))));
    folder
}

/// The same, and a backup of it.
fn backed_up() -> Folder {
    let folder = demo();
    done(&backup(&folder, &folder.path("backup")));
    folder
}

/// The same, and restored.
fn restored(arguments: &[&str]) -> Folder {
    let folder = backed_up();
    done(&restore(&folder, arguments));
    folder
}
