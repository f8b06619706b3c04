//! `vestibule audit list` and `download`: what a service tells of its audit.

use std::io::{self, ErrorKind, Write};

use anyhow::Context;
use serde_json::Value;
use vestibule_model::Clock;

use crate::client::{Output, ResourcePath, Service, walk};
use crate::clock::SystemClock;
use crate::command_line::{DownloadArguments, EntryFilter, ListEntries};
use crate::commands::ask::{application_in, extent, reference, tell_of_more, user_in};
use crate::commands::small_runtime;
use crate::progress::Bar;
use crate::{moment, screen};

const COLUMNS: &[&str] = &[
    "sequence",
    "at",
    "action",
    "reason",
    "account",
    "user_name",
    "actor.name",
    "means",
    "target.kind",
    "target.name",
    "session",
    "address",
    "count",
];

/// The details of a refusal that come first.
const DETAILS: &[&str] = &["refusal", "connection", "check", "why", "fix", "names"];

/// Prints entries.
pub(crate) fn list(arguments: &ListEntries) -> anyhow::Result<()> {
    small_runtime()?.block_on(async {
        let service = Service::open(&arguments.service)?;
        let mut query = query(&service, &arguments.filter).await?;
        let order = if arguments.oldest_first { "oldest-first" } else { "newest-first" };
        query.push(("order", order.to_owned()));
        let mut list = service.output.lines(COLUMNS, "entries");
        let extent = extent(&arguments.pages);
        let mut of_refusal = arguments.filter.refusal.is_some().then(Vec::new);
        let more = walk(&service.client, &ResourcePath::of("audit"), &query, extent, |page| {
            if let Some(entries) = &mut of_refusal {
                entries.extend_from_slice(page);
            }
            list.page(page)
        })
        .await?;
        list.end()?;
        tell_of_more(more);
        if let Some(entries) = of_refusal {
            tell_of_refusal(service.output, &entries);
        }
        Ok(())
    })
}

/// What the entry of a refusal says of it, which no column has. What the service counts in memory is read every five seconds at most.
fn tell_of_refusal(output: Output, entries: &[Value]) {
    if entries.is_empty() {
        screen::complain("An entry may come up to five seconds later: ask again.");
    }
    // Programs have it with the entry.
    for details in entries.iter().filter_map(|entry| entry.get("details")).filter(|_| !output.is_json()) {
        output.show(details, DETAILS);
    }
}

/// Prints the audit as the service exports it, as it comes.
pub(crate) fn download(arguments: &DownloadArguments) -> anyhow::Result<()> {
    small_runtime()?.block_on(async {
        let service = Service::open(&arguments.service)?;
        let query = query(&service, &arguments.filter).await?;
        let mut answer = service.client.open(&ResourcePath::of("audit").at("export"), &query).await?;
        let bar = Bar::bytes("downloading");
        let mut bytes = 0;
        while let Some(chunk) = answer.chunk().await.map_err(|error| service.client.unreachable(&error))? {
            bytes += chunk.len() as u64;
            bar.count(bytes);
            match io::stdout().lock().write_all(&chunk) {
                // Somebody who has seen enough, such as `head`, is no failure.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                written => written.context("cannot write the audit")?,
            }
        }
        io::stdout().lock().flush().context("cannot write the audit")
    })
}

async fn query(service: &Service, filter: &EntryFilter) -> anyhow::Result<Vec<(&'static str, String)>> {
    let now = SystemClock.now();
    let time = |flag: &'static str, text: &Option<String>| {
        text.as_deref().map(|text| moment::read_past(flag, text, now)).transpose()
    };
    let mut query = Vec::new();
    query.extend(filter.account.map(|account| ("account", account.to_string())));
    if let Some(user) = &filter.user {
        query.push(("user", user_in(service, filter.account, user).await?.to_string()));
    }
    if let Some(session) = &filter.session {
        query.push(("session", reference("--session", session)?.to_string()));
    }
    query.extend(filter.action.clone().map(|action| ("action", action)));
    query.extend(filter.actor.map(|actor| ("actor", actor.to_string())));
    if let Some(text) = &filter.application {
        query.push(("application", application_in(service, filter.account, text).await?.to_string()));
    }
    query.extend(filter.address.map(|address| ("address", address.to_string())));
    query.extend(filter.target.as_ref().map(|target| ("target", target.to_string())));
    query.extend(filter.refusal.clone().map(|refusal| ("refusal", refusal)));
    let (since, until) = (time("--since", &filter.since)?, time("--until", &filter.until)?);
    query.extend(since.map(|time| ("since", time.as_unix().to_string())));
    query.extend(until.map(|time| ("until", time.as_unix().to_string())));
    Ok(query)
}
