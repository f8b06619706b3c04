//! The lists of facts are whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The facts of a file, as its functions are named.
fn facts(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let written = text.split("\npub async fn ").skip(1).filter_map(|rest| rest.split('(').next());
    written.map(str::to_owned).collect()
}

/// A fact that is written but not listed would never be run.
#[test]
fn every_fact_is_in_the_suite() {
    let lists = [include_str!("logins.rs"), include_str!("operation.rs")];
    let listed: BTreeSet<&str> = lists.into_iter().flat_map(str::split_whitespace).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // The only one that runs facts and has none.
    let files = files.filter(|file| file.is_file() && !file.ends_with("mod.rs"));
    let written: Vec<String> = files.flat_map(|file| facts(&file)).collect();
    assert!(written.len() > 50, "the facts were not found");
    let missing: Vec<_> = written.iter().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not in the suite: {missing:?}");
}
