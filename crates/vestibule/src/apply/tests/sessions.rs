//! Which declarations end the sessions that a user has: those after which the credential version is another, or that of the
//! secrets of the application.

use vestibule_model::SecretVersion;

use super::*;

const PROFILES: &str = "[[account.profile]]\nname = \"Boss\"\n[[account.profile]]\nname = \"Clerk\"\n";

fn key(secret: &str, app_key: &str) -> String {
    format!(
        "[[account.api_key]]\nname = \"k\"\nprivileges = [\"user-login\"]\napp_key = \"{app_key}\"\n\
         secret = \"{secret}-0123456789abcdef\"\naccess_token = \"at\"\naccess_token_secret = \"ats-0123456789abcdef\"\n"
    )
}

const BOT: &str = "[[account.user]]\nlogin_name = \"bot\"\nkind = \"bot\"\nallowed_app_key = \"k\"\n";

#[test]
fn other_secrets_of_a_key_end_the_sessions_of_its_bots() {
    let mut world = World::new();
    world.apply(&format!("{}{BOT}", key("one", "a")));
    world.apply(&key("two", "a"));
    assert_eq!(world.rows().api_keys[0].secret_version, SecretVersion(1));
}

#[test]
fn the_same_secrets_end_nothing() {
    let mut world = World::new();
    world.apply(&format!("{}{BOT}", key("one", "a")));
    world.apply(&format!("{}{BOT}", key("one", "a")));
    assert_eq!(world.user().credential_version, 1);
    assert_eq!(world.rows().api_keys[0].secret_version, SecretVersion(0));
}

#[test]
fn a_removed_key_is_taken_from_the_bots_that_were_tied_to_it() {
    let mut world = World::new();
    world.apply(&format!("{}{BOT}", key("one", "a")));
    let lines = world.apply("[[account.api_key]]\nname = \"k\"\nremoved = true\n").lines;
    assert_eq!(lines, ["- api key 1/k", "~ user 1/bot: allowed_app_key \"a\" -> none"]);
    assert!(world.broken().is_empty());
    assert_eq!(world.user().credential_version, 1, "its sessions end because the key is gone");
}

#[test]
fn a_file_does_not_tie_a_bot_to_a_key_that_it_removes() {
    let mut world = World::new();
    world.apply(&format!("{}{BOT}", key("one", "a")));
    let refusal = world.refusal(&format!("[[account.api_key]]\nname = \"k\"\nremoved = true\n{BOT}"));
    assert!(refusal.contains("user 1/bot: allowed_app_key: the account has no API key"), "{refusal}");
}

#[test]
fn s1_another_profile_ends_the_sessions() {
    let mut world = World::new();
    world.apply(&format!("{PROFILES}{}", alice("profiles = [\"Boss\"]")));
    world.apply(&alice("profiles = [\"Clerk\"]"));
    assert_eq!(world.user().credential_version, 2);
}

#[test]
fn a5_a_secret_of_another_type_is_not_repeated() {
    let refusal = World::new().refusal("[[account.user]]\nlogin_name = \"a\"\npassword = 12345678\n");
    assert!(refusal.contains("password") && !refusal.contains("12345678"), "{refusal}");
}
