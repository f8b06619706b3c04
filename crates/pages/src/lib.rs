//! What pages for people look like: HTML rendered by the server, one stylesheet, nothing that runs.
//!
//! Owns the layout, the words and the looks of pages. Knows no HTTP, no engine and no account: whoever shows a page says what
//! is on it. Every text is escaped where it stands; the only markup that is taken as it is comes from [`HiddenFields`] and
//! from this crate.
//!
//! The [`POLICY`] that these pages are served with allows no script and no style but the stylesheets of this service.

mod accent;
mod consent;
mod contact;
mod hidden_fields;
mod login;
mod me;
mod notice;
mod second_factor;

use askama::Template;

pub use accent::{accent_style, contrast};
pub use consent::Consent;
pub use hidden_fields::HiddenFields;
pub use login::{ChooseAccount, Code, Connection, Link, Login, Message, Own, Password};
pub use me::{Me, OwnSession};
pub use notice::Notice;
pub use second_factor::{Enrol, Picture, RecoveryCodes, SecondFactor};

/// The Content-Security-Policy of every page.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// The stylesheet of every page, served at `/me/-/pages.css`.
pub const STYLE: &str = include_str!("pages.css");

/// Which stylesheet it is, so that a browser that keeps one asks for another when there is another.
pub const STYLE_VERSION: u32 = version(STYLE);

/// The icon, served at `/me/-/icon.svg`.
pub const ICON: &str = include_str!("icon.svg");

/// Which text it is: FNV-1a of its bytes. Tells versions of one text apart, and withstands nobody.
pub const fn version(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let (mut hash, mut index) = (0x811c_9dc5_u32, 0);
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u32).wrapping_mul(0x0100_0193);
        index += 1;
    }
    hash
}

/// In whose look a page is.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// The display name.
    pub name: &'a str,
    /// The address of a stylesheet that sets the account's accent colour.
    pub style: Option<String>,
    /// The address of the account's logo.
    pub logo: Option<String>,
    /// Whom to ask about a forgotten password: an address for mail or of https, or any other words.
    pub contact: Option<&'a str>,
}

impl Look<'_> {
    /// The look of nobody in particular.
    pub const PLAIN: Self = Self { name: "Vestibule", style: None, logo: None, contact: None };

    /// Where a link leads to whom to ask, if the words are an address.
    fn contact_link(&self) -> Option<String> {
        self.contact.and_then(contact::link)
    }
}

/// A page, ready to be sent.
pub trait Page: Template {
    /// The HTML.
    ///
    /// # Panics
    ///
    /// Never: writing to a string does not fail.
    fn html(&self) -> String {
        self.render().unwrap_or_default()
    }
}

impl<T: Template> Page for T {}
