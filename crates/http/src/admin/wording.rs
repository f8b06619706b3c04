//! What is wrong with a body, in words of the interface: without the value, which may be a password, and without those of the
//! language that the service is written in.

use serde_json::error::Category;
use vestibule_model::expected_kind;

/// The longest text about what is wrong, in characters: it may repeat a name that the caller chose.
const LONGEST: usize = 300;

/// What is wrong, without the value; with line and column if it was found in a text.
pub(super) fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let is_of_names =
        ["unknown field", "missing field", "duplicate field"].iter().any(|kind| text.starts_with(kind));
    if is_of_names {
        return text.chars().take(LONGEST).collect();
    }
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!(", line {line} column {column}"),
    };
    match error.classify() {
        Category::Data => match expected_kind(&text) {
            Some(expected) => format!("a value of the wrong kind: this has to be {expected}{place}"),
            None => format!("a value of the wrong kind{place}"),
        },
        Category::Io | Category::Syntax | Category::Eof => format!("no JSON{place}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Choice {
        First,
        Second,
        Third,
    }

    fn said<T: DeserializeOwned>(value: Value) -> String {
        match serde_json::from_value::<T>(value) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => without_values(&error),
        }
    }

    #[test]
    fn what_is_already_read_has_no_place() {
        assert_eq!(said::<String>(json!(5)), "a value of the wrong kind: this has to be a string");
    }

    #[test]
    fn the_place_in_a_text_is_told() {
        let error = serde_json::from_str::<Vec<bool>>("[true,\n 5]").unwrap_err();
        assert_eq!(
            without_values(&error),
            "a value of the wrong kind: this has to be true or false, line 2 column 2"
        );
        let broken = serde_json::from_str::<Value>("{").unwrap_err();
        assert_eq!(without_values(&broken), "no JSON, line 1 column 1");
    }

    #[test]
    fn kinds_are_told_in_words_of_json() {
        assert_eq!(
            [said::<u32>(json!(-1)), said::<i64>(json!("x")), said::<Vec<u8>>(json!({}))],
            [
                "a whole number, 0 or more, that is not too large",
                "a whole number that is not too large",
                "a list"
            ]
            .map(|kind| format!("a value of the wrong kind: this has to be {kind}"))
        );
        assert!(
            said::<Choice>(json!("fourth")).ends_with("this has to be one of `first`, `second`, `third`")
        );
    }

    #[test]
    fn no_value_is_repeated() {
        for secret in
            ["hunter2", ", expected `hunter2`", ", expected one of `hunter2`, `x`", "x at line hunter2"]
        {
            assert!(!said::<Choice>(json!(secret)).contains("hunter2"), "{secret}");
            assert!(!said::<bool>(json!(secret)).contains("hunter2"), "{secret}");
        }
    }
}
