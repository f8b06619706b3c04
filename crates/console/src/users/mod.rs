//! Users of an account: the list of them, and each with what is known of them.

mod list;
mod show;

pub(crate) use list::show as list;
pub(crate) use show::show;

use vestibule_model::{AccountId, User, UserId};

use crate::accounts::account_address;
use crate::parts::{Cell, Shape};
use crate::words;

/// Where the page of a user is.
pub(crate) fn user_address(account: AccountId, user: UserId) -> String {
    format!("{}/users/{user}", account_address(account))
}

/// Whether somebody may log in.
fn state(user: &User, is_locked: bool) -> Cell {
    if user.enabled && is_locked {
        return Cell::tag(Shape::Bad, "locked");
    }
    words::enabled(user.enabled)
}
