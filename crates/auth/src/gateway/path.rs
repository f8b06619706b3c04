//! The path of a request: its normal form, and patterns of it.
//!
//! A gateway, we and the service behind it have to read the same path, or a rule lets through what it forbids. What two
//! programs read differently has no normal form, and matches nothing.

use std::borrow::Cow;

/// The longest pattern, in bytes.
const LONGEST: usize = 1_000;

/// A path that two programs may read as two paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path is ambiguous: {0}")]
pub(crate) struct Ambiguous(&'static str);

/// The normal form of a target's path: what stands before `?`, percent-encoded octets of unreserved characters as these
/// characters and the others in capital letters (RFC 3986 §6.2.2.1, §6.2.2.2).
///
/// # Errors
///
/// It does not begin with `/`; or has a character that is no visible ASCII, `\`, `;`, `#`, an empty segment but the last, a
/// segment `.` or `..`, a percent sign without two hexadecimal digits, or in encoded form a control character, `/`, `\`,
/// `;`, `#`, `?`, a percent sign that encodes once more, or what is no UTF-8.
pub(crate) fn normal_form(target: &str) -> Result<Cow<'_, str>, Ambiguous> {
    let path = target.split('?').next().unwrap_or_default();
    if !path.starts_with('/') {
        return Err(Ambiguous("it does not begin with a slash"));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Ambiguous("a character that has to be encoded"));
    }
    if path.contains(['\\', ';', '#']) {
        return Err(Ambiguous("a backslash, a semicolon or a number sign"));
    }
    let normal = if path.contains('%') { Cow::Owned(decoded(path)?) } else { Cow::Borrowed(path) };
    let segments = || normal.split('/').skip(1);
    if segments().any(|segment| matches!(segment, "." | "..")) {
        return Err(Ambiguous("a segment of dots"));
    }
    // In so short a text faster than a search that prepares itself.
    if normal.as_bytes().windows(2).any(|two| two == b"//") {
        return Err(Ambiguous("an empty segment"));
    }
    Ok(normal)
}

fn decoded(path: &str) -> Result<String, Ambiguous> {
    let mut normal = String::with_capacity(path.len());
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, encoded)) = rest.split_once('%') {
        normal.push_str(before);
        octets.extend(before.bytes());
        let octet = octet(encoded).ok_or(Ambiguous("a percent sign without two hexadecimal digits"))?;
        rest = encoded.get(2..).unwrap_or_default();
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                normal.push(char::from(octet));
            }
            b'/' | b'\\' | b';' | b'#' | b'?' => return Err(Ambiguous("an encoded separator")),
            0..0x20 | 0x7f => return Err(Ambiguous("an encoded control character")),
            _ => {
                normal.push('%');
                normal.extend(encoded.chars().take(2).map(|digit| digit.to_ascii_uppercase()));
            }
        }
        octets.push(octet);
    }
    octets.extend(rest.bytes());
    normal.push_str(rest);
    if normal.split("%25").skip(1).any(|behind| octet(behind).is_some()) {
        return Err(Ambiguous("encoded twice"));
    }
    // Overlong forms of a slash or a dot are no UTF-8.
    match std::str::from_utf8(&octets) {
        Ok(_) => Ok(normal),
        Err(_) => Err(Ambiguous("what is encoded is no UTF-8")),
    }
}

/// What the two hexadecimal digits say that a text begins with.
fn octet(text: &str) -> Option<u8> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// A pattern of paths: segments, of which `*` stands for any one that is not empty, and `**` at the end for any rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    segments: Box<[Segment]>,
    /// Whether anything may follow.
    is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Any,
    Exactly(Box<str>),
}

/// A text that is no pattern of paths, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPattern {
    /// It is too long.
    #[error("at most {LONGEST} characters")]
    Long,
    /// It has no normal form.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// It is not its normal form, which no path would ever match.
    #[error("paths are matched as {0}: write it so")]
    NotNormal(String),
    /// A star that is no segment.
    #[error("* stands for a whole segment, and ** for the rest at the end")]
    Star,
    /// A query.
    #[error("a pattern is of paths alone: without ?")]
    Query,
}

impl PathPattern {
    /// The pattern that a text is.
    ///
    /// # Errors
    ///
    /// It is none.
    pub(crate) fn new(text: &str) -> Result<Self, NoPattern> {
        if text.len() > LONGEST {
            return Err(NoPattern::Long);
        }
        if text.contains('?') {
            return Err(NoPattern::Query);
        }
        let normal = normal_form(text)?;
        if normal != text {
            return Err(NoPattern::NotNormal(normal.into_owned()));
        }
        let (closed, is_open) = match text.strip_suffix("/**") {
            Some(closed) => (closed, true),
            None => (text, false),
        };
        let segments = closed.split('/').skip(1).map(|segment| match segment {
            "*" => Ok(Segment::Any),
            _ if segment.contains('*') => Err(NoPattern::Star),
            _ => Ok(Segment::Exactly(segment.into())),
        });
        Ok(Self { segments: segments.collect::<Result<_, _>>()?, is_open })
    }

    /// Whether a path in its normal form matches.
    pub(crate) fn matches(&self, normal: &str) -> bool {
        let mut segments = normal.split('/').skip(1);
        let begins = self.segments.iter().all(|expected| match (expected, segments.next()) {
            (Segment::Any, Some(segment)) => !segment.is_empty(),
            (Segment::Exactly(expected), Some(segment)) => **expected == *segment,
            (_, None) => false,
        });
        // What is open matches what stands below it, which may be empty, and not itself.
        begins && segments.next().is_some() == self.is_open
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, target: &str) -> bool {
        let pattern = PathPattern::new(pattern).unwrap();
        normal_form(target).is_ok_and(|normal| pattern.matches(&normal))
    }

    #[test]
    fn spellings_of_one_path_are_one() {
        for spelling in ["/a-b/%7ec", "/%61%2Db/~c", "/a%2db/%7Ec?x=/../y#"] {
            assert_eq!(normal_form(spelling).unwrap(), "/a-b/~c", "{spelling}");
        }
        assert_eq!(normal_form("/%c3%a9%2a%25").unwrap(), "/%C3%A9%2A%25");
        assert_eq!(normal_form("/a%21/!").unwrap(), "/a%21/!");
        assert_eq!(normal_form("/a/").unwrap(), "/a/");
    }

    #[test]
    fn g1_what_two_programs_read_differently_is_ambiguous() {
        for target in [
            "",
            "a",
            "*",
            "http://host/a",
            "?/a",
            "/a/../b",
            "/..",
            "/a/..",
            "/.",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/%2e",
            "/a%2fb",
            "/a%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a;b",
            "/a;/../b",
            "/a%3bb",
            "/a#b",
            "/a%23b",
            "/a%3fb",
            "//",
            "//a",
            "/a//b",
            "/a%00",
            "/a%0d%0a",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%+2f",
            "/a b",
            "/a\tb",
            "/ä",
            "/a\u{0}",
            "/%c0%af",
            "/%c0%ae%c0%ae/",
            "/%e9",
            "/%252e%252e/",
            "/%25%32%65",
            "/%252f",
        ] {
            assert!(normal_form(target).is_err(), "{target:?} is {:?}", normal_form(target));
        }
    }

    #[test]
    fn a_pattern_matches_segment_by_segment() {
        for (pattern, target) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/b", "/%61/b?c"),
            ("/a/", "/a/"),
            ("/a/*", "/a/b"),
            ("/*/b", "/x/b"),
            ("/a/**", "/a/"),
            ("/a/**", "/a/b/c/"),
            ("/**", "/"),
            ("/**", "/a/b"),
            ("/a/*/**", "/a/b/c"),
        ] {
            assert!(matches(pattern, target), "{pattern} {target}");
        }
        for (pattern, target) in [
            ("/", "/a"),
            ("/a/b", "/a/b/"),
            ("/a/b", "/A/b"),
            ("/a/b", "/a/bc"),
            ("/a", "/a/"),
            ("/a/*", "/a"),
            ("/a/*", "/a/"),
            ("/a/*", "/a/b/c"),
            ("/a/**", "/a"),
            ("/a/**", "/ab"),
            ("/a/**", "/a/../b"),
            ("/a/*/**", "/a/b"),
            ("/a/**", "/b/a/"),
        ] {
            assert!(!matches(pattern, target), "{pattern} {target}");
        }
    }

    #[test]
    fn what_could_match_nothing_is_no_pattern() {
        for text in [
            "", "a", "/a*", "/**/a", "/***", "/a/**b", "/%61", "/%c3%a9", "/a/../b", "/a//b", "/a?b", "/a;b",
            "/a b",
        ] {
            assert!(PathPattern::new(text).is_err(), "{text}");
        }
        assert!(PathPattern::new(&format!("/{}", "a".repeat(LONGEST))).is_err());
        let told = PathPattern::new("/%61/%c3%a9").unwrap_err().to_string();
        assert_eq!(told, "paths are matched as /a/%C3%A9: write it so");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", other in "[/.%a-f0-9*;]*") {
            for text in [&text, &other] {
                let normal = normal_form(text);
                if let (Ok(pattern), Ok(normal)) = (PathPattern::new(text), normal) {
                    let _ = pattern.matches(&normal);
                }
            }
        }

        #[test]
        fn a_normal_form_is_its_own(path in "(/([a-z.~!-]|%[0-9a-fA-F]{2}){0,4}){1,4}") {
            if let Ok(normal) = normal_form(&path) {
                prop_assert_eq!(&normal_form(&normal).unwrap(), &normal);
            }
        }

        /// However often a service behind us decodes, and resolves dots, it stays at the path that was matched.
        #[test]
        fn a_normal_form_decodes_to_no_other_segments(path in "/([a-z/.~-]|%[0-9a-fA-F]{2}|%25(2e|2f|5c)){0,12}") {
            if let Ok(normal) = normal_form(&path) {
                let decoded = percent_decoded(&percent_decoded(path.split('?').next().unwrap()));
                let segments = |text: &str| text.split(['/', '\\']).map(str::to_owned).collect::<Vec<_>>();
                prop_assert_eq!(segments(&decoded).len(), segments(&normal).len());
                prop_assert!(segments(&decoded).iter().all(|segment| segment != "." && segment != ".."));
            }
        }

        #[test]
        fn how_unreserved_characters_are_spelled_is_no_matter(
            path in "(/[a-z0-9~_-]{1,6}){1,3}", spelled in prop::collection::vec(any::<(bool, bool)>(), 32),
        ) {
            let mut spelled = spelled.into_iter().cycle();
            let spell = |byte: u8| match spelled.next() {
                Some((true, is_small)) if byte != b'/' => {
                    if is_small { format!("%{byte:02x}") } else { format!("%{byte:02X}") }
                }
                _ => char::from(byte).to_string(),
            };
            let other: String = path.bytes().map(spell).collect();
            prop_assert_eq!(normal_form(&other).unwrap(), path.clone());
            prop_assert!(matches(&path, &other));
        }
    }

    fn percent_decoded(text: &str) -> String {
        let mut octets = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let encoded = std::str::from_utf8(tail).ok().and_then(octet).filter(|_| *first == b'%');
            octets.push(encoded.unwrap_or(*first));
            rest = if encoded.is_some() { &tail[2..] } else { tail };
        }
        String::from_utf8_lossy(&octets).into_owned()
    }
}
