mod busy;
mod refusals;

use std::path::Path;

use tempfile::TempDir;
use vestibule_crypto::{Argon2Params, Engine, OsRng, PasswordHasher, Sealer, SecretHasher};
use vestibule_model::{Millis, User};
use vestibule_store_sqlite::SqliteStore;

use super::*;

const NOW: Millis = Millis::from_unix(1_790_000_000_000);

/// A store of its own, and cheap hashes.
struct World {
    _folder: TempDir,
    store: SqliteStore,
    tools: Tools<'static>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = vestibule_crypto::MasterKey::generate(&OsRng);
        let tools = Tools {
            rng: &OsRng,
            now: NOW,
            hasher: PasswordHasher::new(Engine::Portable),
            params: Argon2Params { memory_kib: 8, iterations: 1, parallelism: 1 },
            sealer: Sealer::derive(&master),
            secrets: SecretHasher::derive(&master),
        };
        let store = SqliteStore::open(&folder.path().join("db"), master.check_value()).unwrap();
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
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

const ALICE: &str = "[[account.user]]\nlogin_name = \"alice\"\npassword = \"passw0rd\"\n";

fn alice(more: &str) -> String {
    format!("{ALICE}{more}\n")
}

const EVERYTHING: &str = r#"
code = "ONE"
number = 7
time_zone = "Europe/Athens"
features = ["User Type - Bot"]
password_policy = { history = 3 }
lockout_policy = { unlock = "by-administrator" }
session_policy = { concurrency = { many = { limit = 2, when-full = "refuse" } } }
[[account.profile]]
name = "Boss"
role = "administrator"
permissions = [2, 1]
[[account.group]]
id = -1
name = "Main Group"
[[account.group]]
name = "Inner"
parent = "Main Group"
[[account.skill]]
name = "sales"
[[account.service]]
name = "agentVep"
[[account.service]]
name = "msgHist"
base_uri = "history.example.com:8443"
[[account.api_key]]
name = "Bots"
privileges = ["user-login"]
addresses = ["10.0.0.0/8", "192.0.2.1"]
[[account.oauth_client]]
name = "Web"
[[account.user]]
login_name = "alice"
profiles = ["Boss"]
group = "Inner"
manager_of = ["Main Group"]
skills = ["sales"]
password = "passw0rd"
[[account.user]]
login_name = "Bob"
population = "agent"
[[account.user]]
login_name = "helper"
kind = "bot"
allowed_app_key = "Bots"
"#;

#[test]
fn everything_that_can_be_declared_is_made() {
    let mut world = World::new();
    let plan = world.apply(EVERYTHING);
    assert_eq!(
        plan.lines,
        [
            "+ account 1",
            "+ profile 1/Boss",
            "+ group 1/Main Group",
            "+ group 1/Inner",
            "+ skill 1/sales",
            "+ api key 1/Bots",
            "+ oauth client 1/Web",
            "+ user 1/alice",
            "+ agent 1/Bob",
            "+ user 1/helper",
        ]
    );
}

#[test]
fn a_second_time_changes_nothing() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    assert_eq!(world.apply(EVERYTHING).lines, [""; 0]);
}

#[test]
fn what_is_stored_is_what_was_declared() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let rows = world.rows();
    assert_eq!((rows.account.code.as_str(), rows.account.number), ("ONE", 7));
    assert_eq!(rows.account.password_policy.history, 3);
    assert_eq!(rows.account.password_policy.min_length, 8);
    assert_eq!(rows.profiles[0].permissions, [1, 2]);
    let inner = rows.groups.iter().find(|group| group.name == "Inner").unwrap();
    assert_eq!((inner.id, inner.parent), (1, Some(-1)));
    let alice = rows.users.iter().find(|user| user.login_name == "alice").unwrap();
    assert_eq!((alice.member_of, &alice.manager_of, &alice.skills), (Some(1), &vec![-1], &vec![1]));
    let helper = rows.users.iter().find(|user| user.login_name == "helper").unwrap();
    assert_eq!(helper.allowed_app_key.as_deref(), Some(rows.api_keys[0].app_key.as_str()));
}

#[test]
fn values_of_a_key_and_passwords_of_people_are_generated() {
    let plan = World::new().apply(EVERYTHING);
    let generated: Vec<String> =
        plan.generated.iter().map(|secret| format!("{} {}", secret.owner, secret.name)).collect();
    assert_eq!(
        generated,
        [
            "api key 1/Bots app_key",
            "api key 1/Bots secret",
            "api key 1/Bots access_token",
            "api key 1/Bots access_token_secret",
            "oauth client 1/Web client_id",
            "oauth client 1/Web secret",
            "agent 1/Bob password",
        ]
    );
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
    assert_eq!(plan.lines, ["~ user 1/alice: nickname, enabled"]);
}

#[test]
fn another_password_replaces_the_old_one() {
    let mut world = World::new();
    world.apply(ALICE);
    let before = world.user();
    let plan = world.apply("[[account.user]]\nlogin_name = \"alice\"\npassword = \"an0ther-one\"\n");
    assert_eq!(plan.lines, ["~ user 1/alice: password"]);
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
    assert_eq!(world.apply(&alice("locked = false")).lines, ["~ user 1/alice: locked"]);
}

#[test]
fn a_hash_is_taken_over_only_while_there_is_no_password() {
    let mut world = World::new();
    world.apply(ALICE);
    let hash = world.user().password.unwrap().hash;
    let carol = format!("[[account.user]]\nlogin_name = \"carol\"\npassword_hash = {hash:?}\n");
    assert_eq!(world.apply(&carol).lines, ["+ user 1/carol"]);
    let alice = format!("[[account.user]]\nlogin_name = \"alice\"\npassword_hash = {hash:?}\n");
    assert_eq!(world.apply(&alice).lines, [""; 0]);
}

#[test]
fn an_agents_name_is_the_same_in_capitals() {
    let agent = |name| format!("[[account.user]]\nlogin_name = \"{name}\"\npopulation = \"agent\"\n");
    let mut world = World::new();
    world.apply(&agent("bob"));
    assert_eq!(world.apply(&agent("BOB")).lines, ["~ agent 1/BOB: login_name"]);
}

#[test]
fn declared_secrets_of_a_key_are_compared_and_not_sealed_anew() {
    let key = |secret| {
        format!("[[account.api_key]]\nname = \"A\"\nsecret = \"{secret}\"\naccess_token_secret = \"t\"\n")
    };
    let mut world = World::new();
    world.apply(&key("s"));
    assert_eq!(world.apply(&key("s")).lines, [""; 0]);
    assert_eq!(world.apply(&key("other")).lines, ["~ api key 1/A: secrets"]);
}
