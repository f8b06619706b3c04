//! `vestibule master-key …`, as far as a running service is asked. Making a key is `commands/master_key.rs`.

use anyhow::Context;
use serde_json::{Value, json};
use vestibule_model::Generation;

use super::crud::{Collection, list_of};
use crate::client::{Extent, ResourcePath, Service, confirm};
use crate::command_line::{MasterKeyAction, RetireMasterKey, RotateMasterKey};
use crate::exit_code::Refusal;
use crate::input_error::InputError;
use crate::screen;

fn keys() -> Collection {
    Collection {
        place: ResourcePath::of("master-keys"),
        what: "master key",
        plural: "master keys",
        columns: &[
            "generation",
            "state",
            "at_hand",
            "activated_at",
            "retired_at",
            "remains.sessions",
            "remains.sealed_secrets",
            "remains.digests",
            "remains.answers",
            "remains.verifies_audit",
        ],
        names: &[],
    }
}

pub(crate) async fn run(action: MasterKeyAction) -> anyhow::Result<()> {
    match action {
        MasterKeyAction::Generate(arguments) => crate::commands::generate_master_key(&arguments),
        MasterKeyAction::List(arguments) => {
            list_of(&Service::open(&arguments)?, &keys(), &[], Extent::All).await
        }
        MasterKeyAction::Reload(arguments) => reload(&Service::open(&arguments)?).await,
        MasterKeyAction::Rotate(arguments) => rotate(&Service::open(&arguments.service)?, &arguments).await,
        MasterKeyAction::Retire(arguments) => retire(&Service::open(&arguments.service)?, &arguments).await,
    }
}

async fn reload(service: &Service) -> anyhow::Result<()> {
    let place = ResourcePath::of("master-keys").at("reload");
    let answer = service.client.post(&place, None).await?;
    let known = answer.body["keys"].as_array().cloned().unwrap_or_default();
    let mut list = service.output.list(keys().columns, "master keys");
    let _ = list.page(&known)?;
    list.end()?;
    let is_missed =
        |key: &&Value| key["at_hand"] == false && (key["state"] == "active" || key["state"] == "readable");
    for key in known.iter().filter(is_missed) {
        screen::complain(format_args!(
            "generation {} is {} and not where the service reads its keys: put it back, or the next start is refused",
            key["generation"],
            key["state"].as_str().unwrap_or_default()
        ));
    }
    Ok(())
}

async fn rotate(service: &Service, arguments: &RotateMasterKey) -> anyhow::Result<()> {
    let generation = match arguments.generation {
        Some(generation) => generation,
        None => newest(service).await?,
    };
    let place = ResourcePath::of("master-keys").at(generation).at("activate");
    let answer = service.client.post(&place, None).await?;
    let sentence = format!(
        "generation {generation} is in force. Look at `vestibule master-key list`: when nothing depends on the one before, \
         retire it"
    );
    service.output.done(&answer.body, &sentence);
    Ok(())
}

/// The newest generation that the service has, after it has read its keys again; refused when that one is in force already.
async fn newest(service: &Service) -> anyhow::Result<Generation> {
    let answer = service.client.post(&ResourcePath::of("master-keys").at("reload"), None).await?;
    let known = answer.body["keys"].as_array().context("the service answers without a list of keys")?;
    let at_hand = known.iter().filter(|key| key["at_hand"] == true);
    let newest = at_hand.max_by_key(|key| key["generation"].as_u64());
    let number =
        newest.and_then(|key| key["generation"].as_u64()).and_then(|number| u8::try_from(number).ok());
    let Some(generation) = number.and_then(Generation::new) else {
        return Err(InputError::new("GENERATION", "the service has no master key").into());
    };
    // Whoever names none wants a new one.
    if newest.is_some_and(|key| key["state"] == "active") {
        return Err(Refusal::new(format_args!(
            "nothing to rotate: generation {generation} is the newest that the service has; run `vestibule master-key generate` \
             first, and restart the service where the key is in an environment variable"
        ))
        .into());
    }
    Ok(generation)
}

async fn retire(service: &Service, arguments: &RetireMasterKey) -> anyhow::Result<()> {
    let generation = arguments.generation;
    if arguments.end_sessions {
        let question = format!(
            "End all sessions that were opened under generation {generation}, yours too if it is one?"
        );
        confirm(&question, arguments.yes)?;
    }
    let place = ResourcePath::of("master-keys").at(generation).at("retire");
    let body = json!({ "end_sessions": arguments.end_sessions });
    let answer = service.client.post(&place, Some(&body)).await?;
    let keep = if answer.body["remains"]["verifies_audit"] == true {
        " Keep its key: entries of the audit are verified with it, and so are backups of its time"
    } else {
        " Keep its key as long as backups of its time are kept"
    };
    let own = if arguments.end_sessions { ". If you are logged out now, log in again" } else { "" };
    service.output.done(&answer.body, &format!("generation {generation} is retired.{keep}{own}"));
    Ok(())
}
