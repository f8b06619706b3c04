//! The lines of a report of traffic as a table (RFC 4180).

use std::fmt::Write as _;

use serde::Serialize;

use super::line::Line;

const HEAD: &str = "key,name,allowed,refused,addresses,first_used,last_used,last_refused,verdict,grounds\r\n";

/// A row for each line, under a row of names. Times are milliseconds since 1970.
pub(super) fn table(lines: &[Line]) -> String {
    let mut table = HEAD.to_owned();
    for line in lines {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let addresses = line.addresses.map(|count| count.to_string()).unwrap_or_default();
        let verdict = line.verdict.as_ref().map(word).unwrap_or_default();
        let (first, last, refused) =
            (number(line.first_used), number(line.last_used), number(line.last_refused));
        // Writing to a text does not fail.
        let _ = write!(
            table,
            "{},{},{},{},{addresses},{first},{last},{refused},{verdict},{}\r\n",
            field(&line.key),
            field(line.name.as_deref().unwrap_or_default()),
            line.allowed,
            line.refused,
            field(line.grounds.as_deref().unwrap_or_default()),
        );
    }
    table
}

/// A text as a field. One that a spreadsheet would take for a formula begins with an apostrophe, which it does not show.
fn field(text: &str) -> String {
    let shield = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if shield.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{shield}{}\"", text.replace('"', "\"\""))
}

fn word(value: &impl Serialize) -> String {
    let written = serde_json::to_value(value).ok();
    written.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
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
