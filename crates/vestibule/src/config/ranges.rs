//! What kind of value each key takes, and between which bounds: in the words of whoever writes the file.

use std::ops::RangeInclusive;

use toml::Value;

/// The bounds of every whole number.
const RANGES: &[(&str, RangeInclusive<i64>)] = &[
    ("server.workers", 0..=1_024),
    ("server.max_connections", 1..=1_000_000),
    ("server.max_connections_per_address", 0..=1_000_000),
    ("server.tls_reload_interval_ms", 1..=HOUR),
    ("server.shutdown_grace_ms", 1..=HOUR),
    ("limits.body_bytes", 512..=64 * 1_024 * 1_024),
    ("limits.body_timeout_ms", 1..=HOUR),
    ("limits.unread_body_bytes", 64 * 1_024 + 512..=64 * 1_024 * 1_024 * 1_024),
    ("limits.header_bytes", 1_024..=64 * 1_024),
    ("limits.header_timeout_ms", 1..=HOUR),
    ("limits.idle_timeout_ms", 1..=DAY),
    ("limits.http2_streams", 1..=10_000),
    ("limits.http2_ping_interval_ms", 1..=HOUR),
    ("login.failures_per_minute", 0..=1_000_000),
    ("login.failure_burst", 0..=1_000_000),
    // From the least that OWASP's cheat sheet on storing passwords has.
    ("hashing.memory_kib", 7_168..=256 * 1_024),
    ("hashing.iterations", 1..=16),
    ("hashing.parallelism", 1..=4),
    ("hashing.threads", 0..=1_024),
    ("hashing.queue_length", 1..=1_000_000),
    ("hashing.queue_deadline_ms", 1..=HOUR),
    ("sessions.touch_interval_ms", 1..=HOUR),
    ("sessions.sweep_interval_ms", 1..=HOUR),
    ("sessions.follow_interval_ms", 1..=HOUR),
    ("audit.retention_days", 0..=36_500),
    ("traffic.keep_days", 0..=400),
    ("traffic.keep_months", 0..=1_200),
];

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The bounds of a whole number.
pub(super) fn range(key: &str) -> RangeInclusive<i64> {
    let known = RANGES.iter().find(|(name, _)| *name == key);
    known.map_or(0..=i64::MAX, |(_, range)| range.clone())
}

/// What may stand at a key whose default is of the same kind.
pub(super) fn kind(key: &str, default: &Value) -> String {
    match default {
        Value::Integer(_) => {
            let (least, most) = range(key).into_inner();
            let unit = if key.ends_with("_ms") { " of milliseconds" } else { "" };
            format!("a whole number{unit} from {least} to {most}")
        }
        Value::Boolean(_) => String::from("true or false"),
        Value::Array(_) => String::from("a list of texts, such as [\"one\", \"two\"]"),
        _ => String::from("a text in quotes"),
    }
}

/// Why a value cannot stand at a key.
pub(super) fn check(key: &str, value: &Value, default: &Value) -> Result<(), String> {
    let is_right = match (value, default) {
        (Value::Integer(number), Value::Integer(_)) => range(key).contains(number),
        (Value::Array(elements), Value::Array(_)) => elements.iter().all(Value::is_str),
        _ => value.same_type(default),
    };
    if is_right { Ok(()) } else { Err(format!("must be {}", kind(key, default))) }
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn every_whole_number_has_bounds_and_its_default_is_within_them() {
        let values: Table = toml::from_str(DEFAULT).unwrap();
        let mut numbers = Vec::new();
        for (section, keys) in &values {
            for (key, value) in keys.as_table().unwrap() {
                let key = format!("{section}.{key}");
                if value.is_integer() {
                    assert!(RANGES.iter().any(|(name, _)| *name == key), "{key} has no bounds");
                    numbers.push(key.clone());
                }
                assert_eq!(check(&key, value, value), Ok(()), "{key}");
            }
        }
        assert_eq!(numbers.len(), RANGES.len(), "bounds of keys that there are not");
    }
}
