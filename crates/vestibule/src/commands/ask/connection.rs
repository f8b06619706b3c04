//! `vestibule connection …`: connections to identity providers.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};
use vestibule_model::{AccountId, visible};
use zeroize::Zeroizing;

use super::crud::{Collection, extent, list_of};
use crate::client::{Fields, ResourcePath, Service};
use crate::command_line::{AddConnection, ConnectionAction, ConnectionFields, OneThing, TestConnection};
use crate::exit_code::Refusal;
use crate::screen;

fn of(account: AccountId) -> Collection {
    Collection {
        place: ResourcePath::of("accounts").at(account).at("connections"),
        what: "connection",
        plural: "connections",
        columns: &["id", "name", "display_name", "enabled", "population", "linking", "login_address"],
        names: &["name"],
    }
}

/// The place of the one that is meant.
async fn find(service: &Service, one: &OneThing) -> anyhow::Result<(Collection, ResourcePath)> {
    let all = of(one.account);
    let place = all.find(service, &one.thing).await?;
    Ok((all, place))
}

pub(super) async fn run(service: &Service, action: ConnectionAction) -> anyhow::Result<()> {
    match action {
        ConnectionAction::List(list) => list_of(service, &of(list.account), &[], extent(&list.pages)).await,
        ConnectionAction::Show(one) => {
            let (all, place) = find(service, &one).await?;
            all.show(service, &place).await
        }
        ConnectionAction::Add(arguments) => add(service, *arguments).await,
        ConnectionAction::Set(set) => {
            let mut fields = Fields::default();
            fields.put("name", set.name);
            write(&set.fields, &mut fields);
            fields.assign_all(&set.other.assignments)?;
            let (all, place) = find(service, &set.one).await?;
            all.set(service, &place, &set.one.thing, fields).await
        }
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
            let answer = service.client.post(&place.at("keys"), Some(&body)).await?;
            service.output.show(&answer.body, all.columns);
            screen::complain("Give the identity provider the connection's metadata anew.");
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
        ConnectionAction::Test(test) => try_out(service, &test).await,
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
    of(add.account).add(service, fields).await
}

fn write(arguments: &ConnectionFields, fields: &mut Fields) {
    fields.put("display_name", arguments.display_name.clone());
    fields.put("enabled", arguments.enabled);
    fields.put("population", arguments.population.clone());
    fields.put("linking", arguments.linking.clone());
    fields.put("clock_skew_seconds", arguments.clock_skew);
    fields.put_list("targets", &arguments.targets);
}

/// The report of a message; the exit code says whether it would be taken.
async fn try_out(service: &Service, test: &TestConnection) -> anyhow::Result<()> {
    let body = match (&test.saml_response, &test.id_token) {
        (Some(file), _) => json!({ "saml_response": secret_of(file)?.as_str() }),
        (None, Some(file)) => json!({ "id_token": secret_of(file)?.as_str() }),
        (None, None) => Value::Null,
    };
    let (_, place) = find(service, &test.one).await?;
    let report = service.client.post(&place.at("test"), Some(&body)).await?.body;
    if service.output.is_json() {
        service.output.show(&report, &[]);
    } else {
        tell(&report);
    }
    if report["taken"] == true {
        return Ok(());
    }
    Err(Refusal::new("it would be refused").into())
}

/// What came, then every check in its order, with what to do about it.
fn tell(report: &Value) {
    let list = |field: &str| report[field].as_array().cloned().unwrap_or_default();
    let word = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    for claim in list("claims") {
        let values = claim["values"].as_array().cloned().unwrap_or_default();
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let (name, values) = (word(&claim, "name"), values.join(", "));
        match claim["time"].as_str() {
            Some(time) => say(&format!("{name}: {time} ({values})")),
            None => say(&format!("{name}: {values}")),
        }
    }
    for signature in list("signatures") {
        let flaw = word(&signature, "flaw");
        let is_right = if flaw.is_empty() { "right".to_owned() } else { flaw };
        say(&format!("signature of {}: {is_right}", word(&signature, "element")));
    }
    for check in list("checks") {
        let (name, refusal) = (word(&check, "check"), word(&check, "refusal"));
        if refusal.is_empty() {
            say(&format!("ok       {name}: {}", word(&check, "found")));
        } else {
            say(&format!("REFUSED  {name}: {refusal}"));
            say(&format!("         {}", word(&check, "fix")));
        }
    }
    if let Some(user) = report["user"].as_str() {
        let does = if report["taken"] == true { "logs in" } else { "names" };
        say(&format!("{does} {user}"));
    }
}

/// What others wrote is shown as it is, and may be made to be shown otherwise.
fn say(line: &str) {
    screen::say(visible(line));
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What stands in a file, or comes on standard input, without the line end behind it.
fn secret_of(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut read = Zeroizing::new(String::new());
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut read).context("cannot read standard input")?;
    } else {
        *read = text(path)?;
    }
    Ok(Zeroizing::new(read.trim_end_matches(['\n', '\r']).to_owned()))
}
