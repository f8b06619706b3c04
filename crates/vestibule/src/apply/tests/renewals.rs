//! A file of before a renewal, applied after it: during the overlap it undoes nothing.

use std::time::Duration;

use vestibule_crypto::SealContext;
use vestibule_model::{ApiKeyValues, Superseded};
use vestibule_store::Change;

use super::*;

const FILE: &str = r#"
    [[account.api_key]]
    name = "key"
    app_key = "ak"
    secret = "one-0123456789abcdef"
    access_token = "at"
    access_token_secret = "ats-0123456789abcdef"

    [[account.oauth_client]]
    name = "client"
    client_id = "web"
    secret = "one-0123456789abcdef"

    [[account.application_token]]
    name = "token"
    token = "one-0123456789abcdef"
"#;

const UNTIL: Millis = Millis::from_unix(NOW.as_unix() + 1_000);

/// What the file made, with other secrets since.
fn renewed() -> World {
    let mut world = World::new();
    world.apply(FILE);
    let (rows, account) = (world.rows(), "1".parse().unwrap());
    let (mut key, mut client) = (rows.api_keys[0].clone(), rows.oauth_clients[0].clone());
    let mut token = rows.application_tokens[0].clone();
    let row = key.id.0.to_be_bytes();
    let seal = |column, text: &[u8]| {
        world.tools.sealer.seal(&OsRng, &SealContext { table: "api_keys", column, row: &row }, text)
    };
    let values = ApiKeyValues {
        sealed_secret: seal("sealed_superseded_secret", b"one-0123456789abcdef"),
        access_token: "at".into(),
        sealed_access_token_secret: seal("sealed_superseded_access_token_secret", b"ats-0123456789abcdef"),
    };
    key.superseded = Some(Superseded { values, until: UNTIL });
    (key.access_token, key.secret_version) = ("another".into(), key.secret_version.next());
    world.tools.seal(&mut key, "two", "two");
    client.superseded = Some(Superseded { values: client.secret, until: UNTIL });
    (client.secret, client.secret_version) =
        (world.tools.secrets.digest(b"two"), client.secret_version.next());
    token.superseded = Some(Superseded { values: token.token, until: UNTIL });
    (token.token, token.secret_version) = (world.tools.secrets.digest(b"two"), token.secret_version.next());
    let changes = vec![
        Change::PutApiKey(account, key.into()),
        Change::PutOauthClient(account, client.into()),
        Change::PutApplicationToken(account, token.into()),
    ];
    block_on(world.store.commit(changes)).unwrap();
    world
}

#[test]
fn a_file_of_before_a_renewal_undoes_nothing_during_the_overlap() {
    let mut world = renewed();
    let before = world.rows();
    world.tools.now = NOW.plus(Duration::from_millis(999));
    let none: &[&str] = &[];
    assert_eq!(world.apply(FILE).lines, none);
    assert_eq!(world.rows(), before);
}

#[test]
fn after_it_the_file_is_what_is_wanted_again() {
    let mut world = renewed();
    world.tools.now = UNTIL;
    let lines = world.apply(FILE).lines;
    let expected = [
        "~ api key 1/key: secret (another), access_token (another), access_token_secret (another)",
        "~ oauth client 1/client: secret (another)",
        "~ application token 1/token: token (another)",
    ];
    assert_eq!(lines, expected);
    let rows = world.rows();
    let (key, client, token) = (&rows.api_keys[0], &rows.oauth_clients[0], &rows.application_tokens[0]);
    assert_eq!((key.secret_version.0, &key.superseded), (2, &None));
    assert_eq!((client.secret_version.0, client.superseded), (2, None));
    assert_eq!((token.secret_version.0, token.superseded), (2, None));
}

#[test]
fn what_a_file_declares_that_is_neither_ends_both() {
    let mut world = renewed();
    world.apply(&FILE.replace("\"one-", "\"three-"));
    let rows = world.rows();
    assert_eq!(rows.api_keys[0].superseded, None);
    assert_eq!(rows.oauth_clients[0].superseded, None);
    assert_eq!(rows.application_tokens[0].superseded, None);
}

#[test]
fn values_of_the_old_and_the_new_set_declared_together_are_a_change() {
    let mut world = renewed();
    let lines = world.apply(&FILE.replace("\"at\"", "\"another\"")).lines;
    assert_eq!(lines, ["~ api key 1/key: secret (another), access_token_secret (another)"]);
}

#[test]
fn the_values_after_a_renewal_are_no_change_either() {
    let mut world = renewed();
    // These are shorter than others may be, from before there was a rule about it.
    let after = FILE.replace("\"one-0123456789abcdef\"", "\"two\"").replace("\"at\"", "\"another\"");
    let none: &[&str] = &[];
    assert_eq!(world.apply(&after.replace("\"ats-0123456789abcdef\"", "\"two\"")).lines, none);
    assert!(world.rows().api_keys[0].superseded.is_some(), "the overlap goes on");
}

#[test]
fn nobody_else_is_given_an_old_token() {
    let refusal = renewed()
        .refusal("[[account.application_token]]\nname = \"thief\"\ntoken = \"one-0123456789abcdef\"\n");
    assert!(refusal.contains("this is taken: application token 1/token has it"), "{refusal}");
}

fn keys(names: [&str; 2]) -> String {
    let key = |(app_key, name): (&str, &str)| {
        format!("[[account.api_key]]\nname = \"{name}\"\napp_key = \"{app_key}\"\n")
    };
    ["a", "b"].into_iter().zip(names).map(key).collect()
}

#[test]
fn no_two_api_keys_have_the_same_name() {
    let mut world = World::new();
    world.apply(&keys(["one", "two"]));
    let taken = "[[account.api_key]]\nname = \"one\"\napp_key = \"b\"\n";
    let refusal = world.refusal(taken);
    assert!(refusal.contains("api key 1/one") && refusal.contains("name: this is taken"), "{refusal}");
    world.apply(&keys(["two", "one"]));
    let names = world.rows().api_keys.into_iter().map(|key| (key.app_key, key.name));
    assert!(names.into_iter().any(|(app_key, name)| app_key == "a" && name == "two"));
}

#[test]
fn keys_that_have_the_same_name_from_before_can_still_be_declared() {
    let mut world = World::new();
    world.apply(&keys(["one", "two"]));
    let mut twin = world.rows().api_keys.into_iter().find(|key| key.name == "two").unwrap();
    twin.name = "one".into();
    let account = "1".parse().unwrap();
    block_on(world.store.commit(vec![Change::PutApiKey(account, twin.into())])).unwrap();
    let declared = "[[account.api_key]]\nname = \"one\"\napp_key = \"b\"\nenabled = false\n";
    assert_eq!(world.apply(declared).lines, ["~ api key 1/one: enabled true -> false"]);
}
