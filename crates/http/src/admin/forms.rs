//! What the description says of texts: how long they are and of which characters. The rules are the engine's
//! (`auth/src/rules/texts.rs`, `values.rs`); these types stand for them in the description and nowhere else.

use std::borrow::Cow;

use utoipa::openapi::schema::{SchemaFormat, SchemaType};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use vestibule_auth::{LONGEST_NAME, LONGEST_PASSWORD, LONGEST_TEXT, LONGEST_VALUE, SHORTEST_SECRET};
use vestibule_model::{ApplicationToken, Logo, Look, TargetKey};

/// Characters that are not seen (`vestibule_model::has_hidden`). Those that need more than four digits cannot be named in
/// the patterns of every language; U+FE0F may be there behind an emoji.
macro_rules! hidden {
    () => {
        concat!(
            r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f",
            r"\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
        )
    };
}

/// Every character that is seen, one or more, with spaces only between them.
const SEEN: &str = concat!(r"^[^\s", hidden!(), "]([^", hidden!(), r"]*[^\s", hidden!(), "])?$");

/// No control characters, and none that are not seen.
const LINE: &str = concat!("^[^", hidden!(), "]*$");

/// Who did something.
/// A thing that is made, changed or deleted: the word for its kind, and its id.
const TARGET: &str = "^(account|user|profile|group|skill|api-key|oauth-client|application-token|administration-token|administrator|audit|master-key|connection|signing-key|gateway-rule):[A-Za-z0-9_.-]*$";

/// Who did something.
const ACTOR: &str = "^(unknown|command-line|system|(user|administration-token|connection):[0-9]{1,18})$";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

/// A text of so many characters that look like this.
fn matching(pattern: &str, shortest: usize, longest: usize) -> ObjectBuilder {
    text().pattern(Some(pattern)).min_length(Some(shortest)).max_length(Some(longest))
}

macro_rules! forms {
    ($($(#[doc = $words:literal])+ $name:ident = $schema:expr;)+) => {$(
        $(#[doc = $words])+
        pub(super) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = concat!($($words),+).trim();
                $schema.description(Some(words)).build().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

forms! {
    /// A name for people: characters that are seen, no spaces around it.
    Name = matching(SEEN, 1, LONGEST_NAME);
    /// A name in the head of pages: characters that are seen, no spaces around it.
    LookName = matching(SEEN, 1, Look::LONGEST_NAME);
    /// The bytes of a PNG, JPEG or WebP file, of at most 1024 by 1024 pixels.
    Picture = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).max_length(Some(Logo::LONGEST));
    /// A colour: red, green and blue.
    AccentText = matching("^#[0-9A-Fa-f]{6}$", 7, 7);
    /// Whom to ask: characters that are seen, no spaces around them.
    ContactText = matching(SEEN, 1, Look::LONGEST_CONTACT);
    /// Who did it: `user:ID`, `administration-token:ID`, `connection:ID`, `command-line`, `system` or `unknown`.
    ActorText = matching(ACTOR, 6, 40);
    /// What was made, changed or deleted: its kind, a colon and its id.
    TargetText = matching(TARGET, 5, TargetKey::LONGEST);
    /// A name that stands in addresses.
    ConnectionName = matching("^[A-Za-z0-9_-]+$", 1, 64);
    /// A text of one line, or an empty one.
    Line = matching(LINE, 0, LONGEST_TEXT);
    /// What an account is known by everywhere.
    AccountIdText = matching("^[A-Za-z0-9_]+$", 1, 20);
    /// A value that an application is known by: ASCII without spaces.
    ApplicationValue = matching("^[!-~]+$", 1, LONGEST_VALUE);
    /// A secret that an application proves itself by: ASCII without spaces.
    ApplicationSecret = matching("^[!-~]+$", SHORTEST_SECRET, LONGEST_VALUE);
    /// What programs of LiveVox's dialect show.
    ApplicationTokenText = matching("^[0-9A-Za-z-]+$", SHORTEST_SECRET, ApplicationToken::LONGEST);
    /// A password. Its longest length is counted in bytes of UTF-8.
    Password = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password))).max_length(Some(LONGEST_PASSWORD));
    /// A name of the IANA time zone database.
    TimeZone = text().format(Some(SchemaFormat::Custom("time-zone".to_owned()))).max_length(Some(253));
    /// A network such as `10.0.0.0/8`, or a single address.
    AddressOrNetwork = text().format(Some(SchemaFormat::Custom("ip-network".to_owned())));
    /// An https address without user information and fragment, or an empty text.
    Address = matching("^(https://[!$-;=?-Z_a-z~%\\[\\]]+)?$", 0, 1_000);
    /// An https address, or an http address of this machine (`127.0.0.1`, `[::1]`, `localhost`), without user information and fragment.
    RedirectUri = text().format(Some(SchemaFormat::Custom("redirect-uri".to_owned()))).max_length(Some(1_000));
    /// What an identity provider calls a user: no control characters.
    Subject = matching(r"^[^\u0000-\u001f\u007f-\u009f]+$", 1, 256);
    /// A word of ASCII that tokens are asked for (RFC 6749 §3.3).
    ScopeText = matching(r"^[!#-\[\]-~]+$", 1, 128);
    /// A pattern of paths: segments in their normal form, `*` for any one, `**` at the end for any rest.
    PathPatternText = text().format(Some(SchemaFormat::Custom("path-pattern".to_owned()))).max_length(Some(1_000));
    /// An address of IPv4 or IPv6.
    AddressText = text().format(Some(SchemaFormat::Custom("ip".to_owned())));
}
