//! Which account a path names, for whoever may read it.
//!
//! Between the check and what answers the request stand a gateway and an upstream, each of which reads the path in its own
//! way and may hand on what it has read. A reading is what any of the usual steps make of the path, in any order; every
//! one that names an account has to name the same.

use std::borrow::Cow;
use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::in_account;

/// What a reader may do to a path. None makes a path longer, so there is an end to what they can make of it.
const STEPS: [fn(&str) -> Cow<'_, str>; 8] = [
    decoded,
    with_slashes,
    without_scheme,
    without_authority,
    before_end,
    without_parameters,
    without_empty_segments,
    without_dot_segments,
];

/// How many readings of a path are looked at, and the bytes of all of them. Real paths have a few; the number of a contrived one
/// grows as the powers of two. Whoever asks chooses the path, before anybody is known, and a worker reads it: a thousand steps
/// on short texts, some 100 µs.
const MOST_READINGS: usize = 128;
const MOST_BYTES: usize = 32 * 1024;

/// A path names several accounts, or has more readings than are looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// Whether a path has no reading but itself.
pub(super) fn is_plain(path: &str) -> bool {
    let mut before = 0;
    path.starts_with('/')
        && path.bytes().all(|byte| {
            let is_plain = match byte {
                b'%' | b'\\' | b';' | b'#' => false,
                b'/' | b'.' => before != b'/',
                _ => true,
            };
            before = byte;
            is_plain
        })
}

/// The one account that all readings of a path name that name any.
pub(super) fn account(path: &str) -> Result<Option<String>, Ambiguous> {
    let mut known = HashSet::from([path.to_owned()]);
    let mut waiting = vec![path.to_owned()];
    let (mut bytes, mut account) = (path.len(), None::<String>);
    while let Some(reading) = waiting.pop() {
        let mut is_final = true;
        for read in STEPS.iter().map(|step| step(&reading)).filter(|read| *read != reading) {
            is_final = false;
            if !known.contains(&*read) {
                bytes += read.len();
                known.insert(read.clone().into_owned());
                waiting.push(read.into_owned());
            }
        }
        let named = in_account(&reading).map(|found| found.account);
        if let Some(named) = named.filter(|named| is_final || is_settled(named)) {
            if account.as_ref().is_some_and(|other| other != named) {
                return Err(Ambiguous);
            }
            account = Some(named.to_owned());
        }
        if bytes > MOST_BYTES || known.len() > MOST_READINGS {
            return Err(Ambiguous);
        }
    }
    Ok(account)
}

/// Whether no step makes another name of it. The id of an account has none of these characters.
fn is_settled(account: &str) -> bool {
    !["", ".", ".."].contains(&account) && !account.contains(['%', '\\', ';', '?', '#', '\0'])
}

/// Percent-decoded, once. What is no UTF-8 is in no account's path.
fn decoded(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

/// As URLs of the web are read (WHATWG URL, "special" schemes), and by servers on Windows.
fn with_slashes(path: &str) -> Cow<'_, str> {
    if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

/// The absolute form of a target (RFC 9112 §3.2.2) without its scheme.
fn without_scheme(path: &str) -> Cow<'_, str> {
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    Cow::Borrowed(path.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).map_or(path, |(_, rest)| rest))
}

/// Without the authority behind a scheme or behind `//` (RFC 3986 §4.2), which may stand behind any number of slashes
/// (WHATWG URL, "special authority ignore slashes").
fn without_authority(path: &str) -> Cow<'_, str> {
    let rest = without_scheme(path);
    if rest == path && !path.starts_with("//") {
        return rest;
    }
    let behind = rest.trim_start_matches('/');
    Cow::Owned(behind.find('/').map_or_else(String::new, |at| behind[at..].to_owned()))
}

/// Without query and fragment, and as languages read it in which a text ends at a null.
fn before_end(path: &str) -> Cow<'_, str> {
    Cow::Borrowed(path.split(['?', '#', '\0']).next().unwrap_or_default())
}

/// Without the parameters of segments (RFC 3986 §3.3), as servlets read it.
fn without_parameters(path: &str) -> Cow<'_, str> {
    if !path.contains(';') {
        return Cow::Borrowed(path);
    }
    let segments: Vec<_> =
        path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    Cow::Owned(segments.join("/"))
}

fn without_empty_segments(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut kept = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !kept.ends_with('/') {
            kept.push(character);
        }
    }
    Cow::Owned(kept)
}

/// `.` and `..` resolved (RFC 3986 §5.2.4).
fn without_dot_segments(path: &str) -> Cow<'_, str> {
    let segments = || path.strip_prefix('/').unwrap_or(path).split('/');
    if !segments().any(|segment| [".", ".."].contains(&segment)) {
        return Cow::Borrowed(path);
    }
    let mut kept = Vec::new();
    for segment in segments() {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    Cow::Owned(format!("/{}", kept.join("/")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "12345678";
    const OTHER: &str = "87654321";

    /// Another spelling of a path for some reader; a number chooses where.
    #[derive(Clone, Copy, Debug)]
    enum Respelling {
        Encode,
        EncodeSlash,
        Backslash,
        Parameter,
        DoubleSlash,
        Dot,
        EncodedDot,
        UpAgain,
        Capital,
        Fragment,
        Null,
    }

    impl Respelling {
        fn apply(self, path: &str, place: usize) -> String {
            let slashes: Vec<_> = path.match_indices('/').map(|(at, _)| at).collect();
            let at_slash = |text: &str| match slashes.get(place % slashes.len().max(1)) {
                Some(at) => format!("{}{text}{}", &path[..*at], &path[at + 1..]),
                None => path.to_owned(),
            };
            match self {
                Self::Encode => {
                    let at = place % path.len();
                    format!("{}%{:02x}{}", &path[..at], path.as_bytes()[at], &path[at + 1..])
                }
                Self::EncodeSlash => at_slash("%2F"),
                Self::Backslash => at_slash("\\"),
                Self::Parameter => at_slash(";a=b/"),
                Self::DoubleSlash => at_slash("//"),
                Self::Dot => at_slash("/./"),
                Self::EncodedDot => at_slash("/%2e/"),
                // Behind the beginning, the segment may be an account for who does not resolve what follows it.
                Self::UpAgain if path.starts_with('/') => format!("/x/..{path}"),
                Self::UpAgain => path.to_owned(),
                Self::Capital => {
                    let at = place % path.len();
                    format!("{}{}{}", &path[..at], path[at..=at].to_ascii_uppercase(), &path[at + 1..])
                }
                Self::Fragment => format!("{path}#f"),
                Self::Null => format!("{path}%00"),
            }
        }
    }

    /// Respellings in some order, and whether the target is in the absolute form.
    type Spelling = (Vec<(Respelling, usize)>, bool);

    fn spelling(kinds: Vec<Respelling>) -> impl Strategy<Value = Spelling> {
        let respelling = (proptest::sample::select(kinds), any::<usize>());
        (proptest::collection::vec(respelling, 1..5), any::<bool>())
    }

    fn any_spelling() -> impl Strategy<Value = Spelling> {
        use Respelling::*;
        spelling(vec![
            Encode,
            EncodeSlash,
            Backslash,
            Parameter,
            DoubleSlash,
            Dot,
            EncodedDot,
            UpAgain,
            Capital,
            Fragment,
            Null,
        ])
    }

    /// All but parameters: one whose end is encoded has what is behind it for who does not decode first.
    fn spelling_without_parameters() -> impl Strategy<Value = Spelling> {
        use Respelling::*;
        spelling(vec![
            Encode,
            EncodeSlash,
            Backslash,
            DoubleSlash,
            Dot,
            EncodedDot,
            UpAgain,
            Capital,
            Fragment,
            Null,
        ])
    }

    fn respelled(path: String, (respellings, is_absolute): &Spelling) -> String {
        let respelled =
            respellings.iter().fold(path, |path, (respelling, place)| respelling.apply(&path, *place));
        if *is_absolute { format!("http://h{respelled}") } else { respelled }
    }

    fn named(path: &str) -> Result<Option<String>, Ambiguous> {
        if is_plain(path) {
            Ok(in_account(path).map(|found| found.account.to_owned()))
        } else {
            account(path)
        }
    }

    /// Whether a session of the own account passes.
    fn passes(path: &str) -> bool {
        named(path).is_ok_and(|named| named.is_none_or(|named| named == OWN))
    }

    proptest! {
        #[test]
        fn g1_no_spelling_of_another_accounts_path_passes(spelling in any_spelling()) {
            for path in [
                format!("/api/account/{OTHER}/x"),
                format!("/ws_api/account/{OTHER}/x"),
                format!("/api/account/{OWN}/../{OTHER}/x"),
            ] {
                let path = respelled(path, &spelling);
                prop_assert!(!passes(&path), "{}", path);
            }
        }

        #[test]
        fn the_own_account_is_found_in_every_spelling_of_its_path(spelling in spelling_without_parameters()) {
            for prefix in ["api", "ws_api"] {
                let path = respelled(format!("/{prefix}/account/{OWN}/x"), &spelling);
                prop_assert_eq!(named(&path), Ok(Some(OWN.to_owned())), "{}", path);
            }
        }

        #[test]
        fn a_path_of_nobody_stays_so_in_every_spelling(spelling in any_spelling()) {
            let path = respelled(format!("/files/account/{OTHER}/x"), &spelling);
            prop_assert_eq!(named(&path), Ok(None), "{}", path);
        }

        #[test]
        fn whatever_is_written_is_read_to_an_end(path in "(/|//|\\.|\\.\\.|%|2|5|e|f|\\\\|;|#|:|api|account|a){0,60}") {
            let _ = account(&path);
        }

        #[test]
        fn a_plain_path_has_no_other_reading(rest in "(/|a|\\.|:|%2e|\\\\|;|#|api/account/1){0,6}") {
            let path = format!("/{rest}");
            prop_assert!(!is_plain(&path) || STEPS.iter().all(|step| step(&path) == path), "{}", path);
        }
    }

    #[test]
    fn a_name_that_nothing_can_be_made_of_is_one() {
        assert_eq!(account(&format!("/./api/account/{OWN}%zz/x")), Ok(Some(format!("{OWN}%zz"))));
        assert_eq!(account("/./api/account//"), Ok(Some(String::new())));
    }

    #[test]
    fn what_two_readers_after_each_other_make_of_a_path_is_a_reading() {
        let hidden = "a%252f..%252f..%252f12345678%252fz/..";
        assert_eq!(account(&format!("/%2561pi/account/{OTHER}/{hidden}/x")), Err(Ambiguous));
    }

    #[test]
    fn a_path_with_very_many_readings_is_refused_at_a_bounded_cost() {
        assert_eq!(account(&format!("/x%{}2e", "25".repeat(1_000))), Err(Ambiguous));
        // Short, and with many ways to be read.
        let short = concat!(
            r"/;%5c%253%253af%3f\%252e.%5c%252e%3a%2523%2f\.%252e./%252e.%255c%2f%2500a%3a#%23a:%252f%252e.%253b",
            "%253b%5c%253f%252e.%25252f%2552f//.%2525252f%2525252f//%3a%2f"
        );
        assert_eq!(account(short), Err(Ambiguous));
    }

    #[test]
    fn a_path_of_a_few_oddities_is_read_to_the_end() {
        assert_eq!(account("/files//a%20b;v=1/./c%2Fd?x=1"), Ok(None));
        let own = format!("/api/account/{OWN}/a%20b;v=1//c%2Fd");
        assert_eq!(account(&own), Ok(Some(OWN.to_owned())));
    }
}
