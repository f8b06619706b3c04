//! `vestibule connection certificate …`: by which an identity provider signs, one beside the other while it changes them.

use serde_json::{Value, json};
use vestibule_auth::read_certificate;
use vestibule_saml::Certificate;

use super::connection::{find, text};
use crate::client::Service;
use crate::command_line::{CertificateAction, OneCertificate};
use crate::input_error::InputError;

pub(super) async fn run(service: &Service, action: CertificateAction) -> anyhow::Result<()> {
    match action {
        CertificateAction::Add(one) => change(service, &one, Step::Add).await,
        CertificateAction::Remove(one) => change(service, &one, Step::Remove).await,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Add,
    Remove,
}

/// Changes the list by one, as it is now.
async fn change(service: &Service, one: &OneCertificate, step: Step) -> anyhow::Result<()> {
    let refuse = |reason: &str| InputError::new(one.file.display(), reason);
    let written = text(&one.file)?;
    let der = read_certificate(&written).ok_or_else(|| refuse("this is no certificate in PEM"))?;
    let read = Certificate::from_der(&der.0).map_err(|error| refuse(&error.to_string()))?;
    let (_, place) = find(service, &one.one).await?;
    let connection = service.client.get(&place, &[]).await?.body;
    let Some(known) = connection["saml"]["certificates"].as_array() else {
        return Err(refuse("the connection speaks no SAML, and has no certificates").into());
    };
    let is_it = |known: &&Value| known.as_str().and_then(read_certificate).is_some_and(|known| known == der);
    let mut after: Vec<&Value> = known.iter().filter(|known| !is_it(known)).collect();
    let has_it = after.len() < known.len();
    let added = Value::from(written.trim_end());
    let done = match (step, has_it) {
        (Step::Add, true) => {
            service.output.done(&Value::Null, "the connection has this certificate already");
            return Ok(());
        }
        (Step::Remove, false) => return Err(refuse("the connection has no such certificate").into()),
        (Step::Add, false) => {
            after.push(&added);
            "added"
        }
        (Step::Remove, true) => "removed",
    };
    let answer = service.client.change(&place, &json!({ "saml": { "certificates": after } })).await?;
    let words = format!("{done} certificate {} of connection {}", read.fingerprint(), one.one.thing);
    service.output.done(&answer.body, &words);
    Ok(())
}
