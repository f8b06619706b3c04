//! `vestibule gateway-rule …`

use serde_json::json;

use super::Operator;

#[test]
fn a_rule_is_made_changed_field_by_field_and_removed() {
    let operator = Operator::owner();
    let set = [
        "gateway-rule",
        "set",
        "reports",
        "--paths",
        "/v1/reports/*,/v1/exports/**",
        "--accounts",
        "12345678",
    ];
    let made = operator.json(&set);
    assert_eq!(
        (&made["name"], &made["paths"]),
        (&json!("reports"), &json!(["/v1/reports/*", "/v1/exports/**"]))
    );
    let set = [
        "gateway-rule",
        "set",
        "reports",
        "--minimum-rank",
        "manager",
        "--accounts",
        "none",
        "--privileges",
        "-1,7",
    ];
    let changed = operator.json(&set);
    assert_eq!((&changed["paths"], &changed["accounts"]), (&made["paths"], &json!([])));
    assert_eq!((&changed["minimum_rank"], &changed["privileges"]), (&json!("manager"), &json!([-1, 7])));
    let set = [
        "gateway-rule",
        "set",
        "reports",
        "--field",
        r#"applications=[{"kind":"none"}]"#,
        "--minimum-rank",
        "none",
    ];
    assert_eq!(operator.json(&set)["applications"], json!([{ "kind": "none" }]));
    assert_eq!(operator.json(&["gateway-rule", "show", "reports"])["minimum_rank"], json!(null));
    assert_eq!(operator.ask(&["gateway-rule", "remove", "reports"]), "removed gateway rule reports\n");
    assert_eq!(operator.run(&["gateway-rule", "show", "reports"]).code, Some(6));
}

#[test]
fn rules_are_listed_with_the_default_one() {
    let operator = Operator::owner();
    operator.ask(&[
        "gateway-rule",
        "set",
        "default",
        "--credentials",
        "cookie,bearer",
        "--refusals",
        "problem",
    ]);
    let listed = operator.json(&["gateway-rule", "list"]);
    assert_eq!(
        (&listed[0]["name"], &listed[0]["credentials"]),
        (&json!("default"), &json!(["cookie", "bearer"]))
    );
    operator.ask(&["gateway-rule", "delete", "default"]);
    assert_eq!(operator.json(&["gateway-rule", "show", "default"])["refusals"], "by-credential");
}

#[test]
fn a_pattern_that_matches_nothing_is_refused() {
    let operator = Operator::owner();
    let outcome = operator.run(&["gateway-rule", "set", "reports", "--paths", "/a/../b"]);
    assert!(outcome.code != Some(0) && outcome.err.contains("paths"), "{}", outcome.err);
}
