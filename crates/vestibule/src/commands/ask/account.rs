//! `vestibule account …`

use serde_json::{Value, json};

use super::crud::{Collection, extent, list_of};
use crate::client::{Fields, ResourcePath, Service, confirm};
use crate::command_line::{AccountAction, SetAccount};
use crate::input_error::InputError;

fn accounts() -> Collection {
    Collection {
        place: ResourcePath::of("accounts"),
        what: "account",
        plural: "accounts",
        columns: &["id", "code", "number", "state", "sign_on", "time_zone", "features"],
        names: &["id"],
    }
}

pub(super) async fn run(service: &Service, action: AccountAction) -> anyhow::Result<()> {
    let accounts = accounts();
    let at = |account| accounts.place.at(account);
    match action {
        AccountAction::List(pages) => list_of(service, &accounts, &[], extent(&pages)).await,
        AccountAction::Show(one) => accounts.show(service, &at(one.account)).await,
        AccountAction::Add(add) => {
            let mut fields = Fields::default();
            fields.put("id", Some(add.fields.account.to_string()));
            fields.put("policy", add.policy);
            write(&add.fields, &mut fields)?;
            accounts.add(service, fields).await
        }
        AccountAction::Set(set) => {
            let mut fields = Fields::default();
            write(&set, &mut fields)?;
            accounts.set(service, &at(set.account), set.account.as_str(), fields).await
        }
        AccountAction::Remove(remove) => {
            let account = remove.account;
            confirm(&format!("Remove account {account} with its users, keys and sessions?"), remove.yes)?;
            accounts.remove(service, &at(account), account.as_str()).await
        }
    }
}

fn write(set: &SetAccount, fields: &mut Fields) -> Result<(), InputError> {
    fields.put("code", set.code.clone());
    fields.put("number", set.number);
    fields.put("time_zone", set.time_zone.clone());
    fields.put("state", set.state.clone());
    fields.put("sign_on", set.sign_on.clone());
    fields.put_list("features", &set.features);
    fields.put("services", services(&set.services));
    fields.assign_all(&set.other.assignments)
}

/// `agentVep=host:443`, or a name alone for this server.
fn services(texts: &[String]) -> Option<Vec<Value>> {
    let service = |text: &String| match text.split_once('=') {
        Some((name, host)) => json!({ "name": name, "base_uri": host }),
        None => json!({ "name": text, "base_uri": null }),
    };
    match texts {
        [] => None,
        [only] if only == "none" => Some(Vec::new()),
        texts => Some(texts.iter().map(service).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_a_host_or_is_this_server() {
        let services = services(&["a=h:443".into(), "b".into()]).unwrap();
        assert_eq!(
            json!(services),
            json!([{ "name": "a", "base_uri": "h:443" }, { "name": "b", "base_uri": null }])
        );
    }
}
