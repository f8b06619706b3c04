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
    let (mut layers, mut findings) = (Layers::shipped().unwrap(), Findings::default());
    let told = |error: InputError| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    layers.add_file(&path, &mut findings).map_err(told)?;
    let loaded = finish((layers, findings), variables(pairs), Flags::default(), Purpose::Service);
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
    assert_eq!(config.server.cors_origins.len(), 2);
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
        "vestibule.toml: server.http: \"nonsense\" is no address with a port: write one such as \"127.0.0.1:8080\", \
         \"0.0.0.0:8080\" for all addresses, or \"[::1]:8080\""
    );
}

#[test]
fn a_bad_value_in_the_environment_is_refused_with_its_variable() {
    let refusal = loaded("", &[("VESTIBULE_SERVER_HTTP", "nonsense")]).unwrap_err();
    assert!(
        refusal.starts_with("VESTIBULE_SERVER_HTTP: server.http: \"nonsense\" is no address"),
        "{refusal}"
    );
}

#[test]
fn a_bad_number_in_the_environment_is_refused_with_its_variable() {
    let refusal = loaded("", &[("VESTIBULE_SERVER_WORKERS", "many")]).unwrap_err();
    assert_eq!(refusal, "VESTIBULE_SERVER_WORKERS: server.workers: must be a whole number from 0 to 1024");
}

#[test]
fn a_bad_element_of_a_list_is_refused_with_its_index() {
    let refusal = refusal("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"here\"]");
    assert!(refusal.starts_with("vestibule.toml: server.trusted_proxies[1]: \"here\""), "{refusal}");
}

#[test]
fn an_unknown_key_is_refused_with_those_that_there_are() {
    let refusal = refusal("[log]\nlevle = \"info\"");
    assert_eq!(refusal, "vestibule.toml: log.levle: unknown key; [log] has level, format");
}

#[test]
fn an_unknown_section_is_refused() {
    let refusal = refusal("[sever]\nhttp = \"\"");
    assert!(
        refusal.starts_with("vestibule.toml: sever: unknown key; there are server, admin, limits, login"),
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
    assert_eq!(refusal, "vestibule.toml: server.workers: must be a whole number from 0 to 1024");
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
        "vestibule.toml: server.https: needs server.tls_certificate\nvestibule.toml: server.https: needs server.tls_key"
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
    assert_eq!(refusal, "vestibule.toml: hashing.memory_kib: must be a whole number from 7168 to 262144");
}

#[test]
fn a_time_of_zero_is_refused() {
    let refusal = refusal("[sessions]\ntouch_interval_ms = 0");
    assert_eq!(
        refusal,
        "vestibule.toml: sessions.touch_interval_ms: must be a whole number of milliseconds from 1 to 3600000"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused_with_its_name() {
    let mut findings = Findings::default();
    let error = Layers::shipped().unwrap().add_file(Path::new("nowhere.toml"), &mut findings).unwrap_err();
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

/// The keys that a refusal names, in its order.
fn refused_keys(file: &str) -> Vec<String> {
    let refusal = refusal(file);
    let key =
        |line: &str| line.strip_prefix("vestibule.toml: ").unwrap().split(": ").next().unwrap().to_owned();
    refusal.lines().map(key).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let file = "[server]\nhttp = \"nonsense\"\nworkers = \"two\"\nhtpp = \"\"\ntrusted_proxies = [\"a\", \"10.0.0.0/8\", \"b\"]\n\
                [sever]\n[log]\nlevel = \"loud\"\nformat = \"xml\"\n[login]\nfailure_burst = 0\n";
    let mut keys = refused_keys(file);
    keys.sort();
    let expected = [
        "log.format",
        "log.level",
        "login.failure_burst",
        "server.htpp",
        "server.http",
        "server.trusted_proxies[0]",
        "server.trusted_proxies[2]",
        "server.workers",
        "sever",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_value_that_is_wrong_is_no_reason_to_refuse_another() {
    let file = "[server]\nhttps = \"nonsense\"\ntls_certificate = \"a.pem\"\ntls_key = \"a.key\"";
    assert_eq!(refused_keys(file), ["server.https"]);
}

#[test]
fn numbers_out_of_bounds_are_refused() {
    for (section, setting) in [
        ("server", "workers = 100000"),
        ("server", "max_connections = 0"),
        ("limits", "header_bytes = 10000000"),
        ("login", "failure_burst = -1"),
        ("hashing", "memory_kib = 8"),
        ("hashing", "iterations = 100"),
        ("audit", "retention_days = 100000"),
        ("traffic", "keep_days = 401"),
        ("traffic", "keep_months = 1201"),
    ] {
        let (key, _) = setting.split_once(" = ").unwrap();
        assert_eq!(
            refused_keys(&format!("[{section}]\n{setting}")),
            [format!("{section}.{key}")],
            "{setting}"
        );
    }
}

#[test]
fn a_hash_that_is_too_cheap_is_refused() {
    let refusal = refusal("[hashing]\nmemory_kib = 7168\niterations = 2");
    let expected = "vestibule.toml: hashing.memory_kib: too little work for whoever guesses";
    assert!(refusal.starts_with(expected), "{refusal}");
    assert!(loaded("[hashing]\nmemory_kib = 7168\niterations = 5", &[]).is_ok());
}

#[test]
fn one_address_for_two_listeners_is_refused() {
    for (http, admin) in [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("127.0.0.1:8080", "localhost:8080"),
        ("0.0.0.0:8080", "127.0.0.1:8080"),
        ("127.0.0.1:8080", "[::]:8080"),
    ] {
        let file = format!("[server]\nhttp = \"{http}\"\nadmin = \"{admin}\"");
        assert!(refusal(&file).contains("server.admin: "), "{http} {admin}");
    }
    assert!(loaded("[server]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"", &[]).is_ok());
    assert!(loaded("[server]\nhttp = \"127.0.0.1:80\"\nadmin = \"127.0.0.2:80\"", &[]).is_ok());
}

#[test]
fn a_data_directory_without_a_name_is_refused() {
    let refusal = refusal("[server]\ndata_dir = \"\"");
    assert_eq!(refusal, "vestibule.toml: server.data_dir: this is empty: write the name of a folder");
}

#[test]
fn a_data_directory_with_blanks_around_its_name_is_refused() {
    let refusal = refusal("[server]\ndata_dir = \"data dir \"");
    assert_eq!(refusal, "vestibule.toml: server.data_dir: there are blanks around the name of the folder");
}

#[test]
fn localhost_is_an_address() {
    let config = loaded("[server]\nhttp = \"localhost:8090\"", &[]).unwrap();
    assert_eq!(config.server.http.unwrap().to_string(), "127.0.0.1:8090");
}

#[test]
fn a_boolean_a_list_and_a_text_are_asked_for_in_the_words_of_the_file() {
    let lines =
        refusal("[livevox]\nbearer_application_token = 1\n[server]\ncors_origins = \"a\"\ndata_dir = 3");
    for words in ["must be true or false", "must be a list of texts, such as [", "must be a text in quotes"] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
}
