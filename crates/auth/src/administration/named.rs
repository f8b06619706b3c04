//! How callers name a page of a list, and a resource of an account.

use vestibule_model::AccountId;

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// The most things in it.
    pub limit: usize,
    /// What the page before gave as its next; None: the first page.
    pub cursor: Option<&'a str>,
}

/// A resource of an account: a profile, group, skill, API key, OAuth client or application token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountResourceId {
    /// In which account.
    pub account: AccountId,
    /// Its id within its kind.
    pub id: i64,
}
