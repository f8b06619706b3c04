//! What is to be set: the fields of a new thing, or of a change, as the API names them.

use serde_json::{Map, Value};

use crate::input_error::InputError;

/// Fields that hold secrets, which are never taken from arguments.
const SECRET: [&str; 7] =
    ["password", "secret", "token", "access_token_secret", "password_hash", "client_secret", "private_key"];

/// The word for "no value".
const NONE: &str = "none";

/// Fields with the values that they are to have.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Sets a field, if there is a value.
    pub(crate) fn put(&mut self, field: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value.into());
        }
    }

    /// Sets a field to a value, or to null if that is `none`.
    pub(crate) fn put_or_none(&mut self, field: &str, value: Option<&str>) {
        let value = value.map(|value| if value == NONE { Value::Null } else { scalar(value) });
        self.put(field, value);
    }

    /// Sets a field of an object to a text, or to null if that is `none`.
    pub(crate) fn put_text_within(&mut self, object: &str, field: &str, text: Option<&str>) {
        let Some(text) = text else { return };
        let value = if text == NONE { Value::Null } else { text.into() };
        let within = self.0.entry(object.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Some(within) = within.as_object_mut() {
            within.insert(field.to_owned(), value);
        }
    }

    /// The value that a field is to have.
    pub(crate) fn get_mut(&mut self, field: &str) -> Option<&mut Value> {
        self.0.get_mut(field)
    }

    /// Whether nothing is to be set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a list, if there are values; `none` alone is the empty list.
    pub(crate) fn put_list(&mut self, field: &str, values: &[impl AsRef<str>]) {
        if let Some(values) = list(values) {
            self.put(field, Some(values.into_iter().map(Value::from).collect::<Vec<_>>()));
        }
    }

    /// Sets a list of whole numbers; `flag` gave them.
    pub(crate) fn put_numbers(
        &mut self,
        field: &str,
        flag: &str,
        values: &[String],
    ) -> Result<(), InputError> {
        let Some(values) = list(values) else { return Ok(()) };
        let number = |text: &String| text.trim().parse::<i64>();
        let numbers: Result<Vec<i64>, _> = values.iter().map(number).collect();
        self.put(field, Some(numbers.map_err(|_| InputError::new(flag, "write whole numbers, or none"))?));
        Ok(())
    }

    /// Sets what `name=value` says; the name may be a path with dots.
    pub(crate) fn assign(&mut self, assignment: &str) -> Result<(), InputError> {
        let flag = "--field";
        let (path, value) = assignment.split_once('=').ok_or_else(|| {
            InputError::new(flag, "write NAME=VALUE, such as session_policy.idle_seconds=3600")
        })?;
        let names: Vec<&str> = path.split('.').collect();
        if names.iter().any(|name| name.is_empty()) {
            return Err(InputError::new(flag, "a name between two dots is empty"));
        }
        if names.iter().any(|name| SECRET.contains(name)) {
            let reason = "a secret is never an argument: others on this machine can see it there";
            return Err(InputError::new(format_args!("{flag} {path}"), reason));
        }
        let Some((last, above)) = names.split_last() else { return Ok(()) };
        let mut object = &mut self.0;
        for name in above {
            let below = object.entry((*name).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            let Some(below) = below.as_object_mut() else { return Ok(()) };
            object = below;
        }
        object.insert((*last).to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
        Ok(())
    }

    /// All assignments, one after the other.
    pub(crate) fn assign_all(&mut self, assignments: &[String]) -> Result<(), InputError> {
        assignments.iter().try_for_each(|assignment| self.assign(assignment))
    }

    /// The body of a creation.
    pub(crate) fn into_body(self) -> Value {
        Value::Object(self.0)
    }

    /// The body of a change, which has to change something.
    pub(crate) fn into_patch(self) -> Result<Value, InputError> {
        if self.0.is_empty() {
            return Err(InputError::new(
                "set",
                "nothing to change: name what is to have another value, see --help",
            ));
        }
        Ok(self.into_body())
    }
}

/// The values, where there are any; `none` alone stands for no value.
pub(crate) fn list(values: &[impl AsRef<str>]) -> Option<Vec<String>> {
    match values {
        [] => None,
        [only] if only.as_ref() == NONE => Some(Vec::new()),
        values => Some(values.iter().map(|value| value.as_ref().to_owned()).collect()),
    }
}

/// A whole number as that, everything else as text.
fn scalar(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn assigned(assignments: &[&str]) -> Value {
        let mut fields = Fields::default();
        for assignment in assignments {
            fields.assign(assignment).unwrap();
        }
        fields.into_body()
    }

    #[test]
    fn a_value_is_json_where_it_can_be_and_text_elsewhere() {
        let expected = json!({ "a": 1, "b": true, "c": "x=y", "d": null, "e": ["f"], "g": "1 a" });
        assert_eq!(assigned(&["a=1", "b=true", "c=x=y", "d=null", r#"e=["f"]"#, "g=1 a"]), expected);
    }

    #[test]
    fn a_path_with_dots_goes_into_the_thing() {
        let expected = json!({ "lockout_policy": { "failures": 9, "unlock": { "after-minutes": 5 } } });
        let assignments = ["lockout_policy.failures=9", "lockout_policy.unlock.after-minutes=5"];
        assert_eq!(assigned(&assignments), expected);
    }

    #[test]
    fn secrets_are_refused_and_not_shown() {
        for assignment in ["password=hunter2", "secret=hunter2", "a.token=hunter2"] {
            let refusal = Fields::default().assign(assignment).unwrap_err().to_string();
            assert!(refusal.contains("never an argument") && !refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for assignment in ["", "a", "=1", "a..b=1", ".a=1"] {
            assert!(Fields::default().assign(assignment).is_err(), "{assignment}");
        }
    }

    #[test]
    fn none_takes_a_value_away() {
        let mut fields = Fields::default();
        fields.put_or_none("parent", Some("none"));
        fields.put_text_within("look", "name", Some("7"));
        fields.put_text_within("look", "accent", Some("none"));
        fields.put_text_within("look", "contact", None);
        fields.put_list("profiles", &["none"]);
        fields.put_list("skills", &["1", "2"]);
        fields.put_list("left_out", &[] as &[&str]);
        let look = json!({ "name": "7", "accent": null });
        let expected = json!({ "parent": null, "look": look, "profiles": [], "skills": ["1", "2"] });
        assert_eq!(fields.into_body(), expected);
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        assert!(Fields::default().into_patch().is_err());
    }
}
