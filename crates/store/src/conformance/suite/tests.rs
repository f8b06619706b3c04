//! The list of facts is whole.

/// A fact that is written but not listed above would never be run.
#[test]
fn every_fact_is_in_the_suite() {
    let suite = include_str!("../suite.rs");
    let facts = [
        include_str!("../administration.rs"),
        include_str!("../answers.rs"),
        include_str!("../applications.rs"),
        include_str!("../audit.rs"),
        include_str!("../deletion.rs"),
        include_str!("../users.rs"),
        include_str!("../uses.rs"),
        include_str!("../directory.rs"),
        include_str!("../uniqueness.rs"),
        include_str!("../sessions.rs"),
        include_str!("../credentials.rs"),
        include_str!("../second_factors.rs"),
        include_str!("../transactions.rs"),
        include_str!("../sequence.rs"),
        include_str!("../master_keys.rs"),
        include_str!("../ends.rs"),
        include_str!("../session_versions.rs"),
        include_str!("../followed_ends.rs"),
        include_str!("../expectations.rs"),
        include_str!("../consumed.rs"),
        include_str!("../connections.rs"),
        include_str!("../sentinel.rs"),
    ];
    let written = facts.iter().flat_map(|file| file.split("\npub async fn ").skip(1));
    let names: Vec<_> = written.filter_map(|rest| rest.split('(').next()).collect();
    assert!(names.len() > 50, "the facts were not found");
    for name in names {
        assert!(suite.contains(&format!(" {name}\n")), "{name} is not in the suite");
    }
}
