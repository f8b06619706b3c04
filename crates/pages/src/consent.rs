//! The page that asks whether a client may act for a user.

use askama::Template;

use crate::{HiddenFields, Look};

/// Whether a client may act for a user.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// The user's name.
    pub user_name: &'a str,
    /// What it asks for, in words.
    pub scopes: Vec<String>,
    /// What the form carries.
    pub form: HiddenFields,
}
