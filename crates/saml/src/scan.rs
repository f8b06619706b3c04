//! A look at a document before it is parsed: what would keep a parser or a canonicalization busy for long is refused.
//!
//! Counts what stands in tags, and nothing else: a document that is not well-formed may be counted wrongly, and is refused by
//! the parser.

use crate::refusal::Malformed;

/// How many tags begin elements. A response with a thousand groups has two thousand.
const MOST_ELEMENTS: usize = 8_192;

/// How many attributes and namespaces an element has. Those of SAML have at most ten.
const MOST_ATTRIBUTES: usize = 64;

/// How many namespaces the whole document declares. Every canonicalization looks at those that count at each element.
const MOST_NAMESPACES: usize = 512;

pub(crate) fn expect_bounded(text: &str) -> Result<(), Malformed> {
    let (mut elements, mut namespaces) = (0, 0);
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        let (inside, behind) = tag.split_at(end_of_tag(tag));
        rest = behind;
        if inside.starts_with(['/', '!', '?']) {
            continue;
        }
        elements += 1;
        let (attributes, declared) = count_attributes(inside);
        namespaces += declared;
        if attributes > MOST_ATTRIBUTES {
            return Err(Malformed::TooMuch("attributes of an element"));
        }
    }
    if elements > MOST_ELEMENTS {
        return Err(Malformed::TooMuch("elements"));
    }
    if namespaces > MOST_NAMESPACES {
        return Err(Malformed::TooMuch("declarations of namespaces"));
    }
    Ok(())
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

/// The attributes of a tag, and how many of them declare a namespace.
fn count_attributes(tag: &str) -> (usize, usize) {
    let (mut count, mut declared, mut quote) = (0, 0, None);
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'=') => {
                count += 1;
                let name = tag[..at].trim_end().rsplit([' ', '\t', '\r', '\n', '"', '\'']).next();
                declared += usize::from(name.is_some_and(|name| name.starts_with("xmlns")));
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    (count, declared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_namespaces_of_a_tag_are_counted() {
        assert_eq!(count_attributes(r#"a x="1=2" y = '=' xmlns="u" xmlns:b='v'"#), (4, 2));
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
        let namespaces = "<a xmlns:b='u'/>".repeat(MOST_NAMESPACES + 1);
        assert_eq!(expect_bounded(&namespaces), much("declarations of namespaces"));
    }
}
