//! `/admin/v1/openapi.json`, and the golden file.
//!
//! After a change of the interface: `UPDATE_GOLDEN=1 cargo test -p vestibule-http --test admin openapi`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vestibule_http::admin;

use crate::support::Instance;

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
    let instance = Instance::start().await;
    let answer =
        instance.server.admin_request(reqwest::Method::GET, "/admin/v1/openapi.json").send().await.unwrap();
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
                let answer = resolved(&description, answer);
                assert!(answer["description"].is_string(), "{method} {path} {status}");
            }
        }
    }
}

/// Every operation, with its method and path.
fn operations() -> Vec<(String, Value)> {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let of_path = methods.as_object().unwrap().iter();
        of_path.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
    });
    all.collect()
}

/// What a reference leads to, or the thing itself.
fn resolved<'a>(description: &'a Value, thing: &'a Value) -> &'a Value {
    match thing["$ref"].as_str() {
        Some(place) => description.pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => thing,
    }
}

/// Every reference in a part of the description.
fn references(part: &Value) -> Vec<&str> {
    let inner: Vec<&Value> = match part {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    part["$ref"].as_str().into_iter().chain(inner.into_iter().flat_map(references)).collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let all = references(&description);
    assert!(all.len() > 500);
    for place in all {
        assert!(description.pointer(place.trim_start_matches('#')).is_some(), "{place}");
    }
}

/// The contents of a body or of an answer.
fn contents(place: &Value) -> Vec<&Value> {
    place["content"].as_object().into_iter().flat_map(|contents| contents.values()).collect()
}

#[test]
fn every_body_every_answer_and_every_variable_of_a_path_has_an_example() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let mut without = Vec::new();
    for (name, operation) in operations() {
        let answers = operation["responses"].as_object().unwrap().values();
        let answers = answers.map(|answer| resolved(&description, answer));
        let all = contents(&operation["requestBody"]).into_iter().chain(answers.flat_map(contents));
        if all.clone().any(|content| content["example"].is_null()) {
            without.push(name.clone());
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut named = parameters.filter(|parameter| parameter["required"] == true);
        if named.any(|parameter| parameter["example"].is_null()) {
            without.push(format!("a parameter of {name}"));
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_operation_says_who_may_call_it() {
    for (name, operation) in operations() {
        let words = operation["description"].as_str().unwrap_or_default();
        assert!(words.contains("**Who may:** "), "{name}");
        let roles = operation["security"][0]["bearer"].as_array();
        let is_open = ["post /admin/v1/login", "post /admin/v1/password"].contains(&name.as_str());
        assert_eq!(roles.is_none_or(Vec::is_empty), is_open, "{name}");
    }
}

#[test]
fn every_refusal_is_described_as_the_problem_that_it_is() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let mut refusals = 0;
    for (name, operation) in operations() {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let answer = resolved(&description, answer);
            if status.starts_with(['4', '5']) {
                refusals += 1;
                let schema = &answer["content"]["application/problem+json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{name} {status}");
                assert_eq!(answer["content"].as_object().unwrap().len(), 1, "{name} {status}");
            }
        }
    }
    assert!(refusals > 300, "{refusals}");
}

/// Generators of clients give one name to two shapes that have none, and lose one of them.
#[test]
fn every_object_has_a_name() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let mut nameless = Vec::new();
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let parts = schema["properties"].as_object().into_iter().flat_map(|fields| fields.values());
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        let all = parts.chain(choices).flat_map(|part| [part, &part["items"]]);
        if all.clone().any(|part| part["properties"].is_object()) {
            nameless.push(name);
        }
    }
    assert!(nameless.is_empty(), "{nameless:?}");
    assert!(
        description["components"]["schemas"]["ConcurrencyManyDetails"]["properties"]["limit"].is_object()
    );
}

#[test]
fn limits_are_told() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    assert_eq!(schemas["Name"]["maxLength"], 254);
    assert_eq!(schemas["PasswordPolicy"]["properties"]["min_length"]["maximum"], 128);
    let parameters = description["paths"]["/admin/v1/accounts"]["get"]["parameters"].as_array().unwrap();
    let limit = &parameters.iter().find(|parameter| parameter["name"] == "limit").unwrap()["schema"];
    assert_eq!((&limit["minimum"], &limit["maximum"]), (&json!(1), &json!(1_000)));
}
