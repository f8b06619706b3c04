//! Rules of profiles, groups and skills.

use super::*;

pub(super) fn lines() -> Vec<Line> {
    let mut lines = same(
        "profile",
        [
            Rule::ProfileNameLength,
            Rule::ProfileNameCharacters,
            Rule::ProfileNameTaken,
            Rule::ProfileId,
            Rule::ProfileIds,
            Rule::ProfileCount,
        ],
        "Administrator",
    );
    lines.extend(same(
        "group",
        [
            Rule::GroupNameLength,
            Rule::GroupNameCharacters,
            Rule::GroupNameTaken,
            Rule::GroupId,
            Rule::GroupIds,
            Rule::GroupCount,
        ],
        "Main Group",
    ));
    lines.extend(same(
        "skill",
        [
            Rule::SkillNameLength,
            Rule::SkillNameCharacters,
            Rule::SkillNameTaken,
            Rule::SkillId,
            Rule::SkillIds,
            Rule::SkillCount,
        ],
        "sales",
    ));
    let many: Vec<i32> = (0..10_001).collect();
    lines.push(Line::post(
        Rule::ProfilePermissions,
        "profiles",
        json!({ "name": "many", "permissions": many }),
        format!("[[account.profile]]\nname = \"many\"\npermissions = {many:?}\n"),
    ));
    lines.extend(parents());
    lines
}

/// The rules that are the same for the three kinds.
fn same(kind: &str, [length, characters, taken, id, ids, count]: [Rule; 6], present: &str) -> Vec<Line> {
    let path = format!("{kind}s");
    let declared = |more: &str| format!("[[account.{kind}]]\n{more}\n");
    let made = |rule, body, more: &str| Line::post(rule, &path, body, declared(more));
    let beyond = 1_i64 << 53;
    vec![
        made(length, json!({ "name": "" }), "name = \"\""),
        made(characters, json!({ "name": "a " }), "name = \"a \""),
        made(taken, json!({ "name": present }), &format!("id = 77\nname = {present:?}")),
        made(id, json!({ "id": beyond, "name": "a" }), &format!("id = {beyond}\nname = \"a\"")),
        made(ids, json!({ "name": "a" }), "name = \"a\"").within(USED_UP),
        made(count, json!({ "name": "a" }), "name = \"a\"").within(FULL),
    ]
}

fn parents() -> Vec<Line> {
    let above = |parent: &str| format!("[[account.group]]\nname = \"Main Group\"\nparent = {parent}\n");
    vec![
        Line::patch(Rule::GroupParentMissing, "groups/-1", json!({ "parent": 99 }), above("99")),
        Line::patch(Rule::GroupAboveItself, "groups/-1", json!({ "parent": 5 }), above("\"Inner\"")),
        Line::patch(Rule::GroupAboveItself, "groups/-1", json!({ "parent": -1 }), above("-1")),
    ]
}
