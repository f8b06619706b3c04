//! One declaration that says everything there is to say.

use super::*;

pub(super) const EVERYTHING: &str = r##"
code = "ONE"
number = 7
time_zone = "Europe/Athens"
second_factor = "required"
features = ["User Type - Bot"]
password_policy = { history = 3 }
lockout_policy = { unlock = "by-administrator" }
agent_lockout_policy = { failures = 3 }
session_policy = { concurrency = { many = { limit = 2, when-full = "refuse" } } }
livevox_session_policy = { reach = "every-dialect" }
look = { name = "One & all", accent = "#2B5797", contact = "https://help.example/", logo = """
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==""" }
password_strength = "strong"
[[account.profile]]
name = "Boss"
role = "administrator"
rank = "super-user"
permissions = [2, 1]
[[account.group]]
id = -1
name = "Main Group"
[[account.group]]
name = "Inner"
parent = "Main Group"
[[account.skill]]
name = "sales"
[[account.service]]
name = "agentVep"
[[account.service]]
name = "msgHist"
base_uri = "history.example.com:8443"
[[account.api_key]]
name = "Bots"
privileges = ["user-login"]
addresses = ["10.0.0.0/8", "192.0.2.1"]
[[account.oauth_client]]
name = "Web"
display_name = "The web"
description = "A portal"
logo_uri = "https://web.example/logo.svg"
grant_types = ["refresh_token", "authorization_code"]
redirect_uris = ["https://web.example/back", "http://localhost:8000/"]
public = true
consent = true
scopes = ["a", "b"]
refresh_rotation = "always"
enabled_for_profiles = ["Boss"]
[[account.oauth_client]]
name = "API"
resource_server = true
[[account.application_token]]
name = "Dialer"
[[account.application_token]]
name = "Reports"
token = "Reports-2-0123456789"
enabled = false
[[account.connection]]
name = "op"
display_name = "Company login"
population = "user"
linking = "subject"
clock_skew_seconds = 90
targets = ["https://web.example/start"]
client_secret = "hush-hush"
[account.connection.provisioning]
enabled = true
login_name = "nickname"
full_name = "name"
email = "email"
profiles = ["Boss"]
profile_claim = "groups"
profile_map = { admins = "Boss" }
[account.connection.oidc]
issuer = "https://op.example"
client_id = "us"
client_authentication = "form"
authorization_endpoint = "https://op.example/auth"
token_endpoint = "https://op.example/token"
jwks_uri = "https://op.example/keys"
end_session_endpoint = "https://op.example/end"
names_itself_in_callbacks = true
jwks = '{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}'
algorithms = ["ES256"]
scopes = ["profile"]
login_name_claim = "preferred_username"
password_grant = true
[[account.user]]
login_name = "alice"
identities = [{ connection = "op", subject = "00u1" }]
profiles = ["Boss"]
group = "Inner"
manager_of = ["Main Group"]
skills = ["sales"]
password = "passw0rd!"
[[account.user]]
login_name = "Bob"
population = "agent"
[[account.user]]
login_name = "helper"
kind = "bot"
allowed_app_key = "Bots"
[[gateway_rule]]
name = "reports"
minimum_rank = "manager"
paths = ["/v1/reports/**"]
applications = [{ kind = "none" }]
"##;

#[test]
fn everything_that_can_be_declared_is_made() {
    let mut world = World::new();
    let plan = world.apply(EVERYTHING);
    assert_eq!(
        plan.lines,
        [
            "+ account 1",
            "+ profile 1/Boss",
            "+ group 1/Main Group",
            "+ group 1/Inner",
            "+ skill 1/sales",
            "+ api key 1/Bots",
            "+ oauth client 1/Web",
            "+ oauth client 1/API",
            "+ application token 1/Dialer",
            "+ application token 1/Reports",
            "+ connection 1/op",
            "+ user 1/alice",
            "+ agent 1/Bob",
            "+ user 1/helper",
            "+ gateway rule reports",
        ]
    );
}

#[test]
fn a_second_time_changes_nothing() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    assert_eq!(world.apply(EVERYTHING).lines, [""; 0]);
}

#[test]
fn what_is_stored_is_what_was_declared() {
    let mut world = World::new();
    world.apply(EVERYTHING);
    let rows = world.rows();
    assert_eq!((rows.account.code.as_str(), rows.account.number), ("ONE", 7));
    assert_eq!(rows.account.password_policy.history, 3);
    assert_eq!(rows.account.password_policy.min_length, 8);
    assert_eq!(rows.profiles[0].permissions, [1, 2]);
    let inner = rows.groups.iter().find(|group| group.name == "Inner").unwrap();
    assert_eq!((inner.id, inner.parent), (1, Some(-1)));
    let alice = rows.users.iter().find(|user| user.login_name == "alice").unwrap();
    assert_eq!((alice.member_of, &alice.manager_of, &alice.skills), (Some(1), &vec![-1], &vec![1]));
    let helper = rows.users.iter().find(|user| user.login_name == "helper").unwrap();
    assert_eq!(helper.allowed_app_key.as_deref(), Some(rows.api_keys[0].app_key.as_str()));
}

#[test]
fn values_of_a_key_and_passwords_of_people_are_generated() {
    let plan = World::new().apply(EVERYTHING);
    let generated: Vec<String> =
        plan.generated.iter().map(|secret| format!("{} {}", secret.owner, secret.name)).collect();
    assert_eq!(
        generated,
        [
            "api key 1/Bots app_key",
            "api key 1/Bots secret",
            "api key 1/Bots access_token",
            "api key 1/Bots access_token_secret",
            "oauth client 1/Web client_id",
            "oauth client 1/API client_id",
            "oauth client 1/API secret",
            "application token 1/Dialer token",
            "agent 1/Bob password",
        ]
    );
}
