//! `vestibule dev`

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustix::process::Signal;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, Folder, Server, answer, ask, request, run, vestibule};

#[test]
fn prints_an_address_for_each_listener() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for listener in ["http", "https", "grpc", "admin"] {
        assert!(server.address(listener).starts_with("127.0.0.1:"), "{}", server.out());
    }
}

#[test]
fn answers_on_every_listener() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for listener in ["http", "https", "grpc", "admin"] {
        assert!(TcpStream::connect(server.address(listener)).is_ok(), "{listener}");
    }
}

#[test]
fn refuses_a_public_address() {
    for listener in ["http", "https", "admin"] {
        let folder = Folder::new();
        let outcome = run(vestibule()
            .args(["dev", &format!("--{listener}"), "0.0.0.0:0", "--data-dir"])
            .arg(folder.path("data")));
        let expected = format!("--{listener}: server.{listener}: 0.0.0.0:0 is not a loopback address");
        assert!(outcome.code == Some(2) && outcome.err.contains(&expected), "{}", outcome.err);
    }
}

#[test]
fn refuses_a_database_that_it_did_not_make() {
    let folder = Folder::new();
    drop(Server::serve(&folder, &[]));
    let outcome = run(&mut crate::support::dev(&folder));
    assert_eq!(outcome.code, Some(3), "{}", outcome.err);
    for advice in ["the demo account would go into it", "`vestibule serve`", "--data-dir"] {
        assert!(outcome.err.contains(advice), "{}", outcome.err);
    }
}

#[test]
fn serves_a_database_that_it_made_and_that_was_restored() {
    let folder = Folder::new();
    drop(Server::dev(&folder));
    let (data, copy) = (folder.path("data"), folder.path("copy"));
    let backup = run(vestibule().arg("backup").arg(&copy).arg("--data-dir").arg(&data));
    assert_eq!(backup.code, Some(0), "{}", backup.err);
    let key = folder.path("master.key");
    fs::rename(data.join("master.key"), &key).unwrap();
    fs::remove_dir_all(&data).unwrap();
    let mut restore = vestibule();
    restore.arg("restore").arg(&copy).arg("--key").arg(&key).arg("--data-dir").arg(&data);
    let restore = run(&mut restore);
    assert_eq!(restore.code, Some(0), "{}", restore.err);
    assert_eq!(Server::dev(&folder).log_in("12345678", "name", "password").status, 200);
}

#[test]
fn a_database_of_its_own_outlives_its_ca() {
    let folder = Folder::new();
    drop(Server::dev(&folder));
    for file in ["data/ca.pem", "data/ca-key.pem"] {
        fs::remove_file(folder.path(file)).unwrap();
    }
    assert_eq!(Server::dev(&folder).log_in("12345678", "name", "password").status, 200);
}

#[test]
fn makes_nothing_when_it_refuses() {
    let folder = Folder::new();
    run(vestibule().args(["dev", "--http", "192.0.2.1:80", "--data-dir"]).arg(folder.path("data")));
    assert!(!folder.path("data").exists());
}

/// A request over TLS by somebody who trusts `ca.pem` and nobody else.
fn ask_securely(folder: &Folder, server: &Server, name: &str) -> Answer {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.path("data/ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client =
        ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut connection = StreamOwned::new(client, TcpStream::connect(server.address("https")).unwrap());
    let path = "/api/account/12345678/service/agentVep/baseURI.json?version=1.0";
    connection.write_all(request("GET", path, "", "").as_bytes()).unwrap();
    answer(connection)
}

#[test]
fn its_certificate_is_good_for_this_machine_and_the_vendors_names() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let names = [
        "localhost",
        "127.0.0.1",
        "api.liveperson.net",
        "lo.agentvep.liveperson.net",
        "va.sentinel.liveperson.com",
        "lptag.lpsnmedia.net",
        "api.na6.livevox.com",
    ];
    for name in names {
        assert_eq!(ask_securely(&folder, &server, name).status, 200, "{name}");
    }
}

#[test]
fn the_domains_of_the_demo_account_are_this_server() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let port = server.address("https").rsplit(':').next().unwrap().to_owned();
    let domain = server.get("http", "/api/account/12345678/service/agentVep/baseURI.json?version=1.0").json();
    assert_eq!(domain["baseURI"], format!("localhost:{port}"));
}

#[test]
fn the_demo_users_log_in() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for (user, password) in [("name", "password"), ("agent", "agent-password")] {
        assert_eq!(server.log_in("12345678", user, password).status, 200, "{user}");
    }
}

#[test]
fn the_demo_administrator_has_its_privileges() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let login = server.log_in("12345678", "name", "password").json();
    let privileges = serde_json::json!([100, 101, 1730, 1731, 1732, 1733, 1734, 1735]);
    assert_eq!(login["config"]["userPrivileges"], privileges);
}

#[test]
fn the_demo_bot_logs_in() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let body = serde_json::json!({
        "username": "bot",
        "appKey": "0123456789abcdef0123456789abcdef",
        "secret": "0123456789abcdef",
        "accessToken": "fedcba9876543210fedcba9876543210",
        "accessTokenSecret": "fedcba9876543210",
    });
    let path = "/api/account/12345678/login?v=1.3";
    assert_eq!(ask(&server.address("http"), "POST", path, "", &body.to_string()).status, 200);
}

/// What stands between two texts, first come first.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap().split(after).next().unwrap()
}

/// Sends the LiveVox logins that the screen shows: the person's, and the agent's.
fn shown_livevox_logins(server: &Server) -> Vec<Answer> {
    let out = server.out();
    let lines = out.lines().filter(|line| line.contains("/session/login"));
    let send = |line| {
        let token = format!("lv-access: {}\r\n", between(line, "LV-Access: ", "'"));
        ask(&server.address("http"), "POST", "/session/login", &token, between(line, "-d '", "'"))
    };
    lines.map(send).collect()
}

#[test]
fn the_livevox_logins_that_are_shown_are_right() {
    let folder = Folder::new();
    let logins = shown_livevox_logins(&Server::dev(&folder));
    assert_eq!(logins.iter().map(|login| login.status).collect::<Vec<u16>>(), [200, 200]);
}

#[test]
fn a_livevox_session_lives_until_it_is_logged_out_as_shown() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let login = shown_livevox_logins(&server).remove(0).json();
    let session = login["sessionId"].as_str().unwrap();
    let call = |method, what| {
        ask(&server.address("http"), method, &format!("/session/{what}/{session}"), "", "").status
    };
    let statuses = [call("GET", "validate"), call("DELETE", "logout"), call("GET", "validate")];
    assert_eq!(statuses, [204, 204, 404]);
}

#[test]
fn the_other_demo_users_are_in_the_state_of_their_name() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for (user, word) in [("expired", "expired"), ("mustchange", "must be changed"), ("disabled", "disabled")]
    {
        let answer = server.log_in("12345678", user, "password");
        assert!(answer.status == 401 && answer.body.contains(word), "{user}: {}", answer.body);
    }
}

#[test]
fn sessions_outlive_a_restart() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let login = server.log_in("12345678", "name", "password").json();
    server.signal(Signal::TERM);
    server.end();
    let server = Server::dev(&folder);
    let cookie = format!("cookie: session_id={}\r\n", login["sessionId"].as_str().unwrap());
    let body = serde_json::json!({ "csrf": login["csrf"] }).to_string();
    let path = "/api/account/12345678/refresh?v=1.3";
    assert_eq!(ask(&server.address("http"), "POST", path, &cookie, &body).status, 200);
}

#[test]
fn keeps_its_ca_over_a_restart() {
    let folder = Folder::new();
    let certificate = || fs::read(folder.path("data/ca.pem")).unwrap();
    drop(Server::dev(&folder));
    let first = certificate();
    drop(Server::dev(&folder));
    assert_eq!(certificate(), first);
}

#[test]
fn puts_the_demo_account_back_at_each_start() {
    let folder = Folder::new();
    drop(Server::dev(&folder));
    let file = folder.file(
        "a.toml",
        "[[account]]\nid = \"12345678\"\n[[account.user]]\nlogin_name = \"name\"\npassword = \"other-one\"\n",
    );
    run(&mut crate::support::apply(&folder, &file));
    assert_eq!(Server::dev(&folder).log_in("12345678", "name", "password").status, 200);
}

#[test]
fn a_port_in_use_is_named() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = vestibule();
    command.args([
        "dev",
        "--http",
        &address,
        "--https",
        "127.0.0.1:0",
        "--grpc",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--data-dir",
    ]);
    let outcome = run(command.arg(folder.path("data")));
    assert!(outcome.code == Some(1) && outcome.err.contains(&address), "{}", outcome.err);
}

/// A CA as the first version made it: for fewer names.
fn put_older_ca(folder: &Folder) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let names = ["localhost", "liveperson.net", "livevox.com"];
    let permitted_subtrees = names.map(|name| GeneralSubtree::DnsName(name.to_owned())).to_vec();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    let key = KeyPair::generate().unwrap();
    fs::create_dir(folder.path("data")).unwrap();
    folder.file("data/ca.pem", &params.self_signed(&key).unwrap().pem());
    let key = folder.file("data/ca-key.pem", &key.serialize_pem());
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_ca_of_an_older_version_is_kept_and_the_screen_says_what_it_is_not_good_for() {
    let folder = Folder::new();
    put_older_ca(&folder);
    let before = fs::read(folder.path("data/ca.pem")).unwrap();
    let server = Server::dev(&folder);
    let out = server.out();
    assert!(out.contains("not good for names under liveperson.com and lpsnmedia.net"), "{out}");
    assert!(out.contains("trust the new ca.pem"), "{out}");
    assert_eq!(fs::read(folder.path("data/ca.pem")).unwrap(), before);
    assert_eq!(ask_securely(&folder, &server, "api.na6.livevox.com").status, 200);
}

#[test]
fn a_ca_of_this_version_is_good_for_all_and_the_screen_has_nothing_to_say_of_it() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    assert!(!server.out().contains("not good for"), "{}", server.out());
}

#[test]
fn what_it_lists_and_does_not_serve_is_501_in_words() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for path in [
        "/api/account/12345678/configuration/le-users/users",
        "/ws_api/account/12345678/messaging/consumer?v=3",
        "/messaging_history/api/account/12345678/conversations/search",
    ] {
        let answer = server.get("http", path);
        assert_eq!(answer.status, 501, "{path}");
        assert!(answer.json()["error"].as_str().unwrap().contains("Domain API"), "{}", answer.body);
    }
}

#[test]
fn a_path_of_its_own_that_is_not_there_is_404() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for path in ["/", "/session/nothing", "/self/v1/nothing", "/gateway/nothing"] {
        assert_eq!(server.get("http", path).status, 404, "{path}");
    }
}

#[test]
fn a_service_for_others_answers_404_where_it_has_nothing() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    assert_eq!(server.get("http", "/ws_api/account/12345678/messaging/consumer").status, 404);
}

/// The status of a request to the listener for administration under this name.
fn administered_as(server: &Server, host: &str) -> u16 {
    let mut connection = TcpStream::connect(server.address("admin")).unwrap();
    write!(connection, "GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    answer(connection).status
}

#[test]
fn a2_a_page_that_gave_its_name_this_machines_address_does_not_administer() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for host in ["localhost", "127.0.0.1", "[::1]:8081", &server.address("admin")] {
        assert_eq!(administered_as(&server, host), 200, "{host}");
    }
    for host in ["example.com", "localhost.example.com", "example.com:8081", ""] {
        assert_eq!(administered_as(&server, host), 421, "{host}");
    }
}

#[test]
fn a_service_for_others_is_administered_under_whatever_name() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    assert_eq!(administered_as(&server, "admin.example.com"), 200);
}

#[test]
fn all_that_it_prints_can_be_pasted_into_a_shell_at_once() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    // The first failure ends it, an answer that is none of success included.
    let checked = "set -eu\ncurl() { command curl --fail-with-body \"$@\"; }\n";
    let script = folder.file("pasted", &format!("{checked}{}echo all done\n", server.out()));
    fs::create_dir(folder.path("here")).unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail"]).arg(&script).current_dir(folder.path("here"));
    let outcome = run(shell.env("XDG_CONFIG_HOME", folder.path("config")));
    assert!(
        outcome.code == Some(0) && outcome.out.ends_with("all done\n"),
        "{} {}",
        outcome.out,
        outcome.err
    );
    // Refreshed, logged out, let through with a signature; validated, ended: what the answers say, beside those that only the shell has
    // seen.
    for (status, count) in [("HTTP/1.1 200", 3), ("HTTP/1.1 204", 2)] {
        assert_eq!(outcome.out.matches(status).count(), count, "{}", outcome.out);
    }
    for token in [r#""expires_in":"3600""#, r#""kty":"RSA""#, r#""id_token":""#] {
        assert!(outcome.out.contains(token), "{token}: {}", outcome.out);
    }
}
