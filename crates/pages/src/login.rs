//! The pages on the way in.

use askama::Template;

use crate::{HiddenFields, Look, Notice};

/// Which account somebody wants to sign in to.
#[derive(Template)]
#[template(path = "choose_account.html")]
pub struct ChooseAccount<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// Where to go on after the login.
    pub wanted: Option<&'a str>,
}

/// User name and password, and the other ways to sign in.
#[derive(Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// What the form carries.
    pub form: HiddenFields,
    /// The user name as it was written before.
    pub user_name: &'a str,
    /// Whether the account takes passwords at all.
    pub takes_passwords: bool,
    /// The account's single sign-on connections.
    pub connections: Vec<Connection>,
}

/// A way to sign in elsewhere.
pub struct Connection {
    /// Its display name.
    pub name: String,
    /// Where the sign-on begins.
    pub address: String,
}

/// The second step.
#[derive(Template)]
#[template(path = "code.html")]
pub struct Code<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// What the form carries.
    pub form: HiddenFields,
}

/// Whoever is signed in, in the page's head.
pub struct Own<'a> {
    /// The user's name.
    pub user_name: &'a str,
    /// What the form carries that signs out.
    pub form: HiddenFields,
}

/// A new password: of whoever is signed in, or of somebody who may not sign in before.
#[derive(Template)]
#[template(path = "password.html")]
pub struct Password<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// Who is signed in.
    pub own: Option<Own<'a>>,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// Where the form goes to.
    pub action: &'a str,
    /// What the form carries.
    pub form: HiddenFields,
    /// The user name.
    pub user_name: &'a str,
    /// Whether a code of the second factor may be needed.
    pub asks_code: bool,
    /// What a new password must satisfy, in words.
    pub rules: Vec<String>,
}

/// A few words instead of a form.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The heading.
    pub title: &'a str,
    /// The words.
    pub text: &'a str,
    /// Where to go from here.
    pub link: Option<Link<'a>>,
    /// Where the browser goes to by itself, at once.
    pub goes_to: Option<&'a str>,
}

/// A link.
pub struct Link<'a> {
    /// Its words.
    pub name: &'a str,
    /// Its address.
    pub address: &'a str,
}
