//! Rules of what is taken away.

use super::*;

pub(super) fn lines(scene: &Scene) -> Vec<Line> {
    let gone = |kind: &str, name: &str| format!("[[account.{kind}]]\nname = {name:?}\nremoved = true\n");
    let owner = "[[account.user]]\nlogin_name = \"admin\"\nremoved = true\n";
    vec![
        Line::delete(Rule::ProfileInUse, "profiles/2", gone("profile", "Agent")),
        Line::delete(Rule::GroupInUse, "groups/-1", gone("group", "Main Group")),
        Line::delete(Rule::SkillInUse, "skills/1", gone("skill", "sales")),
        Line::delete(Rule::AdministratorsAccount, "", "removed = true\n").within(vestibule_auth::HOME),
        Line::delete(Rule::OwnerLeft, &format!("users/{}", scene.owner), owner).within(vestibule_auth::HOME),
    ]
}
