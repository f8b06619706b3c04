//! The query of a request's target: names and values decoded as browsers and HTTP libraries encode them
//! (`application/x-www-form-urlencoded`), the same for every dialect.

use std::borrow::Cow;

/// Every value of this name in the query, in their order. One without `=` is empty; bytes that are no
/// UTF-8 become U+FFFD, which no value that anything is compared with has.
pub(crate) fn values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes()).filter(move |(known, _)| known == name).map(|(_, value)| value)
}

/// The value under this name, if it occurs once.
pub(crate) fn value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut values = values(query, name);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded() {
        assert_eq!(value("x=1&v=%31%2E3", "v").as_deref(), Some("1.3"));
        assert_eq!(value("text=a+b%20c%2B", "text").as_deref(), Some("a b c+"));
    }

    #[test]
    fn names_are_decoded() {
        assert_eq!(value("%76=1.3", "v").as_deref(), Some("1.3"));
    }

    #[test]
    fn a_name_that_stands_twice_has_no_value() {
        assert_eq!(value("v=1.3&%76=1.3", "v"), None);
    }

    #[test]
    fn a_separator_that_is_encoded_separates_nothing() {
        assert_eq!(value("a=1%26v=2", "v"), None);
        assert_eq!(value("a=1%26v=2", "a").as_deref(), Some("1&v=2"));
    }

    #[test]
    fn a_percent_sign_that_begins_nothing_stays() {
        assert_eq!(value("v=1%", "v").as_deref(), Some("1%"));
    }

    proptest! {
        #[test]
        fn whatever_was_encoded_is_read(text in ".*") {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("v", &text).finish();
            let read = value(&query, "v");
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
        }
    }
}
