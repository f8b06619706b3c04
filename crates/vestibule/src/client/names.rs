//! From what people call a thing to its id.

use std::ops::ControlFlow;

use serde_json::Value;
use vestibule_model::AccountId;

use super::failure::ServiceError;
use super::http::Client;
use super::pages::{Extent, walk};
use super::resource_path::ResourcePath;
use crate::input_error::InputError;

/// What kind of thing is looked for, and where.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// The collection.
    pub(crate) place: ResourcePath,
    /// What one of them is called.
    pub(crate) what: &'static str,
    /// The fields that may hold the name.
    pub(crate) fields: &'static [&'static str],
}

/// The id of the thing that is called so; a number is an id already.
pub(crate) async fn id_of(client: &Client, named: &Named, text: &str) -> anyhow::Result<i64> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let has_name = |thing: &Value| {
        named.fields.iter().any(|field| thing.get(field).and_then(Value::as_str) == Some(text))
    };
    let mut found = Vec::new();
    walk(client, &named.place, &[], Extent::All, |page| {
        found.extend(page.iter().filter(|thing| has_name(thing)).filter_map(id));
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    only(&found, named.what, text)
}

/// The id of the user who has this login name among users or agents; a number is an id already.
pub(crate) async fn user_of(client: &Client, account: AccountId, text: &str) -> anyhow::Result<i64> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let place = ResourcePath::of("accounts").at(account).at("users");
    let query = [("name", text.to_owned())];
    let mut found = Vec::new();
    walk(client, &place, &query, Extent::All, |page| {
        found.extend(page.iter().filter(|user| is_called(user, text)).filter_map(id));
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    only(&found, "user", text)
}

/// Names of agents are the same in capitals.
fn is_called(user: &Value, text: &str) -> bool {
    let name = user.get("login_name").and_then(Value::as_str).unwrap_or_default();
    let is_agent = user.get("population").and_then(Value::as_str) == Some("agent");
    name == text || (is_agent && name.to_lowercase() == text.to_lowercase())
}

fn id(thing: &Value) -> Option<i64> {
    thing.get("id").or_else(|| thing.get("user"))?.as_i64()
}

/// The one that was found.
pub(crate) fn only(found: &[i64], what: &str, text: &str) -> anyhow::Result<i64> {
    match found {
        [] => Err(ServiceError::NoSuch(format!("there is no {what} called {text:?}")).into()),
        [id] => Ok(*id),
        several => {
            let ids: Vec<String> = several.iter().map(i64::to_string).collect();
            let reason = format!(
                "{what}s of this name are several: name the one you mean by its id, {}",
                ids.join(" or ")
            );
            Err(InputError::new(text, reason).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capitals_count_for_users_and_not_for_agents() {
        let user = |population: &str| json!({ "login_name": "Jane", "population": population });
        assert!(is_called(&user("user"), "Jane") && is_called(&user("agent"), "Jane"));
        assert!(!is_called(&user("user"), "jane") && is_called(&user("agent"), "jane"));
        assert!(!is_called(&user("agent"), "Jan"));
    }

    #[test]
    fn a_name_that_several_have_names_their_ids() {
        let refusal = only(&[3, 5], "user", "jane").unwrap_err().to_string();
        assert!(refusal.contains("3 or 5"), "{refusal}");
    }
}
