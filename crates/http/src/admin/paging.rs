//! How long a page is.

use super::problem::Failure;

/// The length of a page that nobody asked another for.
const PAGE: usize = 100;

/// The longest page.
const MOST: usize = 1_000;

/// The length that was asked for: 1 to 1000, 100 unless told.
pub(super) fn limit(wanted: Option<usize>) -> Result<usize, Failure> {
    let limit = wanted.unwrap_or(PAGE);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Failure::Malformed { field: "limit".into(), reason: format!("from 1 to {MOST}") })
}
