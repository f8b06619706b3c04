//! `vestibule audit export`: entries as JSON lines.

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use vestibule_model::{AccountId, AuditEntry, Millis};
use vestibule_store::{AuditOrder, AuditQuery};
use vestibule_store_sqlite::AuditReader;

use super::open;
use crate::command_line::ExportArguments;
use crate::input_error::InputError;

/// An entry, with its time as people read it.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    entry: &'a AuditEntry,
}

/// Prints what is asked for.
pub(crate) fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let mut query = query(arguments)?;
    let (data, master) = open(&arguments.data)?;
    let path = data.database();
    let mut reader = AuditReader::open(&path, master.check_value())
        .with_context(|| format!("cannot read the audit of {}", path.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    loop {
        let page = reader.page(&query).with_context(|| format!("cannot read {}", path.display()))?;
        let written = page.entries.iter().try_for_each(|entry| write_line(&mut out, entry));
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

fn write_line(out: &mut impl Write, entry: &AuditEntry) -> io::Result<()> {
    let at = entry.record.at.as_unix();
    let time = Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |time| time.to_string());
    serde_json::to_writer(&mut *out, &Line { time, entry })?;
    out.write_all(b"\n")
}

fn query(arguments: &ExportArguments) -> Result<AuditQuery, InputError> {
    let account = arguments.account.as_deref().map(str::parse::<AccountId>).transpose();
    Ok(AuditQuery {
        account: account.map_err(|error| InputError::new("--account", error))?,
        since: arguments.since.as_deref().map(|text| time("--since", text)).transpose()?,
        until: arguments.until.as_deref().map(|text| time("--until", text)).transpose()?,
        order: AuditOrder::OldestFirst,
        limit: AuditQuery::MAX_LIMIT,
        ..AuditQuery::default()
    })
}

/// A point in time, or the beginning of a day in UTC.
fn time(flag: &str, text: &str) -> Result<Millis, InputError> {
    // A date and a time without a zone would be read as a date, and the time be lost.
    let day = (text.len() == "2026-11-25".len()).then(|| text.parse::<Date>().ok()).flatten();
    let of_day = || day?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let time = text.parse::<Timestamp>().ok().or_else(of_day);
    let time = time
        .ok_or_else(|| InputError::new(flag, "this is no time: write 2026-11-25, or 2026-11-25T10:00:00Z"))?;
    Ok(Millis::from_unix(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(time("--since", "2026-11-25"), time("--since", "2026-11-25T00:00:00Z"));
        assert_eq!(time("--since", "1970-01-02").unwrap(), Millis::from_unix(86_400_000));
    }

    #[test]
    fn a_time_has_its_zone() {
        let expected = Millis::from_unix(1_790_000_000_123);
        assert_eq!(time("--since", "2026-09-21T16:13:20.123+02:00").unwrap(), expected);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "2026-11-25T10:00:00", "1790000000"] {
            let refused = time("--until", text);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }
}
