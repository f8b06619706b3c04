//! Rules of a gateway's rules, which are of no account. The one that is changed is called as the account of the fixture.

use super::*;

pub(super) fn lines() -> Vec<Line> {
    let networks: Vec<i32> = (0..1_001).collect();
    let accounts: Vec<String> = networks.iter().map(|number| format!("a{number}")).collect();
    let application = |id: i32| json!({ "kind": "api-key", "id": id });
    let applications: Vec<Value> = networks.iter().map(|number| application(number + 1)).collect();
    let of_file = |id: i32| format!("{{ kind = \"api-key\", id = {id} }}");
    let of_file =
        |ids: Vec<i32>| format!("[{}]", ids.into_iter().map(of_file).collect::<Vec<_>>().join(", "));
    let paths: Vec<String> = networks[..101].iter().map(|number| format!("/{number}")).collect();
    let changed =
        |rule, field: &str, value: Value, file: String| put(rule, HERE, json!({ field: value }), &file);
    vec![
        put(Rule::GatewayRuleName, &format!("{HERE}_"), json!({}), ""),
        put(Rule::GatewayRuleCount, &format!("{HERE}-new"), json!({}), ""),
        changed(Rule::GatewayCredentialMissing, "credentials", json!([]), "credentials = []".into()),
        put(
            Rule::GatewayCredentialsOfNoUser,
            HERE,
            json!({ "credentials": ["signature", "client-token"], "minimum_rank": "manager" }),
            "credentials = [\"signature\", \"client-token\"]\nminimum_rank = \"manager\"",
        ),
        changed(
            Rule::GatewayRedirectWithoutPage,
            "refusals",
            json!("redirect"),
            "refusals = \"redirect\"".into(),
        ),
        changed(Rule::GatewayAccountCount, "accounts", json!(accounts), format!("accounts = {accounts:?}")),
        changed(
            Rule::GatewayAccountMissing,
            "accounts",
            json!([HERE, "gone"]),
            format!("accounts = [{HERE:?}, \"gone\"]"),
        ),
        changed(
            Rule::GatewayPrivilegeCount,
            "privileges",
            json!(networks),
            format!("privileges = {networks:?}"),
        ),
        changed(
            Rule::GatewayApplicationCount,
            "applications",
            json!(applications),
            format!("applications = {}", of_file((1..=1_001).collect())),
        ),
        changed(
            Rule::GatewayApplicationMissing,
            "applications",
            json!([application(77)]),
            format!("applications = {}", of_file(vec![77])),
        ),
        changed(Rule::GatewayPathCount, "paths", json!(paths), format!("paths = {paths:?}")),
        changed(Rule::GatewayPath, "paths", json!(["/a", "/a/../b"]), "paths = [\"/a\", \"/a/../b\"]".into()),
        changed(Rule::GatewayPath, "paths", json!(["/%61"]), "paths = [\"/%61\"]".into()),
    ]
}

fn put(rule: Rule, name: &str, body: Value, more: &str) -> Line {
    let file = format!("[[gateway_rule]]\nname = {name:?}\n{more}\n");
    Line { method: Method::PUT, path: format!("/gateway-rules/{name}"), ..Line::post(rule, "", body, file) }
}
