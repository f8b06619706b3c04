//! The demo account of `vestibule dev`: what its examples show is what it has.

use vestibule_model::{Population, Rank};

use super::*;

const DEMO: &str = include_str!("../../../demo.toml");

/// A world that has the demo account.
fn demo() -> World {
    let mut world = World::new();
    let declared = Declared::read(Path::new("demo.toml"), DEMO).unwrap();
    block_on(apply(&world.store, &mut world.tools, &declared, "demo.toml")).unwrap();
    world
}

#[test]
fn its_application_tokens_are_those_of_the_examples() {
    let world = demo();
    let examples =
        [("demo", "a0009999bcbc00001111000000000000"), ("reports", "b0009999bcbc00001111000000000000")];
    let tokens = world.rows().application_tokens;
    for (name, text) in examples {
        let token = tokens.iter().find(|token| token.name == name).unwrap();
        assert_eq!(token.token, world.tools.secrets.digest(text.as_bytes()), "{name}");
    }
}

/// In which population this name is, and the rank of its only profile.
fn standing(login_name: &str) -> (Population, Rank) {
    let rows = demo().rows();
    let user = rows.users.iter().find(|user| user.login_name == login_name).unwrap();
    let profile = rows.profiles.iter().find(|profile| user.profiles == [profile.id]).unwrap();
    (user.population, profile.rank())
}

#[test]
fn its_person_is_a_system_administrator() {
    assert_eq!(standing("name"), (Population::User, Rank::SysAdmin));
}

#[test]
fn its_livevox_agent_is_an_agent() {
    assert_eq!(standing("agent1"), (Population::Agent, Rank::Agent));
}

#[test]
fn a_second_start_changes_nothing() {
    let mut world = demo();
    let declared = Declared::read(Path::new("demo.toml"), DEMO).unwrap();
    let plan = block_on(apply(&world.store, &mut world.tools, &declared, "demo.toml")).unwrap();
    assert_eq!(plan.lines, [""; 0]);
}
