//! `vestibule connection …`: connections to identity providers.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};
use vestibule_auth::{NoAdministrationOrigin, certificate_as_pem, read_metadata, saml_connection};
use vestibule_model::{AccountId, Clock as _, visible};
use zeroize::Zeroizing;

use super::crud::{Collection, extent, list_of};
use super::{connection_certificate, connection_test};
use crate::client::{Fields, ResourcePath, Service};
use crate::clock::SystemClock;
use crate::command_line::{AddConnection, ConnectionAction, ConnectionFields, OneThing, SetConnection};
use crate::input_error::InputError;
use crate::screen;

pub(super) fn of(account: AccountId) -> Collection {
    Collection {
        place: ResourcePath::of("accounts").at(account).at("connections"),
        what: "connection",
        plural: "connections",
        columns: &["id", "name", "display_name", "enabled", "population", "linking", "login_address"],
        names: &["name"],
    }
}

/// The place of the one that is meant.
pub(super) async fn find(service: &Service, one: &OneThing) -> anyhow::Result<(Collection, ResourcePath)> {
    let all = of(one.account);
    let place = all.find(service, &one.thing).await?;
    Ok((all, place))
}

pub(super) async fn run(service: &Service, action: ConnectionAction) -> anyhow::Result<()> {
    match action {
        ConnectionAction::List(list) => list_of(service, &of(list.account), &[], extent(&list.pages)).await,
        ConnectionAction::Show(one) => {
            let (all, place) = find(service, &one).await?;
            let mut shown = service.client.get(&place, &[]).await?.body;
            // A screenful each: the fingerprints stand beside them.
            if let Some(saml) = shown["saml"].as_object_mut().filter(|_| !service.output.is_json()) {
                saml.remove("certificates");
            }
            service.output.show(&shown, all.columns);
            tell_if_without_addresses(&shown);
            Ok(())
        }
        ConnectionAction::Certificate(action) => connection_certificate::run(service, action).await,
        ConnectionAction::Add(arguments) => add(service, *arguments).await,
        ConnectionAction::Set(arguments) => set(service, *arguments).await,
        ConnectionAction::Remove(one) => {
            let (all, place) = find(service, &one).await?;
            all.remove(service, &place, &one.thing).await
        }
        ConnectionAction::Key(key) => {
            let mut fields = Fields::default();
            fields.put("certificate", key.certificate.as_deref().map(text).transpose()?);
            let private_key = key.private_key.as_deref().map(text).transpose()?;
            let mut body = fields.into_body();
            if let Some(private_key) = private_key {
                body["private_key"] = private_key.into();
            }
            let (all, place) = find(service, &key.one).await?;
            let answer = service.client.post_of(&place.at("keys"), &place, &body).await?;
            service.output.show(&answer.body, all.columns);
            screen::complain("Give the identity provider the connection's metadata anew.");
            Ok(())
        }
        ConnectionAction::EndOverlap(one) => {
            let (_, place) = find(service, &one).await?;
            let forgotten = service.client.remove_of(&place.at("previous-key"), &place).await?;
            let done = format!("forgot the key before the present one of connection {}", one.thing);
            service.output.done(&forgotten.body, &done);
            Ok(())
        }
        ConnectionAction::Secret(secret) => {
            let text = secret.file.as_deref().map(secret_of).transpose()?;
            let body = json!({ "client_secret": text.as_ref().map(|text| text.as_str()) });
            let (_, place) = find(service, &secret.one).await?;
            let answer = service.client.set(&place.at("client-secret"), &place, &body).await?;
            let done = format!("changed the client secret of connection {}", secret.one.thing);
            service.output.done(&answer.body, &done);
            Ok(())
        }
        ConnectionAction::Refresh(one) => {
            let (all, place) = find(service, &one).await?;
            let answer = service.client.post(&place.at("refresh"), None).await?;
            service.output.show(&answer.body, all.columns);
            Ok(())
        }
        ConnectionAction::Test(test) => connection_test::run(service, &test).await,
    }
}

async fn add(service: &Service, add: AddConnection) -> anyhow::Result<()> {
    let mut fields = Fields::default();
    fields.put("name", Some(add.name));
    fields.put("metadata", add.metadata.as_deref().map(text).transpose()?);
    fields.put("preset", add.preset);
    fields.put("make_key", add.make_key.then_some(true));
    if let Some(url) = add.metadata_url {
        fields.put("saml", Some(json!({ "metadata_url": url })));
    }
    if let Some(issuer) = add.issuer {
        let client_id = add.client_id.unwrap_or_default();
        fields.put("oidc", Some(json!({ "issuer": issuer, "client_id": client_id })));
    }
    write(&add.fields, &mut fields);
    fields.assign_all(&add.other.assignments)?;
    let secret = add.client_secret_file.as_deref().map(secret_of).transpose()?;
    fields.put("client_secret", secret.as_ref().map(|secret| secret.as_str()));
    let all = of(add.account);
    let made = service.client.create(&all.place, &fields.into_body()).await?.body;
    all.show_made(service, &made);
    tell_if_without_addresses(&made);
    Ok(())
}

/// What to do where there is nothing to give the identity provider.
fn tell_if_without_addresses(connection: &Value) {
    if connection["login_address"].is_null() {
        screen::complain(format!("{NoAdministrationOrigin}."));
    }
}

async fn set(service: &Service, set: SetConnection) -> anyhow::Result<()> {
    let mut fields = Fields::default();
    fields.put("name", set.name);
    write(&set.fields, &mut fields);
    let (all, place) = find(service, &set.one).await?;
    if let Some(file) = &set.metadata {
        fields.put("saml", Some(said_in(file, service, &place).await?));
    }
    fields.assign_all(&set.other.assignments)?;
    all.set(service, &place, &set.one.thing, fields).await
}

/// What an identity provider's metadata says, as fields of the connection. It has to be that of the connection's entity id.
async fn said_in(file: &Path, service: &Service, connection: &ResourcePath) -> anyhow::Result<Value> {
    let refuse = |reason: String| InputError::new(file.display(), reason);
    let text = text(file)?;
    let connection = service.client.get(connection, &[]).await?.body;
    let Some(entity_id) = connection["saml"]["identity_provider"].as_str() else {
        let why = "the connection speaks no SAML: change its fields, see --help, or run `vestibule connection refresh`";
        return Err(refuse(why.to_owned()).into());
    };
    let said = read_metadata(&text, Some(entity_id), SystemClock.now()).map_err(|error| {
        let whose = format!("the connection's identity provider is {}", visible(entity_id));
        refuse(format!("{error}; {whose}"))
    })?;
    let certificates = saml_connection(&said).certificates;
    Ok(json!({
        "login_url": said.login_url,
        "logout_url": said.logout_url,
        "certificates": certificates.iter().map(certificate_as_pem).collect::<Vec<_>>(),
    }))
}

fn write(arguments: &ConnectionFields, fields: &mut Fields) {
    fields.put("display_name", arguments.display_name.clone());
    fields.put("enabled", arguments.enabled);
    fields.put("population", arguments.population.clone());
    fields.put("linking", arguments.linking.clone());
    fields.put("clock_skew_seconds", arguments.clock_skew);
    if let Some(provision) = arguments.provision {
        fields.put("provisioning", Some(json!({ "enabled": Value::from(provision) })));
    }
    fields.put_list("targets", &arguments.targets);
}

pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What stands in a file, or comes on standard input, without the line end behind it.
pub(super) fn secret_of(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut read = Zeroizing::new(String::new());
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut read).context("cannot read standard input")?;
    } else {
        *read = text(path)?;
    }
    Ok(Zeroizing::new(read.trim_end_matches(['\n', '\r']).to_owned()))
}
