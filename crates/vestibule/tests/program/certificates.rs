//! Certificates from files: they are read again, and a broken one never takes the place of one that works.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustix::process::Signal;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::client::{ask_as, give};
use crate::support::{Folder, Outcome, Server, connect, run, vestibule};

/// A certificate for localhost that vouches for itself, and its key.
struct Made {
    certificate: CertificateDer<'static>,
    chain: String,
    key: String,
}

impl Made {
    fn until(year: i32) -> Self {
        Self::of(year, IsCa::NoCa)
    }

    /// As `openssl req -x509` makes it.
    fn authority() -> Self {
        Self::of(2100, IsCa::Ca(BasicConstraints::Unconstrained))
    }

    fn of(year: i32, is_ca: IsCa) -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 1, 1));
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate: certificate.der().clone(), chain: certificate.pem(), key: key.serialize_pem() }
    }

    fn good() -> Self {
        Self::until(2100)
    }
}

/// Where the files of a test are.
struct Files {
    folder: Folder,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(made: &Made) -> Self {
        let folder = Folder::new();
        let files = Self { certificate: folder.path("cert.pem"), key: folder.path("key.pem"), folder };
        files.write(&made.chain, &made.key);
        files
    }

    fn write(&self, chain: &str, key: &str) {
        fs::write(&self.certificate, chain).unwrap();
        fs::write(&self.key, key).unwrap();
    }

    /// A service that speaks TLS with them, and looks at them as often as it is told to.
    fn serve(&self, interval: &str) -> Server {
        let (certificate, key) = (self.certificate.to_str().unwrap(), self.key.to_str().unwrap());
        let settings = [
            ("VESTIBULE_SERVER_HTTPS", "127.0.0.1:0"),
            ("VESTIBULE_SERVER_TLS_CERTIFICATE", certificate),
            ("VESTIBULE_SERVER_TLS_KEY", key),
            ("VESTIBULE_SERVER_TLS_RELOAD_INTERVAL_MS", interval),
        ];
        Server::serve(&self.folder, &settings)
    }

    fn check(&self) -> Outcome {
        let mut check = vestibule();
        check.args(["config", "check"]).env("VESTIBULE_SERVER_HTTPS", "127.0.0.1:0");
        check.env("VESTIBULE_SERVER_TLS_CERTIFICATE", &self.certificate);
        run(check.env("VESTIBULE_SERVER_TLS_KEY", &self.key))
    }

    /// `vestibule dev` whose administration speaks TLS with them.
    fn dev_with_encrypted_administration(&self) -> Server {
        let (certificate, key) = (self.certificate.to_str().unwrap(), self.key.to_str().unwrap());
        let settings = [
            ("VESTIBULE_SERVER_ADMIN_TLS_CERTIFICATE", certificate),
            ("VESTIBULE_SERVER_ADMIN_TLS_KEY", key),
        ];
        let log = fs::File::create(self.folder.path("err")).unwrap();
        Server::dev_logging_to(&self.folder, log, &settings)
    }
}

/// Whether somebody who trusts this certificate, and nothing else, gets to speak to the listener.
fn shows(server: &Server, listener: &str, made: &Made) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(made.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut connection = connect(&server.address(listener));
    while client.is_handshaking() {
        if client.complete_io(&mut connection).is_err() {
            return false;
        }
    }
    true
}

const FROM_1970_TO_2100: Duration = Duration::from_hours(24 * 47_482);

const OFTEN: &str = "20";
const NEVER: &str = "3600000";

#[test]
fn a_certificate_is_read_again_when_its_files_change() {
    let (old, new) = (Made::good(), Made::good());
    let files = Files::of(&old);
    let server = files.serve(OFTEN);
    assert!(shows(&server, "https", &old));
    files.write(&new.chain, &new.key);
    server.soon("new certificate", |server| shows(server, "https", &new));
    assert!(!shows(&server, "https", &old));
}

#[test]
fn a_certificate_is_read_again_on_sighup() {
    let (old, new) = (Made::good(), Made::good());
    let files = Files::of(&old);
    let server = files.serve(NEVER);
    files.write(&new.chain, &new.key);
    server.signal(Signal::HUP);
    server.soon("new certificate", |server| shows(server, "https", &new));
}

#[test]
fn files_that_are_exchanged_are_refused_with_what_is_not_in_them() {
    let made = Made::good();
    let files = Files::of(&made);
    files.write(&made.key, &made.key);
    let outcome = files.check();
    assert!(outcome.code == Some(2), "{}", outcome.err);
    assert!(outcome.err.contains("cert.pem: there is no certificate in it (PEM)"), "{}", outcome.err);
    files.write(&made.chain, &made.chain);
    let outcome = files.check();
    assert!(outcome.err.contains("key.pem: there is no private key in it (PEM; "), "{}", outcome.err);
}

#[test]
fn sighup_ends_no_service() {
    let folder = Folder::new();
    for server in [Server::serve(&folder, &[]), Server::dev(&Folder::new())] {
        server.signal(Signal::HUP);
        server.soon("word of it", |server| server.err().contains("SIGHUP"));
        assert_eq!(server.get("admin", "/healthz").status, 200);
    }
}

#[test]
fn a_certificate_without_its_key_keeps_the_old_one_and_says_so() {
    let (old, new) = (Made::good(), Made::good());
    let files = Files::of(&old);
    let server = files.serve(OFTEN);
    fs::write(&files.certificate, &new.chain).unwrap();
    server.soon("word of it", |server| {
        server.err().contains("the new certificate cannot be used; the old one is kept")
            && server.err().contains("key.pem: this is not the key of the certificate")
    });
    assert!(shows(&server, "https", &old));
    let failed = "\nvestibule_certificate_reload_failed{listener=\"https\"} 1\n";
    assert!(server.get("admin", "/metrics").body.contains(failed));
}

#[test]
fn a_broken_certificate_is_told_of_once_and_on_sighup() {
    let good = Made::good();
    let files = Files::of(&good);
    let server = files.serve(OFTEN);
    fs::write(&files.certificate, "nonsense").unwrap();
    let told = |server: &Server| server.err().matches("cannot be used; the old one is kept").count();
    server.soon("word of it", |server| told(server) == 1);
    server.signal(Signal::HUP);
    server.soon("word of it again", |server| told(server) == 2);
    fs::write(&files.certificate, &good.chain).unwrap();
    let failed = "\nvestibule_certificate_reload_failed{listener=\"https\"} 0\n";
    server.soon("a look at it", |server| server.get("admin", "/metrics").body.contains(failed));
    assert_eq!(told(&server), 2, "{}", server.err());
}

#[test]
fn a_good_certificate_is_taken_after_a_broken_one() {
    let (old, new) = (Made::good(), Made::good());
    let files = Files::of(&old);
    let server = files.serve(OFTEN);
    fs::write(&files.key, "nonsense").unwrap();
    server.soon("word of it", |server| server.err().contains("the old one is kept"));
    files.write(&new.chain, &new.key);
    server.soon("new certificate", |server| shows(server, "https", &new));
    let failed = "\nvestibule_certificate_reload_failed{listener=\"https\"} 0\n";
    assert!(server.get("admin", "/metrics").body.contains(failed));
}

#[test]
fn a_certificate_that_has_expired_takes_no_others_place() {
    let (old, expired) = (Made::good(), Made::until(2021));
    let files = Files::of(&old);
    let server = files.serve(OFTEN);
    files.write(&expired.chain, &expired.key);
    server.soon("word of it", |server| server.err().contains("cert.pem: it has expired"));
    assert!(shows(&server, "https", &old));
}

#[test]
fn a_certificate_that_has_expired_is_found_by_the_check_and_does_not_keep_a_service_from_its_start() {
    let expired = Made::until(2021);
    let files = Files::of(&expired);
    let outcome = files.check();
    assert_eq!(outcome.code, Some(2), "{}", outcome.err);
    assert!(
        outcome.err.contains("server.tls_certificate: ") && outcome.err.contains("cert.pem: it has expired")
    );
    let server = files.serve(NEVER);
    server.soon("word of it", |server| server.err().contains("clients will refuse the certificate"));
}

#[test]
fn a_certificate_that_is_a_pipe_is_refused_and_not_waited_for() {
    let files = Files::of(&Made::good());
    fs::remove_file(&files.certificate).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&files.certificate).status().unwrap().success());
    let outcome = files.check();
    assert!(outcome.code == Some(2), "{}", outcome.err);
    assert!(outcome.err.contains("cert.pem: this is not a regular file"), "{}", outcome.err);
}

#[test]
fn how_long_a_certificate_is_good_for_is_a_metric() {
    let files = Files::of(&Made::good());
    let server = files.serve(NEVER);
    let metrics = server.get("admin", "/metrics").body;
    let start = "vestibule_certificate_remaining_seconds{listener=\"https\"} ";
    let left: f64 = metrics.lines().find_map(|line| line.strip_prefix(start)).unwrap().parse().unwrap();
    // The files were written a moment ago.
    let ends = UNIX_EPOCH + FROM_1970_TO_2100;
    let written = fs::metadata(&files.key).unwrap().modified().unwrap();
    let expected = ends.duration_since(written).unwrap();
    assert!((left - expected.as_secs_f64()).abs() < 120.0, "{left} {expected:?}");
}

#[test]
fn a_service_does_not_start_with_a_key_of_another_certificate() {
    let files = Files::of(&Made::good());
    fs::write(&files.key, Made::good().key).unwrap();
    let text = format!(
        "[server]\nhttps = \"127.0.0.1:0\"\ntls_certificate = {:?}\ntls_key = {:?}\n",
        files.certificate, files.key
    );
    let file = files.folder.file("vestibule.toml", &text);
    let outcome = run(crate::support::vestibule().args(["config", "check", "--config"]).arg(file));
    let expected = "vestibule.toml: server.tls_key: ";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
    assert!(outcome.err.contains("key.pem: this is not the key of the certificate"), "{}", outcome.err);
}

#[test]
fn certificates_of_both_listeners_that_cannot_be_used_are_told_at_once() {
    let files = Files::of(&Made::good());
    fs::write(&files.certificate, "nonsense").unwrap();
    let (certificate, key) = (&files.certificate, &files.key);
    let pair =
        |listener| format!("{listener}tls_certificate = {certificate:?}\n{listener}tls_key = {key:?}\n");
    let text = format!("[server]\nhttps = \"127.0.0.1:0\"\n{}{}", pair(""), pair("admin_"));
    let file = files.folder.file("vestibule.toml", &text);
    let outcome = run(crate::support::vestibule().args(["config", "check", "--config"]).arg(file));
    for key in ["server.tls_certificate: ", "server.admin_tls_certificate: "] {
        assert!(outcome.err.contains(key), "{}", outcome.err);
    }
}

#[test]
fn administration_that_speaks_tls_may_leave_loopback() {
    let files = Files::of(&Made::good());
    let pair = format!("admin_tls_certificate = {:?}\nadmin_tls_key = {:?}\n", files.certificate, files.key);
    let check = |pair: &str| {
        let text = format!("[server]\nadmin = \"192.0.2.1:8081\"\n{pair}");
        let file = files.folder.file("vestibule.toml", &text);
        run(crate::support::vestibule().args(["config", "check", "--config"]).arg(file)).code
    };
    assert_eq!([check(""), check(&pair)], [Some(2), Some(0)]);
}

#[test]
fn administration_speaks_tls() {
    let made = Made::good();
    let files = Files::of(&made);
    let server = files.dev_with_encrypted_administration();
    assert!(server.out().contains("\n# admin  https://127.0.0.1:"), "{}", server.out());
    assert!(shows(&server, "admin", &made));
}

#[test]
fn the_command_line_asks_an_administration_that_speaks_tls() {
    let files = Files::of(&Made::good());
    let server = files.dev_with_encrypted_administration();
    let port = server.address("admin").rsplit(':').next().unwrap().to_owned();
    let url = format!("https://localhost:{port}");
    let mut login = ask_as(&files.folder);
    login.args(["login", "admin", "--password-stdin", "--server", &url, "--ca"]).arg(&files.certificate);
    let outcome = give(&mut login, "admin-password");
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let listed = run(ask_as(&files.folder).args(["account", "list"]));
    assert!(listed.code == Some(0) && listed.out.contains("12345678"), "{} {}", listed.out, listed.err);
}

#[test]
fn a_service_that_cannot_be_spoken_to_because_of_tls_is_told_with_what_to_do() {
    let files = Files::of(&Made::good());
    let secure = files.dev_with_encrypted_administration();
    let folder = Folder::new();
    let plain = Server::dev(&folder);
    let err = |scheme: &str, server: &Server, further: &[&str]| {
        let port = server.address("admin").rsplit(':').next().unwrap().to_owned();
        let mut login = ask_as(&files.folder);
        login.args([
            "login",
            "admin",
            "--password-stdin",
            "--server",
            &format!("{scheme}://localhost:{port}"),
        ]);
        let outcome = give(login.args(further), "admin-password");
        assert_eq!(outcome.code, Some(7), "{}", outcome.err);
        outcome.err
    };
    let refused = err("https", &secure, &[]);
    assert!(refused.contains("UnknownIssuer") && refused.contains("--ca FILE"), "{refused}");
    let other = files.folder.file("other.pem", &Made::good().chain);
    let refused = err("https", &secure, &["--ca", other.to_str().unwrap()]);
    assert!(refused.contains("--ca FILE"), "{refused}");
    let refused = err("https", &plain, &[]);
    assert!(refused.contains("write http://localhost:"), "{refused}");
    let refused = err("http", &secure, &[]);
    assert!(refused.contains("; if it speaks TLS there, write https://localhost:"), "{refused}");
}

#[test]
fn a_servers_certificate_that_is_an_authoritys_is_warned_of() {
    let files = Files::of(&Made::authority());
    let outcome = files.check();
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "OK\n"));
    let expected = "cert.pem: this is the certificate of an authority (CA:TRUE), which many clients refuse";
    assert!(
        outcome.err.contains("server.tls_certificate: ") && outcome.err.contains(expected),
        "{}",
        outcome.err
    );
    let server = files.serve(NEVER);
    server.soon("the warning", |server| server.err().contains("the certificate of an authority (CA:TRUE)"));
    assert_eq!(Files::of(&Made::good()).check().err, "");
}

#[test]
fn the_command_line_says_that_a_service_shows_the_certificate_of_an_authority() {
    let files = Files::of(&Made::authority());
    let server = files.dev_with_encrypted_administration();
    let port = server.address("admin").rsplit(':').next().unwrap().to_owned();
    let url = format!("https://localhost:{port}");
    let mut login = ask_as(&files.folder);
    login.args(["login", "admin", "--password-stdin", "--server", &url, "--ca"]).arg(&files.certificate);
    let outcome = give(&mut login, "admin-password");
    assert_eq!(outcome.code, Some(7), "{}", outcome.err);
    assert!(outcome.err.contains("it shows the certificate of an authority (CA:TRUE)"), "{}", outcome.err);
    assert!(!outcome.err.contains("OtherError") && !outcome.err.contains("--ca"), "{}", outcome.err);
}

#[test]
fn a_certificate_of_administration_without_its_key_is_refused() {
    let files = Files::of(&Made::good());
    let text = format!("[server]\nadmin_tls_certificate = {:?}\n", files.certificate);
    let file = files.folder.file("vestibule.toml", &text);
    let outcome = run(crate::support::vestibule().args(["config", "check", "--config"]).arg(file));
    let expected = "vestibule.toml: server.admin_tls_certificate: needs server.admin_tls_key";
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}
