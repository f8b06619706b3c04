//! The pages about a user's second factor.

use askama::Template;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::{HiddenFields, Look, Notice, Own};

/// Setting one up.
#[derive(Template)]
#[template(path = "enrol.html")]
pub struct Enrol<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// Who is signed in; None: somebody who is not let in before it is set up.
    pub own: Option<Own<'a>>,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// What the form carries.
    pub form: HiddenFields,
    /// The secret, for whoever types it.
    pub secret: &'a str,
    /// The same as a picture.
    pub picture: Picture,
    /// Whether the password is shown once more.
    pub asks_password: bool,
    /// Where the form goes to.
    pub action: &'a str,
}

/// The recovery codes, once.
#[derive(Template)]
#[template(path = "recovery.html")]
pub struct RecoveryCodes<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// Who is signed in.
    pub own: Option<Own<'a>>,
    /// What is said about what was done.
    pub notice: Option<Notice>,
    /// The codes.
    pub codes: Vec<&'a str>,
    /// Where the user goes on to.
    pub next: &'a str,
}

/// What there is, and what may become of it.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactor<'a> {
    /// In whose look.
    pub look: Look<'a>,
    /// The account.
    pub account: &'a str,
    /// Who is signed in.
    pub own: Option<Own<'a>>,
    /// What is said about the attempt before.
    pub notice: Option<Notice>,
    /// What the form carries.
    pub form: HiddenFields,
    /// Since when there is one.
    pub since: String,
    /// How many recovery codes are left.
    pub codes_left: usize,
    /// Whether the account asks for it, and it cannot be switched off.
    pub is_required: bool,
}

/// A QR code as SVG.
pub struct Picture(String);

impl Picture {
    /// That of a text; empty if it is too long for one.
    pub fn of(text: &str) -> Self {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let drawn = code.map(|code| code.render::<svg::Color<'_>>().min_dimensions(200, 200).build());
        let drawn = drawn.unwrap_or_default();
        // In the page, and not a document of its own.
        let start = drawn.find("<svg").unwrap_or_default();
        Self(drawn.get(start..).unwrap_or_default().to_owned())
    }
}

impl std::fmt::Display for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_svg_without_styles_and_addresses() {
        let picture = Picture::of("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ").to_string();
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>"), "{picture}");
        assert!(!picture.contains("style=") && !picture.contains("GEZDG"), "{picture}");
        assert_eq!(Picture::of(&"x".repeat(10_000)).to_string(), "");
    }
}
