//! `/admin/v1/openapi.json`, and the golden file.
//!
//! After a change of the interface: `UPDATE_GOLDEN=1 cargo test -p vestibule-http --test admin openapi`.

use std::fs;
use std::path::Path;

use vestibule_http::admin;

use crate::support::House;

#[test]
fn the_description_is_the_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, admin::openapi()).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap_or_default() == admin::openapi(),
        "docs/api/openapi.json is another"
    );
}

#[tokio::test]
async fn the_description_is_served_to_anybody() {
    let house = House::start().await;
    let answer =
        house.server.admin_request(reqwest::Method::GET, "/admin/v1/openapi.json").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), admin::openapi());
}

#[test]
fn no_two_things_are_described_under_one_name() {
    let description: serde_json::Value = serde_json::from_str(&admin::openapi()).unwrap();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    // What types are called in several files of the code: the later would be described as the earlier.
    for name in ["Item", "Page", "Wanted", "Details", "Shown", "Made", "Entry", "Token", "Tokens"] {
        assert!(!schemas.contains_key(name), "{name} says nothing of what it is");
    }
}
