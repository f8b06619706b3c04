//! Words that stand by themselves.

/// With a capital letter at its beginning.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_as_a_sentence() {
        assert_eq!([sentence(""), sentence("the database.")], ["", "The database."]);
    }
}
