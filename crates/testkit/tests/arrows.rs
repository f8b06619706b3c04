//! The arrows between the crates: who may depend on whom. A new arrow is a decision, and is written down here.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace, and the crates of the workspace that it may depend on (tests aside).
const ARROWS: [(&str, &[&str]); 17] = [
    ("vestibule-model", &[]),
    ("vestibule-crypto", &["model"]),
    ("vestibule-store", &["model"]),
    ("vestibule-store-sqlite", &["model", "store"]),
    ("vestibule-auth", &["model", "crypto", "oauth1", "oidc", "saml", "store"]),
    ("vestibule-ext-authz", &[]),
    ("vestibule-oauth1", &["model"]),
    ("vestibule-oidc", &["model"]),
    ("vestibule-pages", &[]),
    ("vestibule-saml", &["model"]),
    ("vestibule-outgoing", &["model", "auth"]),
    ("vestibule-serve", &["model"]),
    ("vestibule-console", &["model", "auth", "pages", "serve"]),
    ("vestibule-http", &["model", "auth", "ext-authz", "pages", "serve", "oauth1", "oidc", "saml"]),
    (
        "vestibule",
        &["model", "crypto", "store", "store-sqlite", "auth", "serve", "http", "console", "outgoing", "saml"],
    ),
    (
        "vestibule-testkit",
        &["model", "crypto", "store", "store-sqlite", "auth", "serve", "http", "console", "oidc", "saml"],
    ),
    (
        "vestibule-bench",
        &[
            "model",
            "crypto",
            "store",
            "store-sqlite",
            "auth",
            "serve",
            "http",
            "console",
            "testkit",
            "ext-authz",
            "oauth1",
            "saml",
        ],
    ),
];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a string")
}

#[test]
fn every_dependency_between_crates_is_an_arrow_of_the_design() {
    for package in packages() {
        let name = text(&package, "name");
        let (_, allowed) = ARROWS.iter().find(|(known, _)| *known == name).expect("a crate of the design");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = text(dependency, "name");
            if on.starts_with("vestibule") && dependency["kind"].is_null() {
                let short = on.trim_start_matches("vestibule-");
                assert!(allowed.contains(&short), "{name} must not depend on {on}");
            }
        }
    }
}

#[test]
fn every_crate_of_the_design_exists() {
    let names: Vec<String> = packages().iter().map(|package| text(package, "name").to_owned()).collect();
    for (name, _) in ARROWS {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

#[test]
fn the_model_and_the_engine_know_no_http_and_no_database() {
    let foreign = ["hyper", "axum", "http", "rusqlite", "tokio-postgres", "reqwest"];
    for package in packages() {
        let name = text(&package, "name");
        if ["vestibule-model", "vestibule-crypto", "vestibule-store", "vestibule-auth"].contains(&name) {
            for dependency in package["dependencies"].as_array().expect("dependencies") {
                assert!(!foreign.contains(&text(dependency, "name")), "{name}: {}", dependency["name"]);
            }
        }
    }
}

/// Within the HTTP server: layers are under the server loop, and nothing of it is known to them.
#[test]
fn the_layers_do_not_know_the_server_loop() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../serve/src/layers");
    let files: Vec<_> =
        fs::read_dir(folder).expect("the layers").map(|entry| entry.expect("a file")).collect();
    assert!(files.len() > 5, "the layers are elsewhere");
    for file in files {
        let text = fs::read_to_string(file.path()).expect("a source file");
        assert!(!text.contains("crate::server"), "{} must not know the server loop", file.path().display());
    }
}
