//! The rules of how an account's pages look.

use vestibule_model::{Account, Logo, Look, MOST_MARKS, has_hidden, has_stacked_marks};

use super::rule::Rule;
use super::texts::name_of_at_most;
use super::violation::{Violation, changed};

/// Every rule that it breaks. `before` is the account as it was; None: it is new.
pub(super) fn look_violations(account: &Account, before: Option<&Account>) -> Vec<Violation> {
    let Look { name, contact, logo, .. } = &account.look;
    let is_new = |value: fn(&Account) -> &Option<String>| changed(before, account, value);
    let name = name.as_deref().filter(|_| is_new(|account| &account.look.name));
    let contact = contact.as_deref().filter(|_| is_new(|account| &account.look.contact));
    let logo = logo.as_ref().filter(|_| changed(before, account, |account| &account.look.logo));
    let rules = (Rule::LookNameLength, Rule::LookNameCharacters);
    let marks = |rule, text: Option<&str>| {
        text.filter(|text| has_stacked_marks(text)).map(|_| Violation::with(rule, MOST_MARKS))
    };
    let found = [
        marks(Rule::LookNameMarks, name),
        marks(Rule::LookContactMarks, contact),
        name.and_then(|name| name_of_at_most(Look::LONGEST_NAME, rules, name)),
        contact.and_then(contact_violation),
        logo.and_then(logo_violation),
    ];
    found.into_iter().flatten().collect()
}

fn contact_violation(contact: &str) -> Option<Violation> {
    let length = contact.chars().count();
    let is_wrong =
        length == 0 || length > Look::LONGEST_CONTACT || contact.trim() != contact || has_hidden(contact);
    is_wrong.then(|| Violation::with(Rule::LookContact, Look::LONGEST_CONTACT))
}

/// What browsers make of a picture is not known here; of which kind it is, and how large, its head says.
fn logo_violation(logo: &Logo) -> Option<Violation> {
    if logo.bytes().len() > Logo::LONGEST {
        return Some(Violation::with(Rule::LogoLength, Logo::LONGEST));
    }
    if logo.kind().is_none() {
        return Some(Violation::of(Rule::LogoKind));
    }
    let Ok(size) = imagesize::blob_size(logo.bytes()) else {
        return Some(Violation::of(Rule::LogoKind));
    };
    let is_fit = |pixels: usize| (1..=Logo::LARGEST).contains(&pixels);
    let is_wrong = !is_fit(size.width) || !is_fit(size.height);
    is_wrong.then(|| {
        Violation::with(Rule::LogoSize, format_args!("{0} by {0}", Logo::LARGEST))
            .because(format_args!("this is {} by {}", size.width, size.height))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The head of a PNG of this size; nothing behind it is looked at.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &sizes[..], b"\x08\x06\0\0\0"].concat()
    }

    fn rule(bytes: Vec<u8>) -> Option<Rule> {
        logo_violation(&Logo::new(bytes)).map(|violation| violation.rule)
    }

    #[test]
    fn a_picture_has_at_most_so_many_pixels() {
        assert_eq!(rule(png(1, 1)), None);
        assert_eq!(rule(png(1_024, 1_024)), None);
        for (width, height) in [(1_025, 1), (1, 1_025), (0, 1), (1, 0), (u32::MAX, u32::MAX)] {
            assert_eq!(rule(png(width, height)), Some(Rule::LogoSize), "{width} by {height}");
        }
    }

    #[test]
    fn a_picture_has_at_most_so_many_bytes() {
        let mut long = png(1, 1);
        long.resize(Logo::LONGEST, 0);
        assert_eq!(rule(long.clone()), None);
        long.push(0);
        assert_eq!(rule(long), Some(Rule::LogoLength));
    }

    #[test]
    fn jpeg_and_webp_are_measured() {
        let jpeg = |high: u8| {
            let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08";
            let frame = [high, 0, 0, 9, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
            [&head[..], &frame[..], b"\xff\xd9"].concat()
        };
        assert_eq!(rule(jpeg(4)), None);
        assert_eq!(rule(jpeg(5)), Some(Rule::LogoSize));
        let webp = |high: u8| {
            let canvas = [0, 0, 0, 0, 0xff, high, 0, 9, 0, 0];
            [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0"[..], &canvas[..]].concat()
        };
        assert_eq!(rule(webp(3)), None);
        assert_eq!(rule(webp(4)), Some(Rule::LogoSize));
    }

    #[test]
    fn what_holds_more_than_a_picture_is_none() {
        for other in [
            "",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
            "<!doctype html><script>alert(1)</script>",
            "GIF89a",
            "\u{89}PNG\r\n\u{1a}\n",
        ] {
            assert_eq!(rule(other.into()), Some(Rule::LogoKind), "{other}");
        }
        // The size would be read of whatever stands in the place of the first chunk.
        let mut other_chunk = png(1, 1);
        other_chunk[12..16].copy_from_slice(b"tEXt");
        assert_eq!(rule(other_chunk), Some(Rule::LogoKind));
    }

    proptest! {
        /// Heads of every kind, with anything behind them.
        #[test]
        fn no_bytes_are_too_much(head in 0..4_usize, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let heads = [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8"];
            let _ = rule([heads[head], &rest].concat());
        }
    }
}
