//! `clocked-server FOLDER MILLISECONDS`: see `vestibule_testkit::run_clocked`.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

use std::path::Path;

use vestibule_model::Millis;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let now = arguments.next().and_then(|now| now.parse().ok()).expect("a time");
    vestibule_testkit::run_clocked(Path::new(&folder), Millis::from_unix(now)).expect("the server runs");
}
