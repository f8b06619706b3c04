//! What a file marks as removed goes, with its sessions; what it does not name stays.

use vestibule_model::{Administrator, AdministratorRole, AuditAction, Clock};
use vestibule_testkit::TestServer;

use super::*;

const GONE: &str = "removed = true\n";

#[test]
fn what_is_removed_is_gone_and_what_is_not_named_stays() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let plan = world.apply(&format!(
        "[[account.user]]\nlogin_name = \"helper\"\n{GONE}[[account.api_key]]\nname = \"Bots\"\n{GONE}\
         [[account.service]]\nname = \"agentVep\"\n{GONE}"
    ));
    let changed = "~ account 1: services [{\"base_uri\":null,\"name\":\"agentVep\"},{\"base_uri\":\"history.example.com:8443\",\"nam… -> [{\"base_uri\":\"history.example.com:8443\",\"name\":\"msgHist\"}]";
    assert_eq!(plan.lines, ["- user 1/helper", "- api key 1/Bots", changed]);
    let rows = world.rows();
    let names: Vec<&str> = rows.users.iter().map(|user| user.login_name.as_str()).collect();
    assert!(names.contains(&"alice") && names.contains(&"Bob") && !names.contains(&"helper"), "{names:?}");
    assert_eq!((rows.api_keys.len(), rows.oauth_clients.len(), rows.account.services.len()), (0, 2, 1));
}

#[test]
fn what_is_removed_and_not_there_changes_nothing() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let nobody =
        format!("[[account.user]]\nlogin_name = \"nobody\"\n{GONE}[[account.skill]]\nname = \"no\"\n{GONE}");
    assert_eq!(world.apply(&nobody).lines, [""; 0]);
    assert_eq!(world.try_apply("[[account]]\nid = \"2\"\nremoved = true\n").unwrap().lines, [""; 0]);
}

#[test]
fn an_account_goes_with_everything_in_it() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    assert_eq!(world.apply(GONE).lines, ["- account 1"]);
    assert!(block_on(world.store.directory()).unwrap().accounts.is_empty());
}

#[test]
fn what_stays_may_have_the_name_of_what_goes() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let bob = world.rows().users.into_iter().find(|user| user.login_name == "Bob").unwrap().id;
    let group = world.rows().groups.into_iter().find(|group| group.name == "Inner").unwrap().id;
    world.apply(&format!(
        "[[account.user]]\nlogin_name = \"alice\"\n{GONE}[[account.group]]\nname = \"Main Group\"\n{GONE}\
         [[account.group]]\nid = {group}\nname = \"Main Group\"\nparent = \"\"\n\
         [[account.user]]\nid = {}\npopulation = \"agent\"\nlogin_name = \"alice\"\n",
        bob.0
    ));
    let rows = world.rows();
    let alice = rows.users.iter().find(|user| user.login_name == "alice").unwrap();
    assert_eq!((alice.id, rows.groups.len(), rows.groups[0].id), (bob, 1, group));
}

#[test]
fn what_is_made_beside_the_newest_that_is_removed_has_an_id_of_its_own() {
    for kind in ["profile", "group", "skill"] {
        let mut world = World::new();
        let entry = |name: &str, more: &str| format!("[[account.{kind}]]\nname = \"{name}\"\n{more}");
        world.apply(&entry("old", ""));
        let plan = world.apply(&(entry("old", GONE) + &entry("new", "")));
        assert_eq!(plan.lines, [format!("- {kind} 1/old"), format!("+ {kind} 1/new")]);
    }
}

#[test]
fn what_is_removed_cannot_be_declared_as_well() {
    let mut world = World::new();
    world.apply(ALICE);
    let both = format!("{ALICE}[[account.user]]\nlogin_name = \"alice\"\n{GONE}");
    let refusal = world.refusal(&both);
    assert!(refusal.contains("user 1/alice: name: declared twice"), "{refusal}");
}

#[test]
fn a_removal_is_in_the_audit_with_what_was_there_and_no_secret() {
    let mut world = World::new();
    world.apply(ALICE);
    let hash = world.user().password.unwrap().hash;
    world.apply(&alice(GONE));
    let entry = world.audit().pop().unwrap();
    assert_eq!((entry.action, entry.after), (AuditAction::Deleted, None));
    let before = entry.before.unwrap();
    assert!(before.contains("\"login_name\":\"alice\"") && !before.contains(&hash), "{before}");
}

#[test]
fn that_no_owner_may_log_in_is_found_whoever_else_administers() {
    let mut world = World::new();
    let users = "[[account.user]]\nid = 1\nlogin_name = \"auditor\"\n[[account.user]]\nid = 2\nlogin_name = \"owner\"\n";
    let home = |more: &str| format!("[[account]]\nid = \"{HOME}\"\n{users}{more}");
    world.take(&home("")).unwrap();
    let role =
        |user, role| Change::PutAdministrator(Administrator { user: vestibule_model::UserId(user), role });
    let roles = vec![role(1, AdministratorRole::Auditor(None)), role(2, AdministratorRole::Owner)];
    block_on(world.store.commit(roles)).unwrap();
    assert!(world.broken().is_empty());
    let mut owner = world.rows().users.into_iter().find(|user| user.id.0 == 2).unwrap();
    owner.enabled = false;
    block_on(world.store.commit(vec![Change::PutUser(owner.into())])).unwrap();
    let found = world.broken();
    assert_eq!(found[0].problem.rule, Some(vestibule_auth::Rule::OwnerLeft));
}

#[test]
fn a_removed_users_sessions_end() {
    block_on(async {
        let server = TestServer::start().await;
        let session = server.session().await;
        let store = server.store_of_another_process();
        let mut tools = rulebook::tools(server.master(), server.clock.now());
        let text = format!("[[account]]\nid = \"12345678\"\n[[account.user]]\nlogin_name = \"name\"\n{GONE}");
        let declared = Declared::read(Path::new("a.toml"), &text).unwrap();
        apply(&*store, &mut tools, &declared, "a.toml").await.unwrap();
        server.auth.follow().await.unwrap();
        assert_eq!(server.refresh(&session).await, 401);
    });
}
