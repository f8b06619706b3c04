//! In whose look a page is.

use vestibule_model::AccountId;
use vestibule_pages::Look;

use crate::api::ApiState;

/// What an account's pages look like.
pub(crate) struct AccountLook {
    name: String,
}

impl AccountLook {
    /// That of an account, whether or not there is one.
    pub(crate) fn of(_api: &ApiState, account: AccountId) -> Self {
        Self { name: format!("Account {account}") }
    }

    /// The same as pages take it.
    pub(crate) fn look(&self) -> Look<'_> {
        Look { name: &self.name, ..Look::PLAIN }
    }
}
