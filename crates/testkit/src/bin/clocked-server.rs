//! `clocked-server FOLDER MILLISECONDS still|running`: see `vestibule_testkit::run_clocked`.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

use std::path::Path;

use vestibule_model::Millis;
use vestibule_testkit::{Background, run_clocked};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let now = arguments.next().and_then(|now| now.parse().ok()).expect("a time");
    let background = match arguments.next().as_deref() {
        Some("still") => Some(Background::Still),
        Some("running") => Some(Background::Running),
        _ => None,
    };
    let background = background.expect("what its background tasks do");
    run_clocked(Path::new(&folder), Millis::from_unix(now), background).expect("the server runs");
}
