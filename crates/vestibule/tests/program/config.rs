//! Configuration: files, environment, refusals.

use crate::support::{Folder, Outcome, Server, run, vestibule};

fn check(text: &str, settings: &[(&str, &str)]) -> Outcome {
    let folder = Folder::new();
    let file = folder.file("vestibule.toml", text);
    let mut command = vestibule();
    command.args(["config", "check", "--config"]).arg(file);
    // That of the defaults may be there, and be somebody else's.
    run(command.env("VESTIBULE_SERVER_DATA_DIR", folder.path("data")).envs(settings.iter().copied()))
}

#[test]
fn a_right_configuration_is_ok() {
    let outcome = check("[log]\nlevel = \"debug\"\n", &[]);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "OK\n"));
}

#[test]
fn a_bad_value_is_refused_with_file_key_and_reason() {
    let outcome = check("[server]\nhttp = \"nonsense\"\n", &[]);
    let expected = "vestibule.toml: server.http: \"nonsense\" is no address with a port: write one such as";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn an_unknown_key_is_refused_with_file_and_key() {
    let outcome = check("[server]\nhtpp = \"127.0.0.1:0\"\n", &[]);
    let expected = "vestibule.toml: server.htpp: unknown key";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_bad_variable_is_refused_with_its_name() {
    let outcome = check("", &[("VESTIBULE_SERVER_WORKERS", "many")]);
    let expected = "VESTIBULE_SERVER_WORKERS: server.workers: ";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn an_unknown_variable_is_refused() {
    let outcome = check("", &[("VESTIBULE_SERVER_WORKRES", "2")]);
    let expected = "VESTIBULE_SERVER_WORKRES: this environment variable sets nothing";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_file_that_is_not_there_is_refused_with_its_name() {
    let outcome = run(vestibule().args(["serve", "--config", "nowhere.toml"]));
    let expected = "nowhere.toml: No such file or directory";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_certificate_that_is_not_there_is_refused_with_file_key_and_reason() {
    let outcome = check(
        "[server]\nhttps = \"127.0.0.1:0\"\ntls_certificate = \"nowhere.pem\"\ntls_key = \"nowhere.key\"\n",
        &[],
    );
    let expected = "vestibule.toml: server.tls_certificate: nowhere.pem: ";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn an_origin_that_is_none_is_refused() {
    let outcome = check("[server]\ncors_origins = [\"not an origin\"]\n", &[]);
    let expected = "vestibule.toml: server.cors_origins[0]: `not an origin` is not an origin such as";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn administrators_are_sent_back_by_tls_or_to_this_machine() {
    let checked = |origin: &str| check(&format!("[admin]\npublic_origin = \"{origin}\"\n"), &[]);
    for origin in
        ["", "https://console.example.com", "https://console.example.com:8443", "http://localhost:8081"]
    {
        assert_eq!(checked(origin).out, "OK\n", "{origin}");
    }
    for origin in ["http://console.example.com", "console.example.com", "https://console.example.com/"] {
        let outcome = checked(origin);
        assert!(
            outcome.code == Some(2) && outcome.err.contains("admin.public_origin: "),
            "{origin}: {}",
            outcome.err
        );
    }
}

#[test]
fn administration_beyond_this_machine_needs_encryption() {
    for address in ["0.0.0.0:8081", "[::]:8081", "192.0.2.1:8081"] {
        let server = format!("[server]\nadmin = \"{address}\"\n");
        let outcome = check(&server, &[]);
        assert!(outcome.code == Some(2) && outcome.err.contains("server.admin: "), "{}", outcome.err);
        assert!(outcome.err.contains("admin_behind_tls"), "{}", outcome.err);
        assert_eq!(check(&format!("{server}admin_behind_tls = true\n"), &[]).out, "OK\n");
    }
    for loopback in ["127.0.0.2:8081", "[::1]:8081"] {
        assert_eq!(check(&format!("[server]\nadmin = \"{loopback}\"\n"), &[]).out, "OK\n");
    }
}

#[test]
fn the_settings_of_the_container_file_are_a_configuration() {
    let file = include_str!("../../../../deploy/Containerfile");
    let settings = file.lines().filter_map(|line| {
        let setting = line.trim_start_matches("ENV").trim().trim_end_matches('\\').trim();
        setting.split_once('=').filter(|(name, _)| name.starts_with("VESTIBULE_"))
    });
    let settings: Vec<(&str, &str)> = settings.collect();
    assert_eq!(settings.len(), 3, "{settings:?}");
    assert_eq!(check("", &settings).out, "OK\n");
}

#[test]
fn the_default_that_is_printed_is_a_configuration() {
    let default = run(vestibule().args(["config", "default"])).out;
    assert_eq!(check(&default, &[]).out, "OK\n");
}

#[test]
fn a_variable_wins_over_the_default() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_SERVER_PUBLIC_ADDRESS", "login.example.com")]);
    assert!(server.address("http").starts_with("127.0.0.1:"));
}

#[test]
fn serve_refuses_what_check_refuses() {
    let folder = Folder::new();
    let file = folder.file("vestibule.toml", "[log]\nformat = \"xml\"\n");
    let outcome = run(vestibule().args(["serve", "--config"]).arg(file));
    let expected = "vestibule.toml: log.format: there is no format \"xml\"";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_log_level_that_there_is_not_is_refused() {
    let outcome = check("[log]\nlevel = \"warning\"\n", &[]);
    let expected = "vestibule.toml: log.level: there is no level \"warning\": write \"error\", \"warn\",";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_log_level_for_a_part_that_there_is_not_is_refused() {
    let outcome = check("", &[("VESTIBULE_LOG_LEVEL", "info,vestibule_htpp=debug")]);
    let expected = "VESTIBULE_LOG_LEVEL: log.level: there is no part \"vestibule_htpp\" of the program";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn everything_that_is_wrong_with_a_file_is_told_at_once_a_line_each() {
    let outcome = check("[server]\nhttp = \"nonsense\"\nworkers = 100000\ntrusted_proxies = [\"x\"]\n", &[]);
    assert_eq!(outcome.code, Some(2));
    let lines: Vec<&str> = outcome.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", outcome.err);
    for line in lines {
        assert!(line.starts_with("vestibule: ") && line.contains("vestibule.toml: server."), "{line}");
    }
}

#[test]
fn a_service_answers_on_localhost() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_SERVER_HTTP", "localhost:0")]);
    assert_eq!(server.get("http", "/").status, 404);
}
