//! The clients that integrators run, unmodified, against the real program (`tests/clients/README.md`).
//!
//! `./test` installs them and says in the environment where; run by hand without that, these tests fail and say so.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod gateways;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use tempfile::TempDir;
use vestibule_testkit::Program;

/// A browser has the machine to itself: beside gateways and other browsers its pages come too late for its patience.
static MACHINE: RwLock<()> = RwLock::new(());

/// The machine, beside others.
fn shared() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a driver that has a browser, alone.
fn drive_browser(interpreter: &str, driver: &str) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    drive_with(interpreter, driver);
}

/// Runs a driver beside others.
fn drive(interpreter: &str, driver: &str) {
    let _beside = shared();
    drive_with(interpreter, driver);
}

/// Runs one driver against a development server of its own.
fn drive_with(interpreter: &str, driver: &str) {
    drive_against(interpreter, driver, &[]);
}

/// The same with settings of the server, which the driver is told too, each the name of an environment variable and its value.
fn drive_against(interpreter: &str, driver: &str, settings: &[(&str, &str)]) {
    let data = TempDir::new().expect("a temporary folder");
    let folder = data.path().to_str().expect("a path in UTF-8");
    let ports = ["--http", "--https", "--grpc", "--admin"].map(|listener| [listener, "127.0.0.1:0"]).concat();
    let arguments = [&["dev", "--data-dir", folder][..], &ports].concat();
    let program = Path::new(env!("CARGO_BIN_EXE_vestibule"));
    let server = Program::start_with(program, &arguments, settings);

    let output = Command::new(interpreter)
        .arg(drivers().join(driver))
        .envs(settings.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("VESTIBULE_HTTP", &server.http)
        // By the name under which the server tells where it is.
        .env("VESTIBULE_HTTPS", server.https.replace("127.0.0.1", "localhost"))
        .env("VESTIBULE_GRPC", &server.grpc)
        .env("VESTIBULE_ADMIN", &server.admin)
        .env("VESTIBULE_CA", data.path().join("ca.pem"))
        .env("VESTIBULE_PROGRAM", env!("CARGO_BIN_EXE_vestibule"))
        .output()
        .unwrap_or_else(|error| panic!("{interpreter} does not start: {error}"));
    assert!(output.status.success(), "{driver}: {}", said(&output));
}

/// What a driver printed.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

fn drivers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}

#[test]
fn the_python_sample_logs_in_refreshes_and_logs_out() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "python_sample.py");
}

#[test]
fn a_session_client_validates_recovers_and_changes_its_password() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "livevox_session.py");
}

#[test]
fn schemathesis_finds_nothing_that_the_description_does_not_describe() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "openapi/conformance.py");
}

#[test]
fn a_client_that_is_generated_from_the_description_administers() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "openapi/generated_client.py");
}

#[test]
fn the_node_agent_sdk_logs_in_refreshes_and_recovers() {
    drive("node", "node_agent_sdk.js");
}

#[test]
fn lpf_logs_in_and_refreshes() {
    drive("node", "lpf.js");
}

#[test]
fn chromium_goes_through_the_pages_and_axe_finds_nothing() {
    drive_browser("node", "pages.js");
}

#[test]
fn chromium_goes_through_the_console_and_axe_finds_nothing() {
    drive_browser("node", "console.js");
}

#[test]
fn forms_of_the_console_lose_nothing_and_do_things_once() {
    drive_browser("node", "console_forms.js");
}

#[test]
fn somebody_who_begins_goes_the_whole_way_through_the_console() {
    drive_browser("node", "console_path.js");
}

#[test]
fn what_is_stored_is_text_on_every_page_of_the_console() {
    drive_browser("node", "console_markup.js");
}

#[test]
fn curl_speaks_http_https_and_http_2() {
    drive("bash", "curl.sh");
}

#[test]
fn openid_client_signs_a_user_in_refreshes_and_revokes() {
    drive("node", "openid_client.js");
}

#[test]
fn authlib_signs_a_user_in_refreshes_and_revokes() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "authlib_client.py");
}

#[test]
fn the_functions_client_gets_a_token_in_its_own_name() {
    drive("node", "functions_client.js");
}

#[test]
fn people_log_in_through_simplesamlphp() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "sso/simplesamlphp.py");
}

#[test]
fn people_log_in_through_an_openid_provider_and_are_logged_out_by_it() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "sso/oidc_provider.py");
}

#[test]
fn people_log_in_through_a_mock_openid_provider_and_none_of_its_flaws_is_taken() {
    drive("node", "sso/oauth2_mock_server.js");
}

#[test]
fn an_operator_connects_identity_providers_and_finds_what_is_wrong_with_them() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "sso/wrong_peers.py");
}

#[test]
fn grpclib_asks_as_envoy_does() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive(&python, "ext_authz.py");
}

#[test]
fn grpclib_asks_as_envoy_does_over_tls() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    let _beside = shared();
    drive_against(&python, "ext_authz.py", &[("VESTIBULE_GATEWAYS_GRPC_TLS", "true")]);
}

#[test]
fn the_requests_of_the_demo_application_are_answered() {
    drive("node", "demo_app.js");
}

#[test]
fn chromium_goes_through_both_identity_providers_and_axe_finds_nothing() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    drive_browser(&python, "sso/dance.py");
}
