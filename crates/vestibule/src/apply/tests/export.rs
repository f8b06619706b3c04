//! What is exported is taken back: where it is from it changes nothing, and elsewhere it makes the same.

use vestibule_crypto::MasterKey;
use vestibule_model::{Group, PasswordCredential, Profile, SecretVersion};

use super::*;

impl World {
    fn exported(&self, with_secrets: bool) -> String {
        let check_values = self.tools.check_values.clone();
        let secrets = Secrets { sealer: &self.tools.sealer, check_values };
        let directory = block_on(self.store.directory()).unwrap();
        super::exported(&directory, with_secrets.then_some(&secrets)).unwrap().to_string()
    }

    pub(super) fn take(&mut self, text: &str) -> Result<Plan, String> {
        let declared = Declared::read(Path::new("e.toml"), text).map_err(|error| error.to_string())?;
        block_on(apply(&self.store, &mut self.tools, &declared, "e.toml"))
            .map_err(|error| format!("{error:#}"))
    }

    /// Everything that can be declared, a password with a history, somebody without one, and a lock.
    fn furnished(master: &MasterKey) -> Self {
        let mut world = Self::under(master);
        world.apply(EVERYTHING);
        world.apply("[[account.user]]\nlogin_name = \"alice\"\npassword = \"an0ther-0ne!\"\n");
        world.apply("[[account.user]]\nlogin_name = \"nobody\"\ngenerate_password = false\n");
        let bob = world.rows().users.into_iter().find(|user| user.login_name == "Bob").unwrap();
        let lock = Change::SetLock { user: bob.id, locked_at: Some(NOW) };
        block_on(world.store.commit(vec![lock])).unwrap();
        world
    }

    /// What an older version, or another program, may have stored.
    fn break_rules(&self) {
        let (rows, id) = (self.rows(), "1".parse().unwrap());
        let mut account = rows.account.clone();
        (account.number, account.session_policy.idle_seconds) = (-4, 0);
        let twin = Group { id: 77, name: "Inner".into(), parent: Some(1) };
        let profile = Profile { id: 78, name: String::new(), ..rows.profiles[0].clone() };
        let mut user = rows.users.into_iter().find(|user| user.login_name == "alice").unwrap();
        user.login_name = " alice\u{202e}".into();
        (user.profiles, user.member_of, user.manager_of) = (vec![1, 78, 99], Some(77), vec![1, 77, 98]);
        let changes = vec![
            Change::PutAccount(account.into()),
            Change::PutGroup(id, twin),
            Change::PutProfile(id, profile),
            Change::PutUser(user.into()),
        ];
        block_on(self.store.commit(changes)).unwrap();
    }
}

#[test]
fn an_export_changes_nothing_where_it_is_from() {
    for with_secrets in [false, true] {
        let mut world = World::furnished(&MasterKey::generate(&OsRng));
        let before = block_on(world.store.directory()).unwrap();
        let plan = world.take(&world.exported(with_secrets)).unwrap();
        assert!(plan.lines.is_empty() && plan.generated.is_empty(), "{:?}", plan.lines);
        assert_eq!(block_on(world.store.directory()).unwrap(), before);
    }
}

#[test]
fn nor_does_one_of_what_breaks_rules() {
    for with_secrets in [false, true] {
        let mut world = World::furnished(&MasterKey::generate(&OsRng));
        world.break_rules();
        let plan = world.take(&world.exported(with_secrets)).unwrap();
        assert!(plan.lines.is_empty() && plan.generated.is_empty(), "{:?}", plan.lines);
    }
}

#[test]
fn an_export_with_secrets_makes_the_same_in_an_empty_directory() {
    let master = MasterKey::generate(&OsRng);
    let there = World::furnished(&master);
    let mut here = World::under(&master);
    let plan = here.take(&there.exported(true)).unwrap();
    assert!(plan.generated.is_empty());
    assert_eq!(here.comparable(), there.comparable());
}

impl World {
    /// Everything, without what counts changes and with secrets as they are in clear.
    fn comparable(&self) -> (AccountRows, Vec<[Vec<u8>; 2]>) {
        let mut rows = self.rows();
        let open = |key| {
            let [secret, token_secret] = vestibule_auth::open_api_key(&self.tools.sealer, key).unwrap();
            [secret.to_vec(), token_secret.to_vec()]
        };
        let secrets = rows.api_keys.iter().map(open).collect();
        for key in &mut rows.api_keys {
            (key.sealed_secret, key.sealed_access_token_secret) = Default::default();
            key.secret_version = SecretVersion::default();
        }
        for own in &mut rows.connections {
            let sealed = own.clone();
            for (which, secret) in own.seals_mut() {
                let opened = vestibule_auth::open_connection_secret(&self.tools.sealer, &sealed, which);
                *secret = opened.unwrap().unwrap().to_vec();
            }
        }
        rows.users.iter_mut().for_each(|user| user.credential_version = 1);
        (rows, secrets)
    }
}

/// The administrators' account with these users, whose ids and pids are chosen.
fn administrators(users: &[&str]) -> World {
    let mut world = World::new();
    let users = users.iter().map(|name| {
        format!("[[account.user]]\nlogin_name = \"{name}\"\npassword = \"s0me-long-passw0rd\"\n")
    });
    let file = format!("[[account]]\nid = \"administrators\"\n{}", users.collect::<String>());
    world.take(&file).unwrap();
    world
}

#[test]
fn administrators_who_are_there_already_stay_who_they_are() {
    for with_secrets in [false, true] {
        let there = administrators(&["ben", "admin"]);
        let mut here = administrators(&["admin"]);
        let admin = here.user();
        here.take(&there.exported(with_secrets)).unwrap();
        let mut users = here.rows().users;
        users.sort_by_key(|user| user.number);
        let numbers: Vec<_> = users.iter().map(|user| (user.login_name.as_str(), user.number)).collect();
        assert_eq!(numbers, [("admin", 1), ("ben", 2)]);
        assert_eq!(users[0], admin);
        assert_eq!(here.take(&there.exported(with_secrets)).unwrap().lines, [""; 0], "nor a second time");
    }
}

#[test]
fn an_administrator_is_removed_by_the_id_that_is_declared_and_by_no_name_beside_it() {
    let mut world = administrators(&["ben"]);
    let file = "[[account]]\nid = \"administrators\"\n[[account.user]]\nid = 1\nlogin_name = \"ben\"\nremoved = true\n";
    assert_eq!(world.take(file).unwrap().lines, [""; 0]);
}

#[test]
fn the_password_and_those_before_it_come_along() {
    let master = MasterKey::generate(&OsRng);
    let there = World::furnished(&master);
    let mut here = World::under(&master);
    here.take(&there.exported(true)).unwrap();
    let password = |world: &World| -> PasswordCredential {
        let users = world.rows().users;
        users.into_iter().find(|user| user.login_name == "alice").unwrap().password.unwrap()
    };
    assert_eq!(password(&here), password(&there));
    assert_eq!(password(&here).history.len(), 1);
}

#[test]
fn a5_an_export_without_secrets_has_none() {
    let world = World::furnished(&MasterKey::generate(&OsRng));
    let (text, rows) = (world.exported(false), world.rows());
    assert!(!text.contains("argon2") && !text.contains("digest") && !text.contains("secret"), "{text}");
    assert!(!text.contains(&rows.api_keys[0].access_token), "{text}");
}

#[test]
fn digests_of_another_master_key_are_refused() {
    let there = World::furnished(&MasterKey::generate(&OsRng));
    let refusal = World::new().take(&there.exported(true)).err().unwrap();
    assert!(refusal.contains(": secret_digest: it was made under another master key"), "{refusal}");
}

#[test]
fn the_fields_of_a_thing_stand_in_the_order_in_which_people_look_for_them() {
    let text = World::furnished(&MasterKey::generate(&OsRng)).exported(false);
    assert!(text.starts_with("[[account]]\nid = \"1\"\ncode = \"ONE\"\nnumber = 7\n"), "{text}");
}

#[test]
fn an_id_that_is_declared_is_that_of_what_is_made() {
    let mut world = World::new();
    world.apply(&alice("id = 4711\nnumber = 12\npid = \"00000000-0000-0000-0000-00000000002a\""));
    let user = world.user();
    assert_eq!((user.id.0, user.number, user.pid.as_u128()), (4711, 12, 42));
    let refusal = world.refusal(&alice("number = 13"));
    assert!(refusal.contains("user 1/alice: number: a user's number does not change"), "{refusal}");
}

#[test]
fn a_key_that_has_the_name_of_a_bots_lost_key_is_not_given_to_it() {
    let mut world = World::new();
    let key = |app_key, name| format!("[[account.api_key]]\napp_key = \"{app_key}\"\nname = \"{name}\"\n");
    world.apply(
        &(key("A", "first")
            + "[[account.user]]\nlogin_name = \"bot\"\nkind = \"bot\"\nallowed_app_key = \"A\"\n"),
    );
    world.apply(&format!("{}removed = true\n{}", key("A", "first"), key("B", "A")));
    let plan = world.take(&world.exported(false)).unwrap();
    assert_eq!(plan.lines, [""; 0]);
}

#[test]
fn where_there_was_nothing_generated_passwords_have_to_be_changed() {
    let there = World::furnished(&MasterKey::generate(&OsRng));
    let mut here = World::new();
    here.take(&there.exported(false)).unwrap();
    let alice = here.rows().users.into_iter().find(|user| user.login_name == "alice").unwrap();
    assert!(alice.must_change_password);
}

#[test]
fn a_lock_from_tomorrow_is_refused() {
    let refusal = World::new().refusal(&alice("locked_since = 2999-01-01T00:00:00Z"));
    assert!(refusal.contains("user 1/alice: locked_since: this lies in the future"), "{refusal}");
}

#[test]
fn what_bots_are_tied_to_does_not_change() {
    let mut world = World::new();
    world.apply("[[account.api_key]]\nid = 5\nname = \"k\"\napp_key = \"A\"\n[[account.oauth_client]]\nid = 6\nname = \"c\"\nclient_id = \"C\"\n");
    let refusal = world.refusal("[[account.api_key]]\nid = 5\nname = \"k\"\napp_key = \"B\"\n");
    assert!(refusal.contains("api key 1/k: app_key: this does not change"), "{refusal}");
    let refusal = world.refusal("[[account.oauth_client]]\nid = 6\nname = \"c\"\nclient_id = \"D\"\n");
    assert!(refusal.contains("oauth client 1/c: client_id: this does not change"), "{refusal}");
}
