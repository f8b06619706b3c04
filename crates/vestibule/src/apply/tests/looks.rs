//! How an account's pages look.

use super::*;

const LOOK: &str =
    "look = { name = \"Acme\", accent = \"#2b5797\", logo = \"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAA=\" }\n";

#[test]
fn a_look_is_laid_over_key_by_key_and_told_without_its_picture() {
    let mut world = World::new();
    world.apply(LOOK);
    let plan = world.apply("look = { name = \"Acme & Sons\", logo = \"\" }\n");
    assert_eq!(plan.lines, ["~ account 1: logo (removed), look.name \"Acme\" -> \"Acme & Sons\""]);
    let look = world.rows().account.look;
    assert_eq!((look.logo, look.accent.map(|accent| accent.to_string())), (None, Some("#2b5797".into())));
}

#[test]
fn nothing_said_of_a_look_takes_it_away() {
    let mut world = World::new();
    world.apply(LOOK);
    assert!(
        world.apply("look = { name = \"\", accent = \"\", contact = \"\", logo = \"\" }\n").lines.len() == 1
    );
    assert_eq!(world.rows().account.look, vestibule_model::Look::default());
}

#[test]
fn what_is_no_colour_is_refused_with_its_place() {
    let refusal = World::new().try_apply("look = { accent = \"red\" }\n").err().unwrap_or_default();
    assert!(
        refusal.starts_with("a.toml: account 1: look.accent: this has to be a colour such as #2b5797"),
        "{refusal}"
    );
}
