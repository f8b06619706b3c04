//! Characters that are not seen, or move about what is.
//!
//! Texts of strangers come into names, logs and terminals: none of them may look like another, begin a line or move a cursor.

/// Whether something is hidden in a text.
pub fn has_hidden(text: &str) -> bool {
    hidden(text).any(|(_, is_hidden)| is_hidden)
}

/// A text in which nothing is hidden: what is, is spelled out.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (character, is_hidden) in hidden(text) {
        if is_hidden {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The characters of a text, and whether each is hidden.
fn hidden(text: &str) -> impl Iterator<Item = (char, bool)> {
    text.chars().map(|character| (character, is_hidden(character)))
}

/// Controls, marks of direction, joiners, separators of lines.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_begins_a_line_is_spelled_out() {
        let shown = visible("a\u{1b}[2J\r\n\u{202e}b\u{9b}\u{2028}");
        assert_eq!(shown, "a\\u{1b}[2J\\u{d}\\u{a}\\u{202e}b\\u{9b}\\u{2028}");
    }
}
