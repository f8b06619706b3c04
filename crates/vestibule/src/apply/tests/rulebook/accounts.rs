//! Rules of accounts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The id of one of the clients of [`FULL`].
const OF_CLIENT: &str = "client_1";

pub(super) fn lines(scene: &Scene) -> Vec<Line> {
    let own = |rule, body, file: &str| Line::patch(rule, "", body, file);
    let long = "x".repeat(255);
    let mut lines = vec![
        own(Rule::AccountCodeLength, json!({ "code": "" }), "code = \"\"\n"),
        own(Rule::AccountCodeLength, json!({ "code": long }), &format!("code = \"{long}\"\n")),
        own(Rule::AccountCodeCharacters, json!({ "code": " ONE" }), "code = \" ONE\"\n"),
        own(Rule::AccountCodeTaken, json!({ "code": "OTHER" }), "code = \"OTHER\"\n"),
        own(Rule::AccountNumberNegative, json!({ "number": -4 }), "number = -4\n"),
        own(Rule::AccountNumberTaken, json!({ "number": 568 }), "number = 568\n"),
        own(Rule::TimeZone, json!({ "time_zone": "Europe/Nowhere" }), "time_zone = \"Europe/Nowhere\"\n"),
        own(
            Rule::PasswordStrength,
            json!({ "password_policy": { "min_strength": 5 } }),
            "password_policy = { min_strength = 5 }\n",
        ),
        own(
            Rule::PasswordLength,
            json!({ "password_policy": { "min_length": 129 } }),
            "password_policy = { min_length = 129 }\n",
        ),
        own(
            Rule::PasswordHistory,
            json!({ "password_policy": { "history": 51 } }),
            "password_policy = { history = 51 }\n",
        ),
        own(
            Rule::IdleLimit,
            json!({ "session_policy": { "idle_seconds": 0 } }),
            "session_policy = { idle_seconds = 0 }\n",
        ),
        own(
            Rule::LiveVoxIdleLimit,
            json!({ "livevox_session_policy": { "idle_seconds": 0 } }),
            "livevox_session_policy = { idle_seconds = 0 }\n",
        ),
    ];
    let of_client = Line::post(Rule::AccountIdOfClient, "", json!({ "id": OF_CLIENT }), "code = \"new\"\n");
    lines.push(Line { path: String::new(), account: OF_CLIENT, ..of_client });
    lines.extend(administrators(scene));
    lines.extend(services());
    lines.extend(looks());
    lines
}

fn administrators(scene: &Scene) -> Vec<Line> {
    let own =
        |rule, path: &str, body, file: &str| Line::patch(rule, path, body, file).within(vestibule_auth::HOME);
    vec![
        own(Rule::AdministratorsLockedOut, "", json!({ "state": "disabled" }), "state = \"disabled\"\n"),
        own(Rule::AdministratorsLockedOut, "", json!({ "sign_on": "sso-only" }), "sign_on = \"sso-only\"\n"),
        own(
            Rule::OwnerLeft,
            &format!("users/{}", scene.owner),
            json!({ "enabled": false }),
            "[[account.user]]\nlogin_name = \"admin\"\nenabled = false\n",
        ),
    ]
}

fn looks() -> Vec<Line> {
    let own = |rule, look: Value, file: &str| {
        Line::patch(rule, "", json!({ "look": look }), format!("look = {{ {file} }}\n"))
    };
    let logo = |bytes: &[u8]| format!("look = {{ logo = \"{}\" }}\n", STANDARD.encode(bytes));
    let (long, longer) = ("x".repeat(65), "x".repeat(201));
    let marks = format!("a{}", "\u{301}".repeat(5));
    let wide = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x04\x01\0\0\0\x01\x08\x06\0\0\0";
    let size = "a picture of 1024 by 1024 pixels at most: this is 1025 by 1";
    vec![
        own(Rule::LookNameLength, json!({ "name": long }), &format!("name = \"{long}\"")),
        own(Rule::LookNameCharacters, json!({ "name": " a" }), "name = \" a\""),
        own(Rule::LookNameMarks, json!({ "name": marks }), &format!("name = \"{marks}\"")),
        own(Rule::LookContactMarks, json!({ "contact": marks }), &format!("contact = \"{marks}\"")),
        own(Rule::LookContact, json!({ "contact": longer }), &format!("contact = \"{longer}\"")),
        own(Rule::LookContact, json!({ "contact": "a\u{202e}b" }), "contact = \"a\\u202eb\""),
        Line::file(Rule::LogoKind, &logo(b"<svg/>"), "this is no picture in PNG, JPEG or WebP"),
        Line::file(Rule::LogoLength, &logo(&[0; 65_537]), "a picture of 65536 bytes at most"),
        Line::file(Rule::LogoSize, &logo(wide), size),
    ]
}

fn services() -> Vec<Line> {
    let own = |rule, services: Value, file: &str| {
        Line::patch(rule, "", json!({ "services": services }), format!("{file}\n"))
    };
    let service = |name: &str| format!("[[account.service]]\nname = {name:?}\n");
    let many: Vec<String> = (0..1_001).map(|number| format!("s{number}")).collect();
    let named = |names: &[String]| names.iter().map(|name| json!({ "name": name })).collect::<Value>();
    let long = format!("{}.example", "x".repeat(250));
    vec![
        own(Rule::ServiceCount, named(&many), &many.iter().map(|name| service(name)).collect::<String>()),
        own(Rule::ServiceNameLength, json!([{ "name": "" }]), &service("")),
        own(
            Rule::ServiceNameCharacters,
            json!([{ "name": "a\u{202e}b" }]),
            "[[account.service]]\nname = \"a\\u202eb\"\n",
        ),
        own(Rule::ServiceTwice, json!([{ "name": "a" }, { "name": "a" }]), &(service("a") + &service("a"))),
        own(
            Rule::ServiceAddressLength,
            json!([{ "name": "a", "base_uri": long }]),
            &(service("a") + &format!("base_uri = \"{long}\"")),
        ),
        own(
            Rule::ServiceAddress,
            json!([{ "name": "a", "base_uri": "https://example.com" }]),
            &(service("a") + "base_uri = \"https://example.com\""),
        ),
    ]
}
