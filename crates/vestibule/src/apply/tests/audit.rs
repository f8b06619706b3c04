//! What the audit tells of an application: who did it, what changed, and no secret.

use vestibule_model::{AuditAction, AuditRecord, Means, TargetKind};
use vestibule_store::{AuditOrder, AuditQuery};

use super::*;

impl World {
    pub(super) fn audit(&self) -> Vec<AuditRecord> {
        let query = AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..AuditQuery::default() };
        let page = block_on(self.store.audit(query)).unwrap();
        page.entries.into_iter().map(|entry| entry.record).collect()
    }
}

#[test]
fn every_new_thing_has_an_entry_by_whoever_applied() {
    let mut world = World::new();
    let plan = world.apply(EVERYTHING);
    let audit = world.audit();
    assert_eq!(audit.len(), plan.lines.len());
    assert!(audit.iter().all(|entry| entry.action == AuditAction::Created && entry.before.is_none()));
    let actor = Actor::CommandLine { name: "uid 1000".into() };
    assert!(audit.iter().all(|entry| (&entry.actor, entry.means) == (&actor, Means::CommandLine)));
}

#[test]
fn a_change_is_told_with_the_fields_that_changed() {
    let mut world = World::new();
    world.apply(&alice(""));
    world.apply(&alice("enabled = false"));
    let entry = world.audit().pop().unwrap();
    assert_eq!(entry.action, AuditAction::Changed);
    assert_eq!(entry.user, Some(world.user().id));
    assert_eq!(entry.target.unwrap().kind, TargetKind::User);
    assert_eq!(entry.before.as_deref(), Some("{\"enabled\":true}"));
    assert_eq!(entry.after.as_deref(), Some("{\"enabled\":false}"));
}

/// What a user is after it.
const TAKEN_AWAY: &str = "{\"recovery_codes\":null,\"second_factor\":\"removed\"}";

#[test]
fn a_second_factor_that_is_taken_away_is_told_as_everywhere() {
    let mut world = World::new();
    world.apply(ALICE);
    world.set_second_factor();
    world.apply(&alice("second_factor = false"));
    let entry = world.audit().pop().unwrap();
    assert_eq!((entry.action, entry.user), (AuditAction::SecondFactorRemoved, Some(world.user().id)));
    assert_eq!(entry.before.as_deref(), Some("{\"recovery_codes\":3}"));
    assert_eq!(entry.after.as_deref(), Some(TAKEN_AWAY));
}

#[test]
fn what_is_changed_besides_a_second_factor_is_told_for_itself() {
    let mut world = World::new();
    world.apply(ALICE);
    world.set_second_factor();
    let before = world.audit().len();
    world.apply(&alice("second_factor = false\nenabled = false"));
    let entries = world.audit().split_off(before).into_iter();
    let told: Vec<_> = entries.map(|entry| (entry.action, entry.after.unwrap())).collect();
    let disabled = "{\"enabled\":false}".to_owned();
    let removed = (AuditAction::SecondFactorRemoved, TAKEN_AWAY.to_owned());
    assert_eq!(told, [removed, (AuditAction::Changed, disabled)]);
}

#[test]
fn what_changes_nothing_tells_nothing() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let before = world.audit().len();
    world.apply(EVERYTHING);
    assert_eq!(world.audit().len(), before);
}

#[test]
fn a5_no_password_key_or_hash_is_in_the_audit() {
    let mut world = World::new();
    let plan = world.apply(EVERYTHING);
    world.apply("[[account.user]]\nlogin_name = \"alice\"\npassword = \"an0ther-secret\"\n");
    let text = format!("{:?}", world.audit());
    let hashes =
        world.rows().users.into_iter().filter_map(|user| user.password).map(|password| password.hash);
    let mut secrets: Vec<String> = hashes.chain(["an0ther-secret".to_owned()]).collect();
    let shown = plan.generated.iter().filter(|secret| secret.name != "app_key" && secret.name != "client_id");
    secrets.extend(shown.map(|secret| secret.value.clone()));
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} is in the audit");
    }
}
