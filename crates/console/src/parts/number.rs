//! Numbers as people read them.

use vestibule_auth::{AdministrationError, AuditCount};

/// With a comma between thousands.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same with a sign.
pub(crate) fn signed(difference: i128) -> String {
    let size = number(u64::try_from(difference.unsigned_abs()).unwrap_or(u64::MAX));
    match difference {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

/// A size in bytes, to three digits.
pub(crate) fn bytes(size: u64) -> String {
    let mut unit = 1;
    for name in ["bytes", "KB", "MB", "GB"] {
        if size < unit * 1_000 {
            return told_in(size, unit, name);
        }
        unit *= 1_000;
    }
    told_in(size, unit, "TB")
}

fn told_in(size: u64, unit: u64, name: &str) -> String {
    let whole = size / unit;
    if unit == 1 || whole >= 10 {
        return format!("{} {name}", number(whole));
    }
    format!("{whole}.{} {name}", size % unit * 10 / unit)
}

/// The same of how many there are.
pub(crate) fn number_of(count: usize) -> String {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

/// The same as [`counted`] of what is counted for as long as the service runs.
pub(crate) fn counted_many(count: u64, one: &str, many: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), one, many)
}

/// `1 user`, `2 users`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    let name = if count == 1 { one } else { many };
    format!("{} {name}", number_of(count))
}

/// How many entries of the audit there are; empty: others are counted already.
pub(crate) fn counted_entries(
    count: Result<AuditCount, AdministrationError>,
    one: &str,
    many: &str,
) -> Result<String, AdministrationError> {
    match count {
        Ok(AuditCount::Exact(count)) => Ok(counted_many(count, one, many)),
        Ok(AuditCount::AtLeast(count)) => Ok(format!("at least {}", counted_many(count, one, many))),
        Err(AdministrationError::Overloaded) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        let shown = [0, 999, 1_000, 12_345, 1_234_567].map(number);
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_difference_has_a_sign() {
        assert_eq!([0, 1_234, -5].map(signed), ["0", "+1,234", "−5"]);
    }

    #[test]
    fn a_size_is_told_in_the_unit_that_suits_it() {
        let told = [0, 999, 1_000, 9_999, 12_345, 4_200_000, 4_200_000_000, 5_000_000_000_000_000].map(bytes);
        let expected = ["0 bytes", "999 bytes", "1.0 KB", "9.9 KB", "12 KB", "4.2 MB", "4.2 GB", "5,000 TB"];
        assert_eq!(told, expected);
    }

    #[test]
    fn one_is_one() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "user", "users")), ["0 users", "1 user", "2 users"]);
    }
}
