//! The parts of an account, each with how many things it has.

use vestibule_auth::AccountCounts;
use vestibule_model::AccountId;

use crate::parts::number;
use crate::resources::Kind;
use crate::routes::ACCOUNTS;
use crate::traffic::traffic_address;

/// A part of an account.
pub(crate) struct Tab {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    /// How many things it has; empty: it is no list.
    pub(crate) count: String,
    pub(crate) is_here: bool,
}

/// Where the page of an account is.
pub(crate) fn account_address(account: AccountId) -> String {
    format!("{ACCOUNTS}/{account}")
}

/// The parts of an account, for whoever looks at the page at `path`.
pub(crate) fn tabs(account: AccountId, counts: &AccountCounts, path: &str) -> Vec<Tab> {
    let own = account_address(account);
    let tab = |name, address: String, count: Option<usize>| Tab {
        is_here: address == path,
        name,
        address,
        count: count.map(|count| number(u64::try_from(count).unwrap_or(u64::MAX))).unwrap_or_default(),
    };
    let kinds =
        Kind::ALL.into_iter().map(|kind| tab(kind.title(), kind.address(account), Some(kind.count(counts))));
    let more = [
        tab("Connections", format!("{own}/connections"), Some(counts.connections)),
        tab("Policies", format!("{own}/policies"), None),
        tab("Services", format!("{own}/services"), None),
    ];
    [tab("Account", own.clone(), None), tab("Users", format!("{own}/users"), Some(counts.users))]
        .into_iter()
        .chain(kinds)
        .chain(more)
        .chain([tab("Traffic", traffic_address(Some(account)), None)])
        .collect()
}
