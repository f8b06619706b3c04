use std::collections::BTreeSet;
use std::fs;

use super::*;

fn variables(pairs: &[(&str, &str)]) -> impl Iterator<Item = (OsString, OsString)> {
    let owned: Vec<_> = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    owned.into_iter()
}

fn loaded(file: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.toml");
    fs::write(&path, file).unwrap();
    let mut layers = Layers::shipped().unwrap();
    let told = |error: InputError| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    layers.add_file(&path).map_err(told)?;
    let loaded = finish(layers, variables(pairs), Flags::default()).and_then(Loaded::checked_for_serving);
    loaded.map(|loaded| loaded.config).map_err(told)
}

fn refusal(file: &str) -> String {
    loaded(file, &[]).unwrap_err()
}

#[test]
fn the_shipped_default_is_a_configuration() {
    assert!(loaded("", &[]).is_ok());
}

#[test]
fn every_key_has_an_environment_variable_of_its_own() {
    let layers = Layers::shipped().unwrap();
    let names: Vec<String> =
        layers.entries().map(|(section, key, _)| environment::variable(section, key)).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn every_environment_variable_is_read() {
    let layers = Layers::shipped().unwrap();
    for (section, key, value) in layers.entries() {
        let text = match value {
            toml::Value::Array(_) => String::new(),
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = environment::variable(section, key);
        assert!(loaded("", &[(&name, &text)]).is_ok(), "{name}={text}");
    }
}

#[test]
fn a_file_wins_over_the_default() {
    assert_eq!(loaded("[sessions]\ntouch_interval_ms = 7", &[]).unwrap().sessions.touch.as_millis(), 7);
}

#[test]
fn the_environment_wins_over_a_file() {
    let config = loaded("[server]\nworkers = 3", &[("VESTIBULE_SERVER_WORKERS", "4")]).unwrap();
    assert_eq!(config.server.workers, 4);
}

#[test]
fn a_list_in_the_environment_is_separated_by_commas() {
    let config =
        loaded("", &[("VESTIBULE_SERVER_CORS_ORIGINS", "https://a.example, https://b.example")]).unwrap();
    assert_eq!(config.server.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn a_list_in_the_environment_may_be_toml() {
    let config = loaded("", &[("VESTIBULE_LOGIN_BLOCKED_USER_NAMES", r#"["a,b", "c"]"#)]).unwrap();
    assert_eq!(config.login.blocked_user_names, ["a,b", "c"]);
}

#[test]
fn a_bad_address_is_refused_with_file_key_and_reason() {
    assert_eq!(
        refusal("[server]\nhttp = \"nonsense\""),
        "vestibule.toml: server.http: invalid socket address syntax"
    );
}

#[test]
fn a_bad_value_in_the_environment_is_refused_with_its_variable() {
    let refusal = loaded("", &[("VESTIBULE_SERVER_HTTP", "nonsense")]).unwrap_err();
    assert_eq!(refusal, "VESTIBULE_SERVER_HTTP: server.http: invalid socket address syntax");
}

#[test]
fn a_bad_number_in_the_environment_is_refused_with_its_variable() {
    let refusal = loaded("", &[("VESTIBULE_SERVER_WORKERS", "many")]).unwrap_err();
    assert_eq!(refusal, "VESTIBULE_SERVER_WORKERS: server.workers: invalid digit found in string");
}

#[test]
fn a_bad_element_of_a_list_is_refused_with_its_index() {
    let refusal = refusal("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"here\"]");
    assert!(refusal.starts_with("vestibule.toml: server.trusted_proxies[1]: \"here\""), "{refusal}");
}

#[test]
fn an_unknown_key_is_refused_with_those_that_there_are() {
    let refusal = refusal("[log]\nlevle = \"info\"");
    assert_eq!(refusal, "vestibule.toml: log.levle: unknown key; [log] has format, level");
}

#[test]
fn an_unknown_section_is_refused() {
    let refusal = refusal("[sever]\nhttp = \"\"");
    assert!(
        refusal.starts_with("vestibule.toml: sever: unknown key; there are audit, hashing, limits"),
        "{refusal}"
    );
}

#[test]
fn a_value_in_the_place_of_a_section_is_refused() {
    assert_eq!(refusal("log = 3"), "vestibule.toml: log: this is a section: write it as a table");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let refusal = refusal("[server]\nworkers = \"two\"");
    assert!(refusal.starts_with("vestibule.toml: server.workers: invalid type: string"), "{refusal}");
}

#[test]
fn a_text_that_is_no_toml_is_refused_with_its_line() {
    let refusal = refusal("[server]\nhttp = = 3");
    assert!(refusal.starts_with("vestibule.toml:2:"), "{refusal}");
}

#[test]
fn an_unknown_variable_is_refused() {
    let refusal = loaded("", &[("VESTIBULE_SERVER_HTPP", "")]).unwrap_err();
    assert!(
        refusal.starts_with("VESTIBULE_SERVER_HTPP: this environment variable sets nothing"),
        "{refusal}"
    );
}

#[test]
fn the_variable_that_holds_the_master_key_is_not_unknown() {
    let file = "[master_key]\nenvironment = \"VESTIBULE_KEY\"";
    assert!(loaded(file, &[("VESTIBULE_KEY", "secret")]).is_ok());
}

#[test]
fn https_without_a_certificate_is_refused() {
    assert_eq!(
        refusal("[server]\nhttps = \"127.0.0.1:8443\""),
        "vestibule.toml: server.https: needs server.tls_certificate"
    );
}

#[test]
fn neither_http_nor_https_is_refused() {
    assert!(
        refusal("[server]\nhttp = \"\"")
            .starts_with("vestibule.toml: server.http: http and https are both off")
    );
}

#[test]
fn a_cost_of_hashes_out_of_bounds_is_refused() {
    let refusal = refusal("[hashing]\nmemory_kib = 1");
    assert!(
        refusal.starts_with("vestibule.toml: hashing.memory_kib: Argon2id cost out of bounds"),
        "{refusal}"
    );
}

#[test]
fn a_time_of_zero_is_refused() {
    let refusal = refusal("[sessions]\ntouch_interval_ms = 0");
    assert_eq!(refusal, "vestibule.toml: sessions.touch_interval_ms: a time must be at least 1 ms");
}

#[test]
fn a_file_that_is_not_there_is_refused_with_its_name() {
    let error = Layers::shipped().unwrap().add_file(Path::new("nowhere.toml")).unwrap_err();
    assert!(error.to_string().starts_with("nowhere.toml: No such file"), "{error}");
}

#[test]
fn a_budget_of_bodies_that_holds_not_one_is_refused() {
    let refusal = refusal("[limits]\nunread_body_bytes = 100000");
    assert_eq!(
        refusal,
        "vestibule.toml: limits.unread_body_bytes: has to be at least 65536 more than limits.body_bytes"
    );
}
