//! A look at a document before it is parsed: what would keep a parser or a canonicalization busy for long is refused.
//!
//! Counts what stands in tags, and nothing else: a document that is not well-formed may be counted wrongly, and is refused by
//! the parser.

use std::collections::BTreeSet;

use crate::refusal::Malformed;

/// How many tags begin elements. A response with a thousand groups has two thousand.
const MOST_ELEMENTS: usize = 8_192;

/// How many attributes and namespaces an element has. Those of SAML have at most ten.
const MOST_ATTRIBUTES: usize = 64;

/// How many prefixes a document declares; some declare the same two at each value. Every canonicalization looks at those that
/// count at each element: with so many of both it takes some 50 ms.
const MOST_PREFIXES: usize = 32;

pub(crate) fn expect_bounded(text: &str) -> Result<(), Malformed> {
    let (mut elements, mut prefixes) = (0, BTreeSet::new());
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        if let Some(end) = end_of_what_is_no_tag(tag) {
            rest = tag.split_once(end).map_or("", |(_, behind)| behind);
            continue;
        }
        let (inside, behind) = tag.split_at(end_of_tag(tag));
        rest = behind;
        if inside.starts_with('/') {
            continue;
        }
        elements += 1;
        if elements > MOST_ELEMENTS {
            return Err(Malformed::TooMuch("elements"));
        }
        let names = attributes(inside);
        if names.len() > MOST_ATTRIBUTES {
            return Err(Malformed::TooMuch("attributes of an element"));
        }
        prefixes.extend(names.into_iter().filter(|name| name.starts_with("xmlns")));
        if prefixes.len() > MOST_PREFIXES {
            return Err(Malformed::TooMuch("prefixes of namespaces"));
        }
    }
    Ok(())
}

/// By what a section, a comment or an instruction ends: quotes in them are text.
fn end_of_what_is_no_tag(behind: &str) -> Option<&'static str> {
    let ends = [("![CDATA[", "]]>"), ("!--", "-->"), ("?", "?>"), ("!", ">")];
    ends.into_iter().find(|(begin, _)| behind.starts_with(begin)).map(|(_, end)| end)
}

/// Where a tag ends: at the first `>` that stands in no quotes.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// The names of a tag's attributes.
fn attributes(tag: &str) -> Vec<&str> {
    let (mut names, mut quote) = (Vec::new(), None);
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'=') => {
                names.extend(tag[..at].trim_end().rsplit([' ', '\t', '\r', '\n', '"', '\'']).next());
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_a_tag_are_named() {
        let names = attributes(r#"a x="1=2" y = '=' xmlns="u" xmlns:b='v'"#);
        assert_eq!(names, ["x", "y", "xmlns", "xmlns:b"]);
    }

    #[test]
    fn a_tag_ends_outside_of_quotes() {
        assert_eq!(end_of_tag(r#"a x=">" y='"'>"#), 13);
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let much = |what| Err(Malformed::TooMuch(what));
        assert_eq!(expect_bounded(&"<a/>".repeat(MOST_ELEMENTS)), Ok(()));
        assert_eq!(expect_bounded(&"<a/>".repeat(MOST_ELEMENTS + 1)), much("elements"));
        let attributes = |count: usize| format!("<a{}/>", " x='1'".repeat(count));
        assert_eq!(expect_bounded(&attributes(MOST_ATTRIBUTES)), Ok(()));
        assert_eq!(expect_bounded(&attributes(MOST_ATTRIBUTES + 1)), much("attributes of an element"));
        let same = "<a xmlns:b='u' xmlns:c='v'/>".repeat(1_000);
        assert_eq!(expect_bounded(&same), Ok(()));
        let prefixes: Vec<String> = (0..=MOST_PREFIXES).map(|it| format!("<a xmlns:b{it}='u'/>")).collect();
        assert_eq!(expect_bounded(&prefixes.concat()), much("prefixes of namespaces"));
    }
}
