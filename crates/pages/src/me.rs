//! The page of whoever is signed in.

use askama::Template;

use crate::{Look, Notice, Own};

/// What users see about themselves.
#[derive(Template)]
#[template(path = "me.html")]
pub struct Me<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// Who is signed in.
    pub own: Own<'a>,
    /// The full name.
    pub full_name: &'a str,
    /// What is said about what was done last.
    pub notice: Option<Notice>,
    /// Whether the user has a password that counts.
    pub has_password: bool,
    /// Whether an identity provider opened the session of this page.
    pub by_single_sign_on: bool,
    /// When the password expires, if that is worth telling.
    pub password_expires: Option<String>,
    /// Since when there is a second factor, and how many recovery codes are left.
    pub second_factor: Option<(String, usize)>,
    /// Whether the account asks for a second factor.
    pub asks_second_factor: bool,
    /// The sessions, this page's first.
    pub sessions: Vec<OwnSession>,
    /// In which zone times are told.
    pub time_zone: &'a str,
}

/// A session of the user's.
pub struct OwnSession {
    /// The name by which it is ended; opens nothing.
    pub reference: String,
    /// Whether it is that of the page itself.
    pub is_this: bool,
    /// What opened it, in words.
    pub opened_by: &'static str,
    /// The address that it was opened from.
    pub address: String,
    /// When it was opened.
    pub opened: String,
    /// When it was last used.
    pub last_used: String,
}
