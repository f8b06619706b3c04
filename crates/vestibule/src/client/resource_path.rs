//! Where something is in the administration API.

use std::fmt::Display;

/// The part of a path behind `/admin/v1`. Its segments are ids and words of this program, encoded when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourcePath(Vec<String>);

impl ResourcePath {
    /// A collection at the top, such as `accounts`.
    pub(crate) fn of(collection: &str) -> Self {
        Self(vec![collection.to_owned()])
    }

    /// What is below it under this name or id.
    #[must_use]
    pub(crate) fn at(&self, segment: impl Display) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment.to_string());
        Self(segments)
    }

    /// All segments, those of the API included.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        ["admin", "v1"].into_iter().chain(self.0.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_begin_with_those_of_the_api() {
        let place = ResourcePath::of("accounts").at("one").at("users").at(7);
        assert_eq!(place.segments().collect::<Vec<_>>(), ["admin", "v1", "accounts", "one", "users", "7"]);
    }
}
