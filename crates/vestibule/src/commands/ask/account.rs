//! `vestibule account …`

use std::fs;

use serde_json::{Value, json};
use vestibule_model::{Logo, LogoKind};

use super::crud::{Collection, extent, list_of};
use crate::apply::SSO_ONLY;
use crate::client::{Fields, JsonResponse, ResourcePath, Service, ServiceError, confirm};
use crate::command_line::{AccountAction, LookArguments, SetAccount};
use crate::input_error::InputError;
use crate::screen;

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
        AccountAction::List(list) => {
            let mut query = Vec::new();
            query.extend(list.text.map(|text| ("text", text)));
            query.extend(list.state.map(|state| ("state", state)));
            list_of(service, &accounts, &query, extent(&list.pages)).await
        }
        AccountAction::Show(one) => accounts.show(service, &at(one.account)).await,
        AccountAction::Add(add) => {
            let mut fields = Fields::default();
            fields.put("id", Some(add.fields.account.to_string()));
            fields.put("policy", add.policy);
            write(&add.fields, &mut fields)?;
            let logo = logo_of(&add.fields.look)?;
            let mut made = service.client.create(&accounts.place, &fields.into_body()).await?;
            if let Some(logo @ NewLogo::Picture(..)) = logo {
                made = set_logo(service, &at(add.fields.account), logo).await?;
            }
            accounts.show_made(service, &made.body);
            Ok(())
        }
        AccountAction::Set(set) => {
            let mut fields = Fields::default();
            write(&set, &mut fields)?;
            let (place, account) = (at(set.account), set.account);
            if set.sign_on.as_deref() == Some("sso-only") {
                screen::complain(format_args!("account {account}: {SSO_ONLY}"));
            }
            let Some(logo) = logo_of(&set.look)? else {
                return accounts.set(service, &place, account.as_str(), fields).await;
            };
            if !fields.is_empty() {
                service.client.change(&place, &fields.into_patch()?).await?;
            }
            let answer = set_logo(service, &place, logo).await?;
            service.output.done(&answer.body, &format!("changed account {account}"));
            Ok(())
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
    fields.put("second_factor", set.second_factor.clone());
    fields.put_list("features", &set.features);
    fields.put("services", services(&set.services));
    let texts = [&set.look.display_name, &set.look.accent, &set.look.contact];
    for (field, text) in ["name", "accent", "contact"].into_iter().zip(texts) {
        fields.put_text_within("look", field, text.as_deref());
    }
    fields.assign_all(&set.other.assignments)
}

/// What the logo is to be.
enum NewLogo {
    Gone,
    Picture(Logo, LogoKind),
}

/// Read before anything is asked for: what is no picture changes nothing.
fn logo_of(look: &LookArguments) -> Result<Option<NewLogo>, InputError> {
    let Some(file) = &look.logo else { return Ok(None) };
    if file.as_os_str() == "none" {
        return Ok(Some(NewLogo::Gone));
    }
    let refuse = |reason: String| InputError::new(format_args!("--logo {}", file.display()), reason);
    let logo = Logo::new(fs::read(file).map_err(|error| refuse(error.to_string()))?);
    let kind = logo.kind().ok_or_else(|| refuse("this is no picture in PNG, JPEG or WebP".to_owned()))?;
    Ok(Some(NewLogo::Picture(logo, kind)))
}

async fn set_logo(
    service: &Service,
    account: &ResourcePath,
    logo: NewLogo,
) -> Result<JsonResponse, ServiceError> {
    let place = account.at("logo");
    match logo {
        NewLogo::Gone => service.client.remove_of(&place, account).await,
        NewLogo::Picture(logo, kind) => {
            service.client.set_bytes(&place, account, (kind.media_type(), logo.bytes())).await
        }
    }
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
