//! `vestibule session end-all` with times: a job of the service, watched to its end.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vestibule_model::Clock as _;

use super::session::{application_in, user_in};
use crate::client::{ResourcePath, Service, confirm};
use crate::clock::SystemClock;
use crate::command_line::EndSessions;
use crate::commands::count;
use crate::exit_code::Refusal;
use crate::{moment, screen};

/// How often the service is asked how far it has come.
const PAUSE: Duration = Duration::from_millis(500);

/// Ends the sessions that match everything that is said, and tells how far that has come.
pub(super) async fn end_matching(service: &Service, end: &EndSessions) -> anyhow::Result<()> {
    let matching = matching(service, end).await?;
    confirm("End all sessions that match, except the one by which you ask?", end.yes)?;
    let jobs = ResourcePath::of("session-ends");
    let mut job = service.client.post(&jobs, Some(&json!({ "matching": matching }))).await?.body;
    let place = jobs.at(job["id"].as_str().unwrap_or_default());
    let mut told = None;
    while job["state"] == "running" {
        let (ended, found) = (number(&job, "ended"), number(&job, "found"));
        if told.replace(ended) != Some(ended) && !service.output.is_json() {
            screen::complain(format!("ended {ended} of {}", count(found, "session")));
        }
        tokio::time::sleep(PAUSE).await;
        job = service.client.get(&place, &[]).await?.body;
    }
    let (ended, found) = (number(&job, "ended"), number(&job, "found"));
    if job["state"] == "done" {
        service.output.done(&job, &format!("ended {}", count(found, "session")));
        return Ok(());
    }
    let reason = format!(
        "the service could store {ended} of {found} ends: all these sessions are refused from now on, and it goes on trying to store the rest"
    );
    Err(Refusal::new(reason).into())
}

fn number(job: &Value, field: &str) -> u64 {
    job[field].as_u64().unwrap_or_default()
}

async fn matching(service: &Service, end: &EndSessions) -> anyhow::Result<Map<String, Value>> {
    let now = SystemClock.now();
    let time = |flag: &'static str, text: &Option<String>| {
        text.as_deref().map(|text| moment::read_past(flag, text, now)).transpose()
    };
    let mut matching = Map::new();
    let mut put = |field: &str, value: Value| matching.insert(field.to_owned(), value);
    if let Some(account) = end.account {
        put("account", account.to_string().into());
    }
    if let Some(user) = &end.user {
        put("user", user_in(service, end.account, user).await?.into());
    }
    if let Some(text) = &end.application {
        put("application", application_in(service, end.account, text).await?.into());
    }
    if let Some(address) = end.address {
        put("address", address.to_string().into());
    }
    if let Some(since) = time("--opened-since", &end.opened_since)? {
        put("opened_since", since.as_unix().into());
    }
    if let Some(before) = time("--opened-before", &end.opened_before)? {
        put("opened_before", before.as_unix().into());
    }
    Ok(matching)
}
