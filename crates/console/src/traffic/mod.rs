//! Traffic of an account, or of what is of none: what was asked of it is in the address, so that a page can be kept and sent on.

mod asked;
mod compare;
mod download;
mod over_time;
mod show;
mod words;

pub(crate) use compare::show as compare;
pub(crate) use download::show as download;
pub(crate) use show::show;

use vestibule_model::{AccountId, TrafficApplication};

use crate::accounts::account_address;
use crate::frame::{Frame, Viewer};
use crate::parts::address;
use crate::routes::{ACCOUNTS, TRAFFIC};

/// Where the traffic of an account is; None: of what is of none.
pub(crate) fn traffic_address(account: Option<AccountId>) -> String {
    account.map_or_else(|| TRAFFIC.to_owned(), |account| format!("{}/traffic", account_address(account)))
}

/// Where that of one application is.
pub(crate) fn application_traffic(account: AccountId, application: TrafficApplication) -> String {
    address(&traffic_address(Some(account)), [("application", application.to_string().as_str())])
}

/// The frame of a page about it.
fn frame(viewer: Viewer<'_>, account: Option<AccountId>, title: String) -> Frame {
    let frame = Frame::of(viewer, title);
    let Some(account) = account else { return frame };
    frame.below([("Accounts", ACCOUNTS), (account.as_str(), &account_address(account))])
}
