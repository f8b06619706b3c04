//! What the three operations have in common on the way in: account, version, content type.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use vestibule_model::AccountId;
use vestibule_serve::layers::{ClientAddress, is_encrypted};

use crate::json::is_json;
use crate::query;

/// What the head of a request says. An extractor that never rejects, so that each operation refuses in its own shape.
pub(crate) struct LivePersonHead {
    /// The account of the path; None: no account id.
    pub(crate) account: Option<AccountId>,
    /// Whether the version is one of those in use.
    pub(crate) version_is_known: bool,
    /// Whether the body is said to be JSON.
    pub(crate) is_json: bool,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's connection is encrypted.
    pub(crate) encrypted: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for LivePersonHead {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let account = Path::<String>::from_request_parts(parts, state).await.ok();
        Ok(Self::read(parts, account.and_then(|Path(account)| account.parse().ok())))
    }
}

impl LivePersonHead {
    /// What the head says besides the account in its path.
    pub(crate) fn read(parts: &Parts, account: Option<AccountId>) -> Self {
        Self {
            account,
            version_is_known: version_is_known(parts.uri.query()),
            is_json: is_json(&parts.headers),
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
            encrypted: is_encrypted(&parts.extensions),
        }
    }
}

/// The account of a path of this pattern, when nothing in the path is encoded.
pub(crate) fn account_of(path: &str, pattern: &str) -> Option<AccountId> {
    let (before, after) = pattern.split_once("{account}")?;
    path.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

/// Whether the query's `v` is one of those in use (contract liveperson §1): 1.1 to 1.3, or none.
fn version_is_known(query: Option<&str>) -> bool {
    query::values(query.unwrap_or_default(), "v").all(|version| matches!(&*version, "1.1" | "1.2" | "1.3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_use_are_accepted() {
        for query in
            [None, Some(""), Some("v=1.3"), Some("v=1.2"), Some("v=1.1"), Some("x=1&v=1.3"), Some("v=1%2E3")]
        {
            assert!(version_is_known(query), "{query:?}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        for query in ["v=2.0", "v=", "v", "v=1.30", "v=1.3&v=9", "v=1%2E4", "v=1.3&%76=9"] {
            assert!(!version_is_known(Some(query)), "{query}");
        }
    }
}
