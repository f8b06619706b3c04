//! Rules of API keys, OAuth clients and application tokens.

use vestibule_testkit::{Key, TOKEN};

use super::*;

/// Somebody's own value that has a blank in it.
const BLANK: &str = "a b";

/// A secret that is long enough and has a blank in it.
const BLANK_SECRET: &str = "two words, and long";

/// A secret of one character less than it has to have, and one of as many.
const SHORT: &str = "0123456789abcde";
const LONG: &str = "0123456789abcdef";

pub(super) fn lines() -> Vec<Line> {
    [keys(), values_of_keys(), clients(), metadata_of_clients(), tokens()].into_iter().flatten().collect()
}

fn key(rule: Rule, body: Value, more: &str) -> Line {
    Line::post(rule, "api-keys", body, format!("[[account.api_key]]\n{more}\n"))
}

fn keys() -> Vec<Line> {
    let networks = vec!["10.0.0.0/8"; 1_001];
    let long = "x".repeat(1_001);
    vec![
        key(Rule::ApiKeyNameLength, json!({ "name": "" }), "name = \"\""),
        key(Rule::ApiKeyNameCharacters, json!({ "name": " k" }), "name = \" k\""),
        key(Rule::ApiKeyNameTaken, json!({ "name": "bots" }), "app_key = \"new\"\nname = \"bots\""),
        key(
            Rule::ApiKeyDeveloper,
            json!({ "name": "k", "developer": "a\nb" }),
            "name = \"k\"\ndeveloper = \"a\\nb\"",
        ),
        key(
            Rule::ApiKeyDescription,
            json!({ "name": "k", "description": long }),
            &format!("name = \"k\"\ndescription = {long:?}"),
        ),
        key(
            Rule::ApiKeyAddresses,
            json!({ "name": "k", "addresses": networks }),
            &format!("name = \"k\"\naddresses = {networks:?}"),
        ),
        key(Rule::ApiKeyCount, json!({ "name": "k" }), "name = \"k\"").within(FULL),
    ]
}

fn values_of_keys() -> Vec<Line> {
    let both = |secret: &str, token_secret: &str| {
        let body = json!({ "name": "k", "secret": secret, "access_token_secret": token_secret });
        (body, format!("name = \"k\"\nsecret = {secret:?}\naccess_token_secret = {token_secret:?}"))
    };
    let (wrong_secret, wrong_token_secret) = (both(BLANK_SECRET, LONG), both(LONG, SHORT));
    vec![
        key(Rule::AppKey, json!({ "name": "k", "app_key": BLANK }), "name = \"k\"\napp_key = \"a b\""),
        key(
            Rule::AppKeyTaken,
            json!({ "name": "k", "app_key": "client-id" }),
            "name = \"k\"\napp_key = \"client-id\"",
        ),
        key(Rule::KeySecret, wrong_secret.0, &wrong_secret.1),
        key(
            Rule::AccessToken,
            json!({ "name": "k", "access_token": BLANK }),
            "name = \"k\"\naccess_token = \"a b\"",
        ),
        key(Rule::AccessTokenSecret, wrong_token_secret.0, &wrong_token_secret.1),
        key(Rule::KeySecretAlone, json!({ "name": "k", "secret": "s" }), "name = \"k\"\nsecret = \"s\""),
        key(
            Rule::AccessTokenSecretAlone,
            json!({ "name": "k", "access_token_secret": "t" }),
            "name = \"k\"\naccess_token_secret = \"t\"",
        ),
    ]
}

fn clients() -> Vec<Line> {
    let client = |rule, body, more: &str| {
        Line::post(rule, "oauth-clients", body, format!("[[account.oauth_client]]\n{more}\n"))
    };
    let (networks, taken) = (vec!["10.0.0.0/8"; 1_001], Key::BOT.app_key);
    vec![
        client(Rule::ClientNameLength, json!({ "name": "" }), "name = \"\""),
        client(Rule::ClientNameCharacters, json!({ "name": "c " }), "name = \"c \""),
        client(
            Rule::ClientAddresses,
            json!({ "name": "c", "addresses": networks }),
            &format!("name = \"c\"\naddresses = {networks:?}"),
        ),
        client(Rule::ClientCount, json!({ "name": "c" }), "name = \"c\"").within(FULL),
        client(Rule::ClientId, json!({ "name": "c", "client_id": "" }), "name = \"c\"\nclient_id = \"\""),
        client(
            Rule::ClientIdTaken,
            json!({ "name": "c", "client_id": taken }),
            &format!("name = \"c\"\nclient_id = {taken:?}"),
        ),
        client(
            Rule::ClientIdOfAccount,
            json!({ "name": "c", "client_id": FULL }),
            &format!("name = \"c\"\nclient_id = {FULL:?}"),
        ),
        client(
            Rule::ClientSecret,
            json!({ "name": "c", "secret": SHORT }),
            &format!("name = \"c\"\nsecret = {SHORT:?}"),
        ),
    ]
}

fn metadata_of_clients() -> Vec<Line> {
    let client = |rule, field: &str, value: Value| {
        let body = json!({ "name": "c", field: value });
        let file = toml::to_string(&json!({ "name": "c", field: value })).unwrap();
        Line::post(rule, "oauth-clients", body, format!("[[account.oauth_client]]\n{file}"))
    };
    let many = |text: &str| (0..=100).map(|number| format!("{text}{number}")).collect::<Vec<String>>().into();
    let of_public = json!({ "name": "c", "public": true, "grant_types": ["client_credentials"] });
    let file = "name = \"c\"\npublic = true\ngrant_types = [\"client_credentials\"]\n";
    vec![
        client(Rule::ClientDisplayName, "display_name", "a\nb".into()),
        client(Rule::ClientDescription, "description", "x".repeat(1_001).into()),
        client(Rule::ClientLogo, "logo_uri", "http://app.example/logo.svg".into()),
        client(
            Rule::ClientRedirectUri,
            "redirect_uris",
            json!(["https://app.example/", "http://app.example/"]),
        ),
        client(Rule::ClientRedirectUriCount, "redirect_uris", many("https://app.example/")),
        client(Rule::ClientRedirectUriMissing, "grant_types", json!(["authorization_code"])),
        Line::post(
            Rule::ClientGrantOfPublic,
            "oauth-clients",
            of_public,
            format!("[[account.oauth_client]]\n{file}"),
        ),
        Line::post(
            Rule::ClientResourceServerPublic,
            "oauth-clients",
            json!({ "name": "c", "public": true, "resource_server": true }),
            "[[account.oauth_client]]\nname = \"c\"\npublic = true\nresource_server = true\n".to_owned(),
        ),
        client(Rule::ClientScope, "scopes", json!(["a b"])),
        client(Rule::ClientScopeCount, "scopes", many("scope")),
        client(Rule::ClientProfileMissing, "enabled_for_profiles", json!([404])),
    ]
}

fn tokens() -> Vec<Line> {
    let token = |rule, body, more: &str| {
        Line::post(rule, "application-tokens", body, format!("[[account.application_token]]\n{more}\n"))
    };
    vec![
        token(Rule::TokenNameLength, json!({ "name": "" }), "name = \"\""),
        token(Rule::TokenNameCharacters, json!({ "name": " t" }), "name = \" t\""),
        token(Rule::TokenNameTaken, json!({ "name": "demo" }), "id = 77\nname = \"demo\""),
        token(Rule::TokenCount, json!({ "name": "t" }), "name = \"t\"").within(FULL),
        token(
            Rule::Token,
            json!({ "name": "t", "token": BLANK_SECRET }),
            &format!("name = \"t\"\ntoken = {BLANK_SECRET:?}"),
        ),
        token(
            Rule::TokenTaken,
            json!({ "name": "t", "token": TOKEN }),
            &format!("name = \"t\"\ntoken = {TOKEN:?}"),
        ),
    ]
}
