//! `vestibule master-key …`, as far as a running service is asked. Making a key is `commands/master_key.rs`.

use anyhow::Context;
use serde_json::json;
use vestibule_model::Generation;

use super::crud::{Collection, list_of};
use crate::client::{Extent, Place, Service, confirm};
use crate::command_line::{MasterKeyAction, RetireMasterKey, RotateMasterKey};
use crate::input_error::InputError;

fn keys() -> Collection {
    Collection {
        place: Place::of("master-keys"),
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
    let place = Place::of("master-keys").at("reload");
    let answer = service.client.post(&place, None).await?;
    let known = answer.body["keys"].as_array().cloned().unwrap_or_default();
    let mut list = service.output.list(keys().columns, "master keys");
    let _ = list.page(&known)?;
    list.end()
}

async fn rotate(service: &Service, arguments: &RotateMasterKey) -> anyhow::Result<()> {
    let generation = match arguments.generation {
        Some(generation) => generation,
        None => newest(service).await?,
    };
    let place = Place::of("master-keys").at(generation).at("activate");
    let answer = service.client.post(&place, None).await?;
    let sentence = format!(
        "generation {generation} is in force. Look at `vestibule master-key list`: when nothing depends on the one before, \\
         retire it"
    );
    service.output.done(&answer.body, &sentence);
    Ok(())
}

/// The newest generation that the service has, after it has read its keys again.
async fn newest(service: &Service) -> anyhow::Result<Generation> {
    let answer = service.client.post(&Place::of("master-keys").at("reload"), None).await?;
    let known = answer.body["keys"].as_array().context("the service answers without a list of keys")?;
    let newest =
        known.iter().filter(|key| key["at_hand"] == true).filter_map(|key| key["generation"].as_u64());
    let newest = newest.max().and_then(|number| u8::try_from(number).ok()).and_then(Generation::new);
    newest.ok_or_else(|| InputError::new("GENERATION", "the service has no master key").into())
}

async fn retire(service: &Service, arguments: &RetireMasterKey) -> anyhow::Result<()> {
    let generation = arguments.generation;
    if arguments.end_sessions {
        let question = format!("End all sessions that were opened under generation {generation}?");
        confirm(&question, arguments.yes)?;
    }
    let place = Place::of("master-keys").at(generation).at("retire");
    let body = json!({ "end_sessions": arguments.end_sessions });
    let answer = service.client.post(&place, Some(&body)).await?;
    let keep = if answer.body["remains"]["verifies_audit"] == true {
        " Keep its key: entries of the audit are verified with it, and so are backups of its time"
    } else {
        " Keep its key as long as backups of its time are kept"
    };
    service.output.done(&answer.body, &format!("generation {generation} is retired.{keep}"));
    Ok(())
}
