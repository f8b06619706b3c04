//! Words that stand by themselves.

/// With a capital letter at its beginning, unless that is written as it is: an address, the name of a field, or what is quoted.
pub(crate) fn sentence(text: &str) -> String {
    if begins_literally(text) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Whether the first word is no word of a language. What ends it, as the colon behind it, is none of it.
fn begins_literally(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let word = first.trim_end_matches([':', ',', '.', ';']);
    word.starts_with(['`', '"', '\'', '\u{201c}']) || word.contains([':', '/', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_as_a_sentence() {
        let begun = ["", "the database.", "document: no base64", "été"].map(sentence);
        assert_eq!(begun, ["", "The database.", "Document: no base64", "Été"]);
    }

    #[test]
    fn what_is_written_as_it_is_stays_so() {
        for text in [
            "http://idp.example/ is not of https",
            "https://idp.example: no answer",
            "urn:example:idp is another",
            "idp.example/metadata answers 404",
            "login_name is missing",
            "`vestibule backup` makes one",
            "\u{201c}x\u{201d} is no name",
        ] {
            assert_eq!(sentence(text), text);
        }
    }
}
