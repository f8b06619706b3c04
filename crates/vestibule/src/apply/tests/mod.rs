mod audit;
mod busy;
mod connections;
mod demo;
mod everything;
mod export;
mod gateway_rules;
mod livevox;
mod looks;
mod many;
mod reading;
mod refusals;
mod removals;
mod renewals;
mod rulebook;
mod sessions;

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use vestibule_crypto::{Argon2Params, AuditKey, Engine, MasterKey, OsRng, Sealer, SecretHasher};
use vestibule_model::{Actor, Millis, SecondFactor, User};
use vestibule_store_sqlite::SqliteStore;

use super::*;
use everything::EVERYTHING;

const NOW: Millis = Millis::from_unix(1_790_000_000_000);

/// A store of its own, and cheap hashes.
struct World {
    _folder: TempDir,
    store: SqliteStore,
    tools: Tools<'static>,
}

impl World {
    /// What is stored and breaks a rule.
    fn broken(&self) -> Vec<Broken> {
        broken(block_on(self.store.decodable_rows()).unwrap(), &self.tools.sealer)
    }

    fn new() -> Self {
        Self::under(&MasterKey::generate(&OsRng))
    }

    fn under(master: &MasterKey) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tools = Tools {
            rng: &OsRng,
            now: NOW,
            engine: Engine::Portable,
            params: Argon2Params { memory_kib: 8, iterations: 1, parallelism: 1 },
            sealer: Sealer::derive(master),
            secrets: SecretHasher::derive(master),
            generation: vestibule_model::Generation::FIRST,
            check_values: master.check_value().into(),
            actor: Actor::CommandLine { name: "uid 1000".into() },
        };
        let store = SqliteStore::open(
            &folder.path().join("db"),
            master.check_value(),
            Arc::new(AuditKey::derive(master)),
        )
        .unwrap();
        Self { _folder: folder, store, tools }
    }

    fn try_apply(&mut self, account: &str) -> Result<Plan, String> {
        let text = format!("[[account]]\nid = \"1\"\n{account}");
        let declared = Declared::read(Path::new("a.toml"), &text).map_err(|error| error.to_string())?;
        block_on(apply(&self.store, &mut self.tools, &declared, "a.toml"))
            .map_err(|error| format!("{error:#}"))
    }

    fn apply(&mut self, account: &str) -> Plan {
        self.try_apply(account).unwrap()
    }

    fn refusal(&mut self, account: &str) -> String {
        self.try_apply(account).err().unwrap()
    }

    fn rows(&self) -> AccountRows {
        block_on(self.store.directory()).unwrap().accounts.remove(0)
    }

    fn user(&self) -> User {
        self.rows().users.remove(0)
    }

    /// Gives the first user one.
    fn set_second_factor(&self) {
        let factor = SecondFactor { sealed: vec![1; 40], since: NOW, recovery: vec![[7; 32]; 3] };
        let (user, after) = (self.user().id, Some(Box::new(factor)));
        let set = Change::SetSecondFactor { user, before: None, after };
        block_on(self.store.commit(vec![set])).unwrap();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

const ALICE: &str = "[[account.user]]\nlogin_name = \"alice\"\npassword = \"passw0rd\"\n";

fn alice(more: &str) -> String {
    format!("{ALICE}{more}\n")
}

#[test]
fn a_generated_password_must_be_changed() {
    let mut world = World::new();
    world.apply("[[account.user]]\nlogin_name = \"alice\"\n");
    assert!(world.user().must_change_password);
}

#[test]
fn the_values_of_a_generated_key_have_the_vendors_lengths() {
    let plan = World::new().apply("[[account.api_key]]\nname = \"Bots\"\n");
    let lengths: Vec<usize> = plan.generated.iter().map(|secret| secret.value.len()).collect();
    assert_eq!(lengths, [32, 16, 32, 16]);
}

#[test]
fn a_field_left_out_keeps_its_value() {
    let mut world = World::new();
    world.apply(&alice("full_name = \"Alice A\""));
    world.apply(&alice("email = \"a@example.com\""));
    assert_eq!(world.user().full_name, "Alice A");
}

#[test]
fn a_policy_by_name_changes_nothing_of_an_account_that_is_there_and_says_so() {
    let mut world = World::new();
    world.apply("policy = \"modern\"\n");
    let before = world.rows();
    let plan = world.apply("policy = \"livevox\"\n");
    assert_eq!((plan.lines.len(), world.rows()), (0, before));
    assert!(plan.notes[0].starts_with("account 1: policy: the account is there already"), "{:?}", plan.notes);
}

#[test]
fn an_account_that_passwords_count_in_no_more_is_told_of_once() {
    let mut world = World::new();
    world.apply("");
    let plan = world.apply("sign_on = \"sso-only\"\n");
    assert!(
        plan.notes[0].starts_with("account 1: sign_on: passwords of users do not count"),
        "{:?}",
        plan.notes
    );
    assert_eq!(world.apply("sign_on = \"sso-only\"\n").notes, [""; 0]);
}

#[test]
fn nobody_is_told_a_secret_of_a_public_client() {
    let mut world = World::new();
    let file = "[[account.oauth_client]]\nname = \"spa\"\npublic = true\n";
    let told: Vec<_> = world.apply(file).generated.iter().map(|made| made.name).collect();
    assert_eq!(told, ["client_id"]);
}

#[test]
fn a_policy_by_name_that_an_account_has_needs_no_words() {
    let mut world = World::new();
    let file = "policy = \"modern\"\nsession_policy = { idle_seconds = 60 }\n";
    assert_eq!(world.apply(file).notes, [""; 0]);
    assert_eq!(world.apply(file).notes, [""; 0]);
}

#[test]
fn a_service_that_is_there_twice_is_one_finding() {
    let mut world = World::new();
    world.apply("[[account.service]]\nname = \"agentVep\"\n");
    let mut account = world.rows().account;
    account.services.push(account.services[0].clone());
    block_on(world.store.commit(vec![Change::PutAccount(account.into())])).unwrap();
    let found = world.broken();
    assert_eq!(found.iter().filter(|broken| broken.problem.reason.contains("twice")).count(), 1);
}

#[test]
fn what_is_not_named_is_not_touched() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    world.apply("");
    assert_eq!(world.rows().users.len(), 3);
}

#[test]
fn a_change_is_told_by_its_fields() {
    let mut world = World::new();
    world.apply(ALICE);
    let plan = world.apply(&alice("enabled = false\nnickname = \"A\""));
    assert_eq!(plan.lines, ["~ user 1/alice: enabled true -> false, nickname \"alice\" -> \"A\""]);
}

#[test]
fn what_a_user_refers_to_is_told_by_name() {
    let mut world = World::new();
    let groups = "[[account.group]]\nname = \"Inner\"\n[[account.group]]\nname = \"Outer\"\n";
    world.apply(&format!("{groups}{}", alice("group = \"Inner\"")));
    let plan = world.apply(&alice("group = \"Outer\"\nmanager_of = [\"Inner\", \"Outer\"]"));
    let expected = "~ user 1/alice: group \"Inner\" -> \"Outer\", manager_of [] -> [\"Inner\",\"Outer\"]";
    assert_eq!(plan.lines, [expected]);
}

#[test]
fn a5_no_secret_old_or_new_is_told() {
    let mut world = World::new();
    let key = |secret, token| {
        format!(
            "[[account.api_key]]\nname = \"k\"\nsecret = \"{secret}\"\naccess_token = \"{token}\"\n\
             access_token_secret = \"{secret}\"\n[[account.application_token]]\nname = \"t\"\ntoken = \"{token}\"\n\
             [[account.user]]\nlogin_name = \"a\"\npassword = \"{secret}-0\"\n"
        )
    };
    world.apply(&key("hidden-one-of-long", "shown-to-none-1-of-long"));
    let lines = world.apply(&key("hidden-two-of-long", "shown-to-none-2-of-long")).lines.join("\n");
    assert!(lines.contains("secret (another)") && lines.contains("password (another)"), "{lines}");
    assert!(!lines.contains("hidden") && !lines.contains("shown") && !lines.contains("argon2"), "{lines}");
}

#[test]
fn long_lists_are_told_by_what_is_in_one_of_them_only() {
    let mut world = World::new();
    let profile = |last: i32| {
        let permissions: Vec<i32> = (1_000..1_050).chain([last]).collect();
        format!("[[account.profile]]\nname = \"A\"\npermissions = {permissions:?}\n")
    };
    world.apply(&profile(2_000));
    assert_eq!(
        world.apply(&profile(2_001)).lines,
        ["~ profile 1/A: permissions without [2000], with [2001]"]
    );
}

#[test]
fn names_do_not_move_about_on_the_terminal() {
    let mut world = World::new();
    let mut user = {
        world.apply(ALICE);
        world.user()
    };
    user.login_name = "a\n\u{1b}[2Jb".into();
    block_on(world.store.commit(vec![Change::PutUser(user.clone().into())])).unwrap();
    let text = format!("[[account.user]]\nid = {}\nlogin_name = \"c\"\n", user.id.0);
    let found = world.broken();
    assert_eq!(found[0].problem.place, "user 1/a\\u{a}\\u{1b}[2Jb: login_name");
    assert!(world.apply(&text).lines.iter().all(|line| !line.chars().any(char::is_control)));
}

#[test]
fn another_password_replaces_the_old_one() {
    let mut world = World::new();
    world.apply(ALICE);
    let before = world.user();
    let plan = world.apply("[[account.user]]\nlogin_name = \"alice\"\npassword = \"an0ther-one\"\n");
    assert_eq!(plan.lines, ["~ user 1/alice: password (another)"]);
    assert_ne!(world.user().password, before.password);
}

#[test]
fn the_credential_version_grows_when_sessions_must_end() {
    for more in ["enabled = false", "must_change_password = true"] {
        let mut world = World::new();
        world.apply(ALICE);
        world.apply(&alice(more));
        assert_eq!(world.user().credential_version, 2, "{more}");
    }
}

#[test]
fn the_credential_version_stays_when_sessions_may_go_on() {
    let mut world = World::new();
    world.apply(ALICE);
    world.apply(&alice("full_name = \"A\"\npassword_changed = 2020-01-01T00:00:00Z"));
    assert_eq!(world.user().credential_version, 1);
}

#[test]
fn a_bots_other_key_ends_its_sessions() {
    let keys = "[[account.api_key]]\nname = \"A\"\n[[account.api_key]]\nname = \"B\"\n";
    let bot =
        |key| format!("[[account.user]]\nlogin_name = \"b\"\nkind = \"bot\"\nallowed_app_key = \"{key}\"\n");
    let mut world = World::new();
    world.apply(&format!("{keys}{}", bot("A")));
    world.apply(&format!("{keys}{}", bot("B")));
    assert_eq!(world.user().credential_version, 2);
}

#[test]
fn a_lock_is_taken_off() {
    let mut world = World::new();
    world.apply(ALICE);
    let lock = Change::SetLock { user: world.user().id, locked_at: Some(NOW) };
    block_on(world.store.commit(vec![lock])).unwrap();
    assert_eq!(
        world.apply(&alice("locked = false")).lines,
        ["~ user 1/alice: locked \"2026-09-21T14:13:20Z\" -> none"]
    );
}

#[test]
fn a_second_factor_is_taken_away() {
    let mut world = World::new();
    world.apply(ALICE);
    world.set_second_factor();
    assert_eq!(
        world.apply(&alice("second_factor = false")).lines,
        ["~ user 1/alice: second_factor \"with 3 recovery codes\" -> none"]
    );
    assert_eq!(world.user().second_factor, None);
}

/// A declaration of a user who moves in with a hash, and the hash.
fn moving_in(user: &str, more: &str) -> (String, String) {
    let mut elsewhere = World::new();
    elsewhere.apply("[[account.user]]\nlogin_name = \"x\"\npassword = \"from-els3where\"\n");
    let hash = elsewhere.user().password.unwrap().hash;
    let declared = format!("[[account.user]]\nlogin_name = \"{user}\"\npassword_hash = {hash:?}\n{more}\n");
    (declared, hash)
}

#[test]
fn a_hash_is_taken_over_only_while_there_is_no_password() {
    let mut world = World::new();
    let (declared, hash) = moving_in("alice", "");
    world.apply(&declared);
    assert_eq!(world.user().password.unwrap().hash, hash);
    // What a user's own choice comes to.
    world.apply(ALICE);
    let chosen = world.user();
    assert_ne!(chosen.password.as_ref().unwrap().hash, hash);
    assert_eq!(world.apply(&declared).lines, [""; 0]);
    assert_eq!(world.user(), chosen);
}

#[test]
fn the_time_of_a_hash_is_taken_over_with_it_and_not_put_to_a_password_chosen_since() {
    let mut world = World::new();
    let (declared, _) = moving_in("alice", "password_changed = 2020-01-01T00:00:00Z");
    world.apply(&declared);
    assert_eq!(world.user().password.unwrap().changed_at, Millis::from_unix(1_577_836_800_000));
    world.apply(ALICE);
    let chosen = world.user();
    assert_eq!(chosen.password.as_ref().unwrap().changed_at, NOW);
    assert_eq!(world.apply(&declared).lines, [""; 0]);
    assert_eq!(world.user(), chosen);
}

#[test]
fn an_agents_name_is_the_same_in_capitals() {
    let agent = |name| format!("[[account.user]]\nlogin_name = \"{name}\"\npopulation = \"agent\"\n");
    let mut world = World::new();
    world.apply(&agent("bob"));
    assert_eq!(world.apply(&agent("BOB")).lines, ["~ agent 1/BOB: login_name \"bob\" -> \"BOB\""]);
}

#[test]
fn declared_secrets_of_a_key_are_compared_and_not_sealed_anew() {
    let key = |secret| {
        format!(
            "[[account.api_key]]\nname = \"A\"\nsecret = \"{secret}\"\naccess_token_secret = \"0123456789abcdef\"\n"
        )
    };
    let mut world = World::new();
    world.apply(&key("one-0123456789abcdef"));
    assert_eq!(world.apply(&key("one-0123456789abcdef")).lines, [""; 0]);
    assert_eq!(
        world.apply(&key("other-0123456789abcdef")).lines,
        ["~ api key 1/A: secret (another), access_token_secret (another)"]
    );
}
