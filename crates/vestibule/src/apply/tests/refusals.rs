//! What is refused, and that nothing is written then.

use super::*;

#[test]
fn nothing_is_written_when_one_element_is_refused() {
    let mut world = World::new();
    world.refusal("[[account.user]]\nlogin_name = \"a\"\nprofiles = [\"none\"]\n");
    assert!(block_on(world.store.directory()).unwrap().accounts.is_empty());
}

/// Each declaration, and how its refusal begins.
const REFUSED: &[(&str, &str)] = &[
    ("time_zone = \"Europe/Nowhere\"\n", "account 1: time_zone: there is no such time zone"),
    ("password_policy = { min_lenght = 3 }\n", "account 1: password_policy.min_lenght: unknown field"),
    (
        "password_policy = { min_length = -3 }\n",
        "account 1: password_policy.min_length: a value of the wrong kind: ",
    ),
    (
        "session_policy = { concurrency = \"two\" }\n",
        "account 1: session_policy.concurrency: unknown variant `two`",
    ),
    (
        "session_policy = { concurrency = \"many\" }\n",
        "account 1: session_policy.concurrency.many: a value of the wrong kind: this has to be a table",
    ),
    (
        "password_policy = { min_length = 70000 }\n",
        "account 1: password_policy.min_length: a value of the wrong kind: this has to be a whole number, 0 or more",
    ),
    (
        "session_policy = { concurrency = { many = { } } }\n",
        "account 1: session_policy.concurrency.many: missing field `limit`",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\nprofiles = [\"Boss\"]\n",
        "user 1/a: profiles: there is none with the name \"Boss\"",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\ngroup = \"G\"\n",
        "user 1/a: group: there is none with the name \"G\"",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\nskills = [\"S\"]\n",
        "user 1/a: skills: there is none with the name \"S\"",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\nkind = \"bot\"\nallowed_app_key = \"K\"\n",
        "user 1/a: allowed_app_key: the account has no API key",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\nallowed_app_key = \"K\"\n",
        "user 1/a: allowed_app_key: only a bot",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\npassword = \"short1\"\n",
        "user 1/a: password: the password must have at least 8 characters",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\npassword_hash = \"plain\"\n",
        "user 1/a: password_hash: the stored password hash is unusable",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\nkind = \"bot\"\npassword = \"passw0rd\"\n",
        "user 1/a: password: a bot has no password",
    ),
    (
        "[[account.user]]\nlogin_name = \"a\"\npassword_changed = 2100-01-01T00:00:00Z\n",
        "user 1/a: password_changed: this lies in the future",
    ),
    ("[[account.user]]\nlogin_name = \"a\"\nlocked = true\n", "user 1/a: locked: only false is allowed"),
    (
        "[[account.user]]\nlogin_name = \"a\"\nsecond_factor = true\n",
        "user 1/a: second_factor: only false is allowed",
    ),
    ("[[account.user]]\nlogin_name = \" \"\n", "user 1/ : login_name: no spaces around it"),
    (
        "[[account.user]]\nlogin_name = \"a\"\n[[account.user]]\nlogin_name = \"a\"\n",
        "user 1/a: name: declared twice",
    ),
    (
        "[[account.skill]]\nname = \"a\"\nid = 1\n[[account.skill]]\nname = \"b\"\nid = 1\n",
        "skill 1/b: id: declared twice: skill 1/a has it as well",
    ),
    (
        "[[account.group]]\nname = \"a\"\nparent = \"b\"\n[[account.group]]\nname = \"b\"\nparent = \"a\"\n",
        "group 1/a: parent: this group would be above itself",
    ),
    (
        "[[account.service]]\nname = \"s\"\nbase_uri = \"https://example.com\"\n",
        "account 1: service: base_uri of s: this must be a host",
    ),
    ("[[account.api_key]]\nname = \"k\"\nsecret = \"s\"\n", "api key 1/k: access_token_secret: needed"),
    (
        "[[account.application_token]]\nname = \"\"\n",
        "application token 1/: name: this has to have 1 to 254 characters",
    ),
    (
        "[[account.application_token]]\nname = \"a\"\n[[account.application_token]]\nname = \"a\"\n",
        "application token 1/a: name: declared twice",
    ),
    ("agent_lockout_policy = { failure = 3 }\n", "account 1: agent_lockout_policy.failure: unknown field"),
    (
        "livevox_session_policy = { reach = \"far\" }\n",
        "account 1: livevox_session_policy.reach: unknown variant `far`",
    ),
    ("look = { logo = \"<svg/>\" }\n", "account 1: look.logo: this is no base64"),
    ("[[account]]\nid = \"1\"\n", "account 1: id: declared twice"),
    ("[[account]]\nid = \"2\"\ncode = \"1\"\n", "account 1: code: this is taken"),
    ("number = 5\n[[account]]\nid = \"2\"\nnumber = 5\n", "account 1: number: this is taken"),
];

#[test]
fn what_does_not_fit_is_refused_with_file_element_and_key() {
    for (declaration, beginning) in REFUSED {
        let refusal = World::new().try_apply(declaration).err().unwrap_or_default();
        let beginning = format!("a.toml: {beginning}");
        assert!(refusal.starts_with(&beginning), "{declaration}\n{refusal}");
    }
}

#[test]
fn an_account_has_at_most_a_hundred_keys() {
    let key = |number: u8| format!("[[account.api_key]]\nname = \"{number}\"\n");
    let keys = |count| (0..count).map(key).collect::<Vec<String>>().concat();
    assert!(World::new().refusal(&keys(101)).contains("at most 100 API keys"));
    assert!(World::new().try_apply(&keys(100)).is_ok());
}

#[test]
fn a_password_of_the_history_is_refused() {
    let user = |password| {
        format!(
            "password_policy = {{ history = 2 }}\n[[account.user]]\nlogin_name = \"a\"\npassword = \"{password}\"\n"
        )
    };
    let mut world = World::new();
    world.apply(&user("passw0rd-1"));
    world.apply(&user("passw0rd-2"));
    assert!(world.refusal(&user("passw0rd-1")).contains("one of the last 2"));
}

#[test]
fn a_password_that_is_easy_to_guess_is_refused_where_the_policy_asks_for_strength() {
    let user = |password| {
        format!(
            "policy = \"modern\"\n[[account.user]]\nlogin_name = \"quarnaby\"\npassword = \"{password}\"\n"
        )
    };
    let refusal = World::new().refusal(&user("password1"));
    assert!(
        refusal.contains("user 1/quarnaby: password: the password is too easy to guess: many people"),
        "{refusal}"
    );
    let refusal = World::new().refusal(&user("Quarnaby77"));
    assert!(refusal.contains("names of the user or the account"), "{refusal}");
    World::new().apply(&user("lantern-otter-quilt"));
}

#[test]
fn a_file_that_names_no_policy_is_taken_as_it_was_before_there_were_any() {
    let mut world = World::new();
    world.apply("[[account.user]]\nlogin_name = \"a\"\npassword = \"password1\"\n");
    assert_eq!(world.rows().account.password_policy, vestibule_model::PasswordPolicy::default());
}

#[test]
fn a_password_that_is_there_already_is_not_asked_for_strength() {
    let user = "[[account.user]]\nlogin_name = \"a\"\npassword = \"password1\"\n";
    let mut world = World::new();
    world.apply(user);
    let stricter = format!("password_policy = {{ min_strength = 4 }}\n{user}");
    assert_eq!(world.apply(&stricter).lines, ["~ account 1: password_policy.min_strength 0 -> 4"]);
}

#[test]
fn a_users_kind_does_not_change() {
    let mut world = World::new();
    world.apply(ALICE);
    let bot = "[[account.user]]\nlogin_name = \"alice\"\nkind = \"bot\"\n";
    assert!(world.refusal(bot).contains("user 1/alice: kind: "));
}
