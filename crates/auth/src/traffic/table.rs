//! The lines of a report of traffic as a table (RFC 4180).

use std::fmt::Write as _;

use vestibule_model::Millis;

use super::report::{TrafficReport, TrafficVerdict};

const HEAD: &str =
    "key,name,allowed,refused,addresses,users,first_used,last_used,last_refused,verdict,grounds\r\n";

impl TrafficReport {
    /// A row for each line, under a row of names; first one that says what is not kept, if any of it is asked for. Times are milliseconds
    /// since 1970.
    pub fn table(&self, now: Millis) -> String {
        let mut table = HEAD.to_owned();
        if let Some(kept_from) = self.kept_from {
            // Writing to a text does not fail.
            let _ = write!(table, "not kept before {kept_from},,,,,,,,,,\r\n");
        }
        for line in &self.lines {
            let time = |at: Option<Millis>| at.map(|at| at.as_unix().to_string()).unwrap_or_default();
            let standing = line.standing.as_ref();
            let name = standing.and_then(|standing| standing.name.as_deref());
            let uses = standing.map(|standing| standing.uses).unwrap_or_default();
            let (first, last, refused) = (time(uses.first), time(uses.last), time(uses.last_refused));
            let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
            let (addresses, different_users) = (count(line.addresses), count(line.users));
            let verdict = line.verdict().map(TrafficVerdict::word).unwrap_or_default();
            let _ = write!(
                table,
                "{},{},{},{},{addresses},{different_users},{first},{last},{refused},{verdict},{}\r\n",
                field(&line.key.to_string()),
                field(name.unwrap_or_default()),
                line.sums.allowed,
                line.sums.refused,
                field(&line.grounds(self.since, now).unwrap_or_default()),
            );
        }
        table
    }
}

/// A text as a field. One that a spreadsheet would take for a formula begins with an apostrophe, which it does not show.
fn field(text: &str) -> String {
    let shield = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if shield.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{shield}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_has_to_be() {
        for (text, expected) in [
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("say \"a\"", "\"say \"\"a\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@a", "\"'@a\""),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
