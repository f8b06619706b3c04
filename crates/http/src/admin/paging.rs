//! How long a page is, and where it begins.

use serde::Deserialize;
use utoipa::IntoParams;
use vestibule_auth::{AuditCount, PageRequest};

use super::problem::AdminError;

/// The length of a page that nobody asked another for.
const PAGE: usize = 100;

/// The longest page.
const MOST: usize = 1_000;

/// A page of a list that is not searched.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParameters {
    /// The most things in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
}

impl PageParameters {
    /// The length, and where the page begins.
    pub(super) fn page(&self) -> Result<PageRequest<'_>, AdminError> {
        Ok(PageRequest { limit: limit(self.limit)?, cursor: self.cursor.as_deref() })
    }
}

/// How many there are on all pages, and whether that is exact, as answers have it; nothing unless it was counted.
pub(super) fn total(count: Option<AuditCount>) -> (Option<u64>, Option<bool>) {
    (count.map(AuditCount::number), count.map(|count| matches!(count, AuditCount::Exact(_))))
}

/// The length that was asked for: 1 to 1000, 100 unless told.
pub(super) fn limit(wanted: Option<usize>) -> Result<usize, AdminError> {
    let limit = wanted.unwrap_or(PAGE);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(AdminError::Malformed { field: "limit".into(), reason: format!("from 1 to {MOST}") })
}
