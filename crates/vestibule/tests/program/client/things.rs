//! `vestibule profile|group|skill|key|client|token …`

use serde_json::json;

use super::Operator;

#[test]
fn a_profile_is_made_changed_by_its_name_and_removed() {
    let operator = Operator::owner();
    let create = [
        "profile",
        "create",
        "12345678",
        "Supervisor",
        "--role",
        "agent-manager",
        "--permissions",
        "100,101",
    ];
    let made = operator.json(&create);
    assert_eq!((&made["role"], &made["permissions"]), (&json!("agent-manager"), &json!([100, 101])));
    let set = ["profile", "set", "12345678", "Supervisor", "--name", "Boss", "--permissions", "none"];
    assert_eq!(operator.ask(&set), "changed profile Supervisor\n");
    let shown = operator.json(&["profile", "show", "12345678", "Boss"]);
    assert_eq!((&shown["id"], &shown["permissions"]), (&made["id"], &json!([])));
    assert_eq!(operator.ask(&["profile", "remove", "12345678", "Boss"]), "removed profile Boss\n");
    assert_eq!(operator.run(&["profile", "show", "12345678", "Boss"]).code, Some(6));
}

#[test]
fn permissions_that_are_no_numbers_are_wrong_arguments() {
    let operator = Operator::owner();
    let outcome = operator.run(&["profile", "create", "12345678", "Supervisor", "--permissions", "all"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--permissions"), "{}", outcome.err);
}

#[test]
fn a_group_has_one_above_it_by_name_by_a_negative_id_or_none() {
    let operator = Operator::owner();
    let made = operator.json(&["group", "add", "12345678", "East", "--parent", "Main Group"]);
    assert_eq!(made["parent"], -1);
    assert_eq!(
        operator.json(&["group", "set", "12345678", "East", "--parent", "none"])["parent"],
        json!(null)
    );
    assert_eq!(operator.json(&["group", "set", "12345678", "East", "--parent", "-1"])["parent"], -1);
    assert_eq!(operator.json(&["group", "show", "12345678", "-1"])["name"], "Main Group");
}

#[test]
fn a_user_is_given_profiles_skills_and_groups_by_name() {
    let operator = Operator::owner();
    let skill = operator.json(&["skill", "add", "12345678", "sales"])["id"].clone();
    let add = [
        "user",
        "add",
        "12345678",
        "jane",
        "--skill",
        "sales",
        "--profile",
        "Agent",
        "--group",
        "Main Group",
    ];
    let user = operator.json(&[&add[..], &["--manages", "-1"]].concat());
    assert_eq!((&user["skills"], &user["member_of"]), (&json!([skill]), &json!(-1)));
    assert_eq!((&user["profiles"], &user["manager_of"]), (&json!([2]), &json!([-1])));
    let user = operator.json(&["user", "set", "12345678", "jane", "--skill", "none", "--group", "none"]);
    assert_eq!(
        (&user["skills"], &user["member_of"], &user["profiles"]),
        (&json!([]), &json!(null), &json!([2]))
    );
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let operator = Operator::owner();
    let outcome = operator.run(&["user", "set", "12345678", "name", "--skill", "flying"]);
    assert_eq!(outcome.code, Some(6));
    assert_eq!(outcome.err, "vestibule: there is no skill called \"flying\"\n");
}
