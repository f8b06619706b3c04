//! What only the LiveVox dialect has: tokens, ranks, policies of agents and of its sessions, strengths.

use vestibule_model::{
    ApplicationToken, Concurrency, LockoutPolicy, PasswordPolicy, Rank, Reach, SessionPolicy,
};

use super::*;

fn token(name: &str, more: &str) -> String {
    format!("[[account.application_token]]\nname = \"{name}\"\n{more}\n")
}

fn stored(world: &World, name: &str) -> ApplicationToken {
    world.rows().application_tokens.into_iter().find(|token| token.name == name).unwrap()
}

#[test]
fn a_token_is_kept_as_its_digest() {
    let mut world = World::new();
    world.apply(&token("a", "token = \"a-1-0123456789abcdef\""));
    assert_eq!(stored(&world, "a").token, world.tools.secrets.digest(b"a-1-0123456789abcdef"));
}

#[test]
fn a_generated_token_is_32_lower_case_hex() {
    let secret = World::new().apply(&token("a", "")).generated.remove(0);
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(secret.value.len() == 32 && secret.value.bytes().all(is_hex), "{}", secret.value);
}

#[test]
fn a_generated_token_is_the_one_that_is_kept() {
    let mut world = World::new();
    let secret = world.apply(&token("a", "")).generated.remove(0);
    assert_eq!(stored(&world, "a").token, world.tools.secrets.digest(secret.value.as_bytes()));
}

#[test]
fn the_same_token_is_no_change() {
    let mut world = World::new();
    world.apply(&token("a", "token = \"a-1-0123456789abcdef\""));
    assert_eq!(world.apply(&token("a", "token = \"a-1-0123456789abcdef\"")).lines, [""; 0]);
}

#[test]
fn a_token_left_out_stays_and_is_not_generated_again() {
    let mut world = World::new();
    world.apply(&token("a", ""));
    let plan = world.apply(&token("a", ""));
    assert!(plan.lines.is_empty() && plan.generated.is_empty(), "{:?}", plan.lines);
}

#[test]
fn another_token_replaces_the_old_one_under_the_same_id() {
    let mut world = World::new();
    world.apply(&token("a", ""));
    let before = stored(&world, "a").id;
    assert_eq!(
        world.apply(&token("a", "token = \"a-2-0123456789abcdef\"")).lines,
        ["~ application token 1/a: token (another)"]
    );
    assert_eq!(stored(&world, "a").id, before);
}

#[test]
fn a_token_is_switched_off() {
    let mut world = World::new();
    world.apply(&token("a", ""));
    assert_eq!(
        world.apply(&token("a", "enabled = false")).lines,
        ["~ application token 1/a: enabled true -> false"]
    );
}

#[test]
fn a_token_may_have_every_character_and_length_that_clients_send() {
    for text in ["0123456789012345", "----------------", "azAZ09-azAZ09-az", &"x".repeat(64)] {
        let declaration = token("a", &format!("token = {text:?}"));
        assert!(World::new().try_apply(&declaration).is_ok(), "{text}");
    }
}

#[test]
fn a_token_that_is_short_or_that_no_client_could_send_is_refused() {
    for text in [
        "",
        "012345678901234",
        "0123456789 abcdef",
        "0123456789_abcdef",
        "0123456789abcde\u{e4}",
        &"x".repeat(65),
    ] {
        let refusal = World::new().refusal(&token("a", &format!("token = {text:?}")));
        assert!(refusal.contains("application token 1/a: token: 16 to 64 characters"), "{text}: {refusal}");
    }
}

#[test]
fn an_account_has_at_most_five_tokens() {
    let tokens = |count: u8| (0..count).map(|number| token(&number.to_string(), "")).collect::<String>();
    let mut world = World::new();
    let refusal = world.refusal(&tokens(6));
    assert!(refusal.contains("application token 1/5: an account has at most 5"), "{refusal}");
    world.apply(&tokens(5));
    assert!(world.refusal(&token("sixth", "")).contains("at most 5 application tokens"));
}

#[test]
fn each_of_five_tokens_can_still_be_changed() {
    let tokens = |more| (0..5_u8).map(|number| token(&number.to_string(), more)).collect::<String>();
    let mut world = World::new();
    world.apply(&tokens(""));
    assert_eq!(world.apply(&tokens("enabled = false")).lines.len(), 5);
}

#[test]
fn a_token_of_another_account_is_refused() {
    let mut world = World::new();
    world.apply(&token("a", "token = \"a-1-0123456789abcdef\""));
    let other = format!("[[account]]\nid = \"2\"\n{}", token("b", "token = \"a-1-0123456789abcdef\""));
    let expected = "application token 2/b: token: this is taken: application token 1/a has it";
    assert!(world.refusal(&other).ends_with(expected));
}

#[test]
fn a_token_of_another_application_of_the_account_is_refused() {
    let both =
        token("a", "token = \"a-1-0123456789abcdef\"") + &token("b", "token = \"a-1-0123456789abcdef\"");
    assert!(World::new().refusal(&both).contains("application token 1/b: token: this is taken"));
}

#[test]
fn a_token_that_was_given_up_is_free_at_the_next_run() {
    let mut world = World::new();
    world.apply(&token("a", "token = \"a-1-0123456789abcdef\""));
    world.apply(&token("a", "token = \"a-2-0123456789abcdef\""));
    assert!(world.try_apply(&token("b", "token = \"a-1-0123456789abcdef\"")).is_ok());
}

#[test]
fn a_token_keeps_its_uses() {
    let mut world = World::new();
    world.apply(&token("a", ""));
    let touch = vestibule_store::ApplicationTouch {
        application: stored(&world, "a").id,
        last_used: NOW,
        requests: 7,
    };
    block_on(world.store.commit(vec![Change::TouchApplications(vec![touch])])).unwrap();
    world.apply(&token("a", "enabled = false"));
    assert_eq!((stored(&world, "a").requests, stored(&world, "a").last_used), (7, Some(NOW)));
}

#[test]
fn a_profile_has_the_rank_of_its_role_until_one_is_declared() {
    let profile = |more| format!("[[account.profile]]\nname = \"A\"\nrole = \"administrator\"\n{more}\n");
    let mut world = World::new();
    world.apply(&profile(""));
    assert_eq!(world.rows().profiles[0].rank(), Rank::SysAdmin);
    assert_eq!(
        world.apply(&profile("rank = \"it-user\"")).lines,
        ["~ profile 1/A: rank none -> \"it-user\""]
    );
    assert_eq!(world.rows().profiles[0].rank(), Rank::ItUser);
}

#[test]
fn a_rank_is_taken_away() {
    let mut world = World::new();
    world.apply("[[account.profile]]\nname = \"A\"\nrank = \"manager\"\n");
    let plan = world.apply("[[account.profile]]\nname = \"A\"\nrank = \"\"\n");
    assert_eq!(plan.lines, ["~ profile 1/A: rank \"manager\" -> none"]);
}

#[test]
fn a_rank_left_out_stays() {
    let mut world = World::new();
    world.apply("[[account.profile]]\nname = \"A\"\nrank = \"manager\"\n");
    world.apply("[[account.profile]]\nname = \"A\"\npermissions = [1]\n");
    assert_eq!(world.rows().profiles[0].rank, Some(Rank::Manager));
}

#[test]
fn a_new_account_has_the_policies_of_the_dialect() {
    let mut world = World::new();
    world.apply("");
    let account = world.rows().account;
    assert_eq!(account.livevox_session_policy, SessionPolicy::livevox());
    assert_eq!(account.agent_lockout_policy, LockoutPolicy::default());
}

#[test]
fn a_new_account_is_made_after_the_policy_that_the_file_names() {
    let mut world = World::new();
    world.apply("policy = \"livevox\"\nagent_lockout_policy = { failures = 2 }\n");
    let account = world.rows().account;
    assert_eq!(account.password_policy, vestibule_model::NamedPolicy::Livevox.password_policy());
    assert_eq!((account.lockout_policy.failures, account.agent_lockout_policy.failures), (5, 2));
    assert_eq!(world.apply("policy = \"modern\"\n").lines, [""; 0], "it is the account's own by now");
}

#[test]
fn a_policy_of_the_dialect_is_laid_over_key_by_key() {
    let mut world = World::new();
    world.apply("livevox_session_policy = { idle_seconds = 60 }\n");
    let plan = world.apply("livevox_session_policy = { reach = \"every-dialect\" }\n");
    assert_eq!(
        plan.lines,
        ["~ account 1: livevox_session_policy.reach \"same-dialect\" -> \"every-dialect\""]
    );
    let policy = world.rows().account.livevox_session_policy;
    let found = (policy.idle_seconds, policy.reach, policy.concurrency);
    assert_eq!(found, (60, Reach::EveryDialect, Concurrency::Same));
}

#[test]
fn agents_lock_apart_from_users() {
    let mut world = World::new();
    world.apply("agent_lockout_policy = { failures = 9 }\n");
    let account = world.rows().account;
    assert_eq!((account.lockout_policy.failures, account.agent_lockout_policy.failures), (5, 9));
}

#[test]
fn a_strength_sets_length_and_classes() {
    let expected = [("medium", 8, false), ("strong", 8, true), ("very-strong", 12, true)];
    for (strength, min_length, require_special) in expected {
        let mut world = World::new();
        world.apply(&format!("password_strength = \"{strength}\"\n"));
        let policy = PasswordPolicy { min_length, require_special, ..PasswordPolicy::default() };
        assert_eq!(world.rows().account.password_policy, policy, "{strength}");
    }
}

#[test]
fn the_policys_own_keys_go_over_the_strength() {
    let declaration = "password_strength = \"strong\"\npassword_policy = { min_length = 20 }\n";
    let mut world = World::new();
    world.apply(declaration);
    let policy = world.rows().account.password_policy;
    assert_eq!((policy.min_length, policy.require_special), (20, true));
    assert_eq!(world.apply(declaration).lines, [""; 0]);
}
