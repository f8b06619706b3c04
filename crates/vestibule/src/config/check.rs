//! What no single value shows: values that do not go together, or that one command does not allow.

use std::net::SocketAddr;

use super::files;
use super::findings::Conflict;
use super::{Config, Purpose, ServerSettings};

/// The least memory times iterations of a password hash, in KiB: what every pair that OWASP's cheat sheet on storing
/// passwords has for Argon2id comes to at the least.
const LEAST_WORK_KIB: u64 = 7_168 * 5;

/// Room for what a connection takes while its body is waited for, generously.
const WHILE_WAITING: usize = 65_536;

/// Everything that does not go together.
pub(super) fn conflicts(config: &Config, purpose: Purpose) -> Vec<Conflict> {
    let mut found = Vec::new();
    hashing(config, &mut found);
    if config.master_key.file.is_some() && config.master_key.environment.is_some() {
        let keys = ["master_key.environment", "master_key.file"];
        found.push(Conflict::of(&keys, "master_key.file is set as well: choose one"));
    }
    if config.login.failures_per_minute > 0 && config.login.failure_burst == 0 {
        let keys = ["login.failure_burst", "login.failures_per_minute"];
        found.push(Conflict::of(&keys, "with 0 every login would be refused"));
    }
    bodies(config, &mut found);
    files::one_file_twice(config, &mut found);
    one_address_twice(config, &mut found);
    transport_of_gateways(config, purpose, &mut found);
    certificate_of_admin(&config.server, &mut found);
    origin_of_admin(config, &mut found);
    match purpose {
        Purpose::Service => {
            transport(&config.server, &mut found);
            certificate(&config.server, &mut found);
            administration(&config.server, &mut found);
        }
        Purpose::Development => loopback_only(config, &mut found),
    }
    found
}

fn bodies(config: &Config, found: &mut Vec<Conflict>) {
    const KEYS: [&str; 2] = ["limits.unread_body_bytes", "limits.body_bytes"];
    if config.limits.unread_body_bytes < config.limits.body_bytes.saturating_add(WHILE_WAITING) {
        found.push(Conflict::of(&KEYS, "has to be at least 65536 more than limits.body_bytes"));
    }
}

fn hashing(config: &Config, found: &mut Vec<Conflict>) {
    const KEYS: [&str; 3] = ["hashing.memory_kib", "hashing.iterations", "hashing.parallelism"];
    let params = config.hashing.params();
    if let Err(error) = params.checked() {
        found.push(Conflict::of(&KEYS, error));
    } else if u64::from(params.memory_kib) * u64::from(params.iterations) < LEAST_WORK_KIB {
        let reason = format!(
            "too little work for whoever guesses: memory_kib times iterations must be {LEAST_WORK_KIB} at the least"
        );
        found.push(Conflict::of(&KEYS, reason));
    }
}

type Listener = (&'static str, Option<SocketAddr>);

fn listeners(Config { server, gateways, .. }: &Config) -> [Listener; 4] {
    [
        ("server.http", server.http.map(|address| address.0)),
        ("server.https", server.https.map(|address| address.0)),
        ("server.admin", Some(server.admin.0.0)),
        ("gateways.grpc", gateways.grpc.map(|address| address.0)),
    ]
}

/// An address for everything of this machine is also each of its addresses.
fn one_address_twice(config: &Config, found: &mut Vec<Conflict>) {
    let listeners = listeners(config);
    for (number, (key, address)) in listeners.iter().enumerate() {
        for (other_key, other) in listeners.iter().take(number) {
            let (Some(address), Some(other)) = (address, other) else { continue };
            let overlap =
                address.ip() == other.ip() || address.ip().is_unspecified() || other.ip().is_unspecified();
            if address.port() != 0 && address.port() == other.port() && overlap {
                let reason = format!("{address} is taken by {other_key} ({other}): choose another port");
                found.push(Conflict::of(&[key, other_key], reason));
            }
        }
    }
}

fn transport_of_gateways(config: &Config, purpose: Purpose, found: &mut Vec<Conflict>) {
    if !config.gateways.grpc_tls {
        return;
    }
    if config.gateways.grpc.is_none() {
        let reason = "has no effect, because gateways.grpc is off";
        found.push(Conflict::of(&["gateways.grpc_tls", "gateways.grpc"], reason));
    } else if config.server.https.is_none() && purpose == Purpose::Service {
        let reason = "needs server.https, whose certificate is shown";
        found.push(Conflict::of(&["gateways.grpc_tls", "server.https"], reason));
    }
}

fn transport(server: &ServerSettings, found: &mut Vec<Conflict>) {
    if server.http.is_none() && server.https.is_none() {
        let reason = "http and https are both off: nobody could log in";
        found.push(Conflict::of(&["server.http", "server.https"], reason));
    }
}

fn certificate(server: &ServerSettings, found: &mut Vec<Conflict>) {
    let files = [("server.tls_certificate", &server.tls_certificate), ("server.tls_key", &server.tls_key)];
    for (key, file) in files {
        match (&server.https, file) {
            (Some(_), None) => found.push(Conflict::of(&["server.https", key], format!("needs {key}"))),
            (None, Some(_)) => {
                found
                    .push(Conflict::of(&[key, "server.https"], "has no effect, because server.https is off"));
            }
            _ => {}
        }
    }
}

fn certificate_of_admin(server: &ServerSettings, found: &mut Vec<Conflict>) {
    const KEYS: [&str; 2] = ["server.admin_tls_certificate", "server.admin_tls_key"];
    let [certificate, key] = KEYS;
    match (&server.admin_tls_certificate, &server.admin_tls_key) {
        (Some(_), None) => found.push(Conflict::of(&KEYS, format!("needs {key}"))),
        (None, Some(_)) => found.push(Conflict::of(&[key, certificate], format!("needs {certificate}"))),
        _ => {}
    }
}

/// What identity providers send administrators back with does not travel in clear.
fn origin_of_admin(config: &Config, found: &mut Vec<Conflict>) {
    if config.admin.public_origin.as_ref().is_some_and(|origin| !origin.is_private()) {
        let reason = "has to begin with https://, unless it is a name of this machine alone, such as http://localhost:8081";
        found.push(Conflict::of(&["admin.public_origin"], reason));
    }
}

/// Administrators' passwords do not travel in clear.
fn administration(server: &ServerSettings, found: &mut Vec<Conflict>) {
    let address = server.admin.0.0;
    if address.ip().to_canonical().is_loopback()
        || server.admin_behind_tls
        || server.admin_tls_certificate.is_some()
    {
        return;
    }
    let reason = format!(
        "{address} is not a loopback address, and administrators would send their passwords there in clear. Give it a \
         certificate (admin_tls_certificate, admin_tls_key), or, if something before it encrypts, say so with \
         admin_behind_tls = true"
    );
    found.push(Conflict::of(&["server.admin", "server.admin_behind_tls"], reason));
}

fn loopback_only(config: &Config, found: &mut Vec<Conflict>) {
    for (key, address) in listeners(config) {
        let Some(address) = address.filter(|address| !address.ip().to_canonical().is_loopback()) else {
            continue;
        };
        let reason = format!(
            "{address} is not a loopback address: `vestibule dev` has passwords that everybody knows, and answers this \
             machine only; use `vestibule serve` for others"
        );
        found.push(Conflict::of(&[key], reason));
    }
}
