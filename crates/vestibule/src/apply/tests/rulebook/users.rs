//! Rules of users.

use vestibule_testkit::Key;

use super::*;

/// The id of the fixture's user `name`, and of its bot.
const NAME: &str = "users/3705342601";
const BOT: &str = "users/3705342602";

pub(super) fn lines() -> Vec<Line> {
    let named = |name: &str, more: &str| format!("[[account.user]]\nlogin_name = {name:?}\n{more}\n");
    let made = |rule, name: &str| Line::post(rule, "users", json!({ "login_name": name }), named(name, ""));
    let own = |rule, body, more: &str| Line::patch(rule, NAME, body, named("name", more));
    let bot = |rule, body, more: &str| Line::patch(rule, BOT, body, named("bot", more));
    let taken = "[[account.user]]\nid = 3705342602\nlogin_name = \"name\"\n";
    let mut lines = vec![
        made(Rule::LoginNameLength, ""),
        made(Rule::LoginNameLength, &"x".repeat(255)),
        made(Rule::LoginNameCharacters, " jane "),
        Line::post(
            Rule::LoginNameCharacters,
            "users",
            json!({ "login_name": "a\u{0}b" }),
            "[[account.user]]\nlogin_name = \"a\\u0000b\"\n",
        ),
        Line::patch(Rule::LoginNameTaken, BOT, json!({ "login_name": "name" }), taken),
        own(Rule::FullName, json!({ "full_name": "a\nb" }), "full_name = \"a\\nb\""),
        own(Rule::Nickname, json!({ "nickname": "a\u{200b}" }), "nickname = \"a\\u200b\""),
        own(
            Rule::Email,
            json!({ "email": "x".repeat(1_001) }),
            &format!("email = \"{}\"", "x".repeat(1_001)),
        ),
        own(Rule::MaxChats, json!({ "max_chats": -1 }), "max_chats = -1"),
        own(Rule::MaxAsyncChats, json!({ "max_async_chats": -1 }), "max_async_chats = -1"),
        own(
            Rule::KeyOfNoBot,
            json!({ "allowed_app_key": Key::BOT.app_key }),
            &format!("allowed_app_key = {:?}", Key::BOT.app_key),
        ),
        bot(Rule::AllowedKeyMissing, json!({ "allowed_app_key": "none" }), "allowed_app_key = \"none\""),
        Line::post(Rule::UserNumbers, "users", json!({ "login_name": "x" }), named("x", "")).within(USED_UP),
    ];
    lines.extend([
        own(Rule::ProfileMissing, json!({ "profiles": [99] }), "profiles = [99]"),
        own(Rule::SkillMissing, json!({ "skills": [99] }), "skills = [99]"),
        own(Rule::ManagedGroupMissing, json!({ "manager_of": [99] }), "manager_of = [99]"),
        own(Rule::GroupMissing, json!({ "member_of": 99 }), "group = 99"),
    ]);
    lines.extend(passwords());
    lines
}

fn passwords() -> Vec<Line> {
    let set = |rule, user: &str, name: &str, password: &str| {
        let file = format!("[[account.user]]\nlogin_name = {name:?}\npassword = {password:?}\n");
        let line = Line::post(rule, &format!("{user}/password"), json!({ "password": password }), file);
        Line { method: Method::PUT, ..line }
    };
    vec![
        set(Rule::PasswordOfBot, BOT, "bot", "passw0rd-1"),
        set(Rule::PasswordPolicy, NAME, "name", "short1"),
        set(Rule::PasswordPolicy, NAME, "name", &"long1".repeat(300)),
    ]
}
