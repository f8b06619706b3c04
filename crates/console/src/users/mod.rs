//! Users of an account: the list of them, and each with what is known of them.

pub(crate) mod deeds;
pub(crate) mod edit;
mod fields;
mod list;
pub(crate) mod make;
pub(crate) mod password;
mod show;

pub(crate) use deeds::UserDeed;
pub(crate) use list::show as list;
pub(crate) use show::show;

use vestibule_auth::AccountUser;
use vestibule_model::{AccountId, User, UserId};

use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{Cell, Shape, counted};
use crate::routes::ACCOUNTS;
use crate::words;

/// Where the list of an account is.
pub(crate) fn users_address(account: AccountId) -> String {
    format!("{}/users", account_address(account))
}

/// Where the page of a user is.
pub(crate) fn user_address(account: AccountId, user: UserId) -> String {
    format!("{}/{user}", users_address(account))
}

/// A page below that of a user, whose name is known, or below the list of them.
fn above(frame: Frame, AccountUser { account, user }: AccountUser, name: Option<&str>) -> Frame {
    let (own, users, its) = (account_address(account), users_address(account), user_address(account, user));
    let above = [("Accounts", ACCOUNTS), (account.as_str(), &own), ("Users", &users)];
    frame.below(above.into_iter().chain(name.map(|name| (name, its.as_str()))))
}

/// That so many sessions end; None: there are none.
pub(crate) fn ends(sessions: usize) -> Option<String> {
    (sessions > 0).then(|| format!("Ends {}.", counted(sessions, "live session", "live sessions")))
}

/// Whether somebody may log in.
fn state(user: &User, is_locked: bool) -> Cell {
    if user.enabled && is_locked {
        return Cell::tag(Shape::Bad, "locked");
    }
    words::enabled(user.enabled)
}
