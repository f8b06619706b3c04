//! `vestibule audit export`: entries as JSON lines.

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::Context;
use vestibule_model::{AccountId, AuditEntry, AuditLine, Clock};
use vestibule_store::{AuditOrder, AuditQuery};
use vestibule_store_sqlite::AuditReader;

use super::open;
use crate::clock::SystemClock;
use crate::command_line::ExportArguments;
use crate::input_error::InputError;
use crate::moment;

/// Prints what is asked for.
pub(crate) fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let mut query = query(arguments)?;
    let (data, keys) = open(&arguments.data)?;
    let path = data.database();
    let mut reader = AuditReader::open(&path, keys.check_values())
        .with_context(|| format!("cannot read the audit of {}{}", path.display(), data.why_unusable()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    loop {
        let page = reader.page(&query).with_context(|| format!("cannot read {}", path.display()))?;
        let written = page.entries.into_iter().try_for_each(|entry| write_line(&mut out, entry));
        if reader_is_gone(&written) {
            return Ok(());
        }
        written.context("cannot write the audit")?;
        query.behind = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let flushed = out.flush();
    if reader_is_gone(&flushed) { Ok(()) } else { flushed.context("cannot write the audit") }
}

/// Somebody who has seen enough, such as `head`, is no failure.
fn reader_is_gone(written: &io::Result<()>) -> bool {
    written.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn write_line(out: &mut impl Write, entry: AuditEntry) -> io::Result<()> {
    let mut line = Vec::new();
    AuditLine::from(entry).append_to(&mut line)?;
    out.write_all(&line)
}

fn query(arguments: &ExportArguments) -> Result<AuditQuery, InputError> {
    let now = SystemClock.now();
    let time =
        |flag: &str, text: Option<&str>| text.map(|text| moment::read_past(flag, text, now)).transpose();
    let account = arguments.account.as_deref().map(str::parse::<AccountId>).transpose();
    Ok(AuditQuery {
        account: account.map_err(|error| InputError::new("--account", error))?,
        since: time("--since", arguments.since.as_deref())?,
        until: time("--until", arguments.until.as_deref())?,
        order: AuditOrder::OldestFirst,
        limit: AuditQuery::MAX_LIMIT,
        ..AuditQuery::default()
    })
}
