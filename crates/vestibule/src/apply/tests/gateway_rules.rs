//! Rules of the gate in a file.

use vestibule_model::{AuditAction, GatewayRule, GatewayRuleSettings, Rank};

use super::*;

const REPORTS: &str = r#"[[gateway_rule]]
name = "reports"
credentials = ["cookie", "bearer"]
accounts = ["1"]
privileges = [7]
minimum_rank = "manager"
user_kinds = ["human"]
populations = ["agent"]
applications = [{ kind = "none" }, { kind = "api-key", id = 5 }]
paths = ["/v1/reports/**"]
refusals = "problem"
identity_headers = ["user", "skills"]
application_addresses = true
"#;

const KEY: &str = "[[account.api_key]]\nid = 5\nname = \"Bots\"\n";

impl World {
    fn rules(&self) -> Vec<GatewayRule> {
        block_on(self.store.directory()).unwrap().gateway_rules
    }
}

#[test]
fn a_rule_is_made_as_it_is_declared_and_once() {
    let mut world = World::new();
    let plan = world.apply(&format!("{KEY}{REPORTS}"));
    assert!(plan.lines.contains(&"+ gateway rule reports".to_owned()), "{:?}", plan.lines);
    let [rule] = &world.rules()[..] else { panic!("one rule") };
    let GatewayRuleSettings { minimum_rank, paths, applications, .. } = &rule.settings;
    assert_eq!(
        (*minimum_rank, &paths[..], applications.len()),
        (Some(Rank::Manager), &["/v1/reports/**".to_owned()][..], 2)
    );
    assert_eq!(world.apply(&format!("{KEY}{REPORTS}")).lines, [""; 0]);
}

#[test]
fn what_is_left_out_of_a_rule_keeps_its_value() {
    let mut world = World::new();
    world.apply(&format!("{KEY}{REPORTS}"));
    let plan =
        world.apply("[[gateway_rule]]\nname = \"reports\"\nminimum_rank = \"\"\nprivileges = [7, 8, 7]\n");
    assert_eq!(
        plan.lines,
        [r#"~ gateway rule reports: minimum_rank "manager" -> none, privileges [7] -> [7,8]"#]
    );
    let settings = world.rules().remove(0).settings;
    assert_eq!((settings.minimum_rank, settings.accounts.len()), (None, 1));
}

#[test]
fn a_rule_is_removed_and_told() {
    let mut world = World::new();
    world.apply(&format!("{KEY}{REPORTS}"));
    let removed = "[[gateway_rule]]\nname = \"reports\"\nremoved = true\n";
    assert_eq!(world.apply(removed).lines, ["- gateway rule reports"]);
    assert!(world.rules().is_empty() && world.apply(removed).lines.is_empty());
    let query = vestibule_store::AuditQuery { limit: 9, ..Default::default() };
    let entries = block_on(world.store.audit(query)).unwrap().entries;
    let told = entries.iter().filter_map(|entry| entry.record.target.as_ref());
    assert_eq!(told.filter(|target| target.id == "reports").count(), 2);
}

/// As the administration API tells it.
#[test]
fn the_rule_that_there_always_is_changes_and_neither_comes_nor_goes() {
    let mut world = World::new();
    world.apply(KEY);
    let set = "[[gateway_rule]]\nname = \"default\"\nuser_kinds = [\"bot\"]\n";
    let removed = "[[gateway_rule]]\nname = \"default\"\nremoved = true\n";
    for file in [set, removed] {
        let plan = world.apply(file);
        assert!(
            plan.lines.len() == 1 && plan.lines[0].starts_with("~ gateway rule default: user_kinds"),
            "{:?}",
            plan.lines
        );
        assert!(world.apply(file).lines.is_empty());
    }
    assert!(world.rules().is_empty());
    let query = vestibule_store::AuditQuery { limit: 9, ..Default::default() };
    let entries = block_on(world.store.audit(query)).unwrap().entries;
    let told =
        entries.iter().filter(|entry| entry.record.target.as_ref().is_some_and(|it| it.id == "default"));
    let actions: Vec<AuditAction> = told.map(|entry| entry.record.action).collect();
    assert_eq!(actions, [AuditAction::Changed, AuditAction::Changed]);
}

#[test]
fn a_rule_may_name_what_the_same_file_makes_and_nothing_that_is_not_there() {
    let mut world = World::new();
    let refusal = world.refusal(REPORTS);
    assert!(refusal.contains("gateway rule reports: applications: there is none with the id 5"), "{refusal}");
    assert!(world.refusal(&REPORTS.replace("\"1\"", "\"2\"")).contains("gateway rule reports: accounts"));
    let twice = format!("{REPORTS}{REPORTS}");
    assert!(world.refusal(&twice).contains("gateway rule reports: name: declared twice"));
}

#[test]
fn a_stored_rule_that_names_what_is_gone_is_told() {
    let mut world = World::new();
    world.apply(&format!("{KEY}{REPORTS}"));
    world.apply("[[account.api_key]]\nname = \"Bots\"\nremoved = true\n");
    let [broken] = &world.broken()[..] else { panic!("{:?}", world.broken()) };
    assert_eq!(broken.problem.place, "gateway rule reports: applications");
}
