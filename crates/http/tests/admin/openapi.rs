//! `/admin/v1/openapi.json`, and the golden file.
//!
//! After a change of the interface: `UPDATE_GOLDEN=1 cargo test -p vestibule-http --test admin openapi`.

use std::fs;
use std::path::Path;

use serde_json::Value;
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

/// What is made twice because an answer was lost is in somebody's way.
#[test]
fn every_creation_takes_an_idempotency_key() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let (mut creations, mut without) = (0, Vec::new());
    for (path, methods) in description["paths"].as_object().unwrap() {
        let operation = &methods["post"];
        if operation["responses"]["201"].is_null() {
            continue;
        }
        creations += 1;
        let parameters = operation["parameters"].as_array();
        if !parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key")) {
            without.push(path);
        }
    }
    assert!(creations > 0 && without.is_empty(), "{without:?}");
}

/// Two shapes of one name would be described as one of them, whichever came last.
#[test]
fn every_shape_has_a_name_of_its_own() {
    let mut names = Vec::new();
    names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/admin"), &mut names);
    assert!(names.len() > 20, "the shapes were not found");
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a name stands twice: {names:?}");
}

/// The names of the shapes in the files of a folder.
fn names_in(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_in(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            names.extend(text.split("ToSchema)]").skip(1).filter_map(name));
        }
    }
}

/// The name in what follows the derive: another that it is given, or that of the type.
fn name(text: &str) -> Option<String> {
    let head = text.split_once('{')?.0;
    let word = |after: &str| {
        let rest = head.split_once(after)?.1;
        let end = rest.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(rest.len());
        Some(rest[..end].to_owned())
    };
    word("schema(as = ").or_else(|| word("struct ")).or_else(|| word("enum "))
}

#[tokio::test]
async fn the_description_is_served_to_anybody() {
    let house = House::start().await;
    let answer =
        house.server.admin_request(reqwest::Method::GET, "/admin/v1/openapi.json").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), admin::openapi());
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let methods =
        description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    let mut names: Vec<&str> =
        methods.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

#[test]
fn every_answer_says_in_words_what_it_is() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                assert!(answer["description"].is_string(), "{method} {path} {status}");
            }
        }
    }
}
