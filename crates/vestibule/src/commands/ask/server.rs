//! `vestibule server …`: the saved services. Asks nobody.

use serde_json::{Value, json};

use crate::client::{Address, Output, Plaintext, Saved, Servers, secret_from_stdin};
use crate::command_line::{AddServer, ServerAction, ServiceArguments};
use crate::input_error::InputError;

const COLUMNS: &[&str] = &["name", "url", "chosen", "token", "ca"];

pub(super) fn run(arguments: &ServiceArguments, action: ServerAction) -> anyhow::Result<()> {
    let mut servers = Servers::load()?;
    let output = Output::of(arguments);
    match action {
        ServerAction::List => {
            let all: Vec<Value> = servers.all().map(|(name, saved)| shown(&servers, name, saved)).collect();
            let mut list = output.list(COLUMNS, "services");
            let _ = list.page(&all)?;
            list.end()
        }
        ServerAction::Add(add) => self::add(&mut servers, arguments, &add, output),
        ServerAction::Use(one) => {
            if servers.get(&one.name).is_none() {
                return Err(servers.unknown(&one.name).into());
            }
            servers.choose(&one.name);
            servers.save()?;
            output.done(&Value::Null, &format!("{} is asked from now on", one.name));
            Ok(())
        }
        ServerAction::Remove(one) => {
            servers.remove(&one.name).ok_or_else(|| servers.unknown(&one.name))?;
            servers.save()?;
            output.done(&Value::Null, &format!("forgot {}", one.name));
            Ok(())
        }
    }
}

fn add(
    servers: &mut Servers,
    arguments: &ServiceArguments,
    add: &AddServer,
    output: Output,
) -> anyhow::Result<()> {
    let plaintext = Plaintext::of_flag(arguments.plaintext);
    let address = Address::read(&add.url, plaintext).map_err(|reason| InputError::new("URL", reason))?;
    let ca = arguments.ca.as_deref().map(crate::client::absolute).transpose()?;
    let token = if arguments.token_stdin { Some(secret_from_stdin("--token-stdin")?) } else { None };
    servers.put(&add.name, Saved { url: address.text().to_owned(), ca, plaintext, token })?;
    servers.save()?;
    output.done(&Value::Null, &format!("saved {} in {}", add.name, servers.path().display()));
    Ok(())
}

/// Without the token: only whether there is one.
fn shown(servers: &Servers, name: &str, saved: &Saved) -> Value {
    json!({
        "name": name,
        "url": saved.url,
        "chosen": servers.current() == Some(name),
        "token": saved.token.is_some(),
        "ca": saved.ca.as_ref().map(|ca| ca.display().to_string()),
    })
}
