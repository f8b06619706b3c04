//! Characters that are not seen, or move about what is.
//!
//! Texts of strangers come into names, logs and terminals: none of them may look like another, begin a line or move a cursor.

use icu_properties::props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData, CodePointSetDataBorrowed};

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

/// What somebody wrote, for people: at most so many characters, in one line, with nothing hidden in it.
pub fn told(text: &str, most: usize) -> String {
    let cut: String = text.chars().take(most).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    visible(&cut) + more
}

/// The most marks that a letter of any script has upon it.
pub const MOST_MARKS: usize = 4;

/// Whether a letter has so many marks upon it that they are drawn over the lines around it.
pub fn has_stacked_marks(text: &str) -> bool {
    let marks = CodePointMapData::<GeneralCategory>::new();
    let is_mark = |character| {
        matches!(marks.get(character), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
    };
    let mut run = 0;
    text.chars().any(|character| {
        run = if is_mark(character) { run + 1 } else { 0 };
        run > MOST_MARKS
    })
}

/// The characters of a text, and whether each is hidden.
fn hidden(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut before = None;
    text.char_indices().map(move |(at, character)| {
        let behind = &text[at + character.len_utf8()..];
        let is_emoji = character == EMOJI_PRESENTATION && is_emoji(before.replace(character), behind);
        before = Some(character);
        (character, is_hidden(character) && !is_emoji)
    })
}

/// Asks for the picture of the character before it, in the middle of a key's cap too (UTS #51).
const EMOJI_PRESENTATION: char = '\u{fe0f}';

/// Whether a picture is asked for where there is one: elsewhere nothing is to be seen of it.
fn is_emoji(before: Option<char>, behind: &str) -> bool {
    const PICTURES: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
    before.is_some_and(|before| PICTURES.contains(before)) || behind.starts_with('\u{20e3}')
}

/// Controls, and what has no picture of its own or turns text around: Unicode's `Default_Ignorable_Code_Point` (UAX #44), and
/// what it leaves out, separators of lines and marks of annotations.
fn is_hidden(character: char) -> bool {
    const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
        || IGNORABLE.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_begins_a_line_is_spelled_out() {
        let shown = visible("a\u{1b}[2J\r\n\u{202e}b\u{9b}\u{2028}");
        assert_eq!(shown, "a\\u{1b}[2J\\u{d}\\u{a}\\u{202e}b\\u{9b}\\u{2028}");
    }

    #[test]
    fn twins_of_a_text_are_told_from_it() {
        for hidden in [
            '\u{e0061}',
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{34f}',
            '\u{ad}',
            '\u{180b}',
            '\u{180e}',
            '\u{200d}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{61c}',
            '\u{2029}',
        ] {
            let twin = format!("jane{hidden}");
            assert!(has_hidden(&twin), "{hidden:?}");
            assert_eq!(visible(&twin), format!("jane{}", hidden.escape_unicode()));
        }
    }

    #[test]
    fn marks_are_not_piled_upon_a_letter() {
        for text in ["Zoe\u{308}", "\u{1ec4}", "E\u{302}\u{303}", "בְּרֵאשִׁ֖ית", "นี้", "ཧཱུྃ", "\u{2764}\u{fe0f}"]
        {
            assert!(!has_stacked_marks(text), "{text}");
        }
        assert!(!has_stacked_marks(&format!("a{}b", "\u{301}".repeat(4))));
        assert!(has_stacked_marks(&format!("a{}b", "\u{301}".repeat(5))));
        assert!(has_stacked_marks(&format!("a{}", "\u{489}".repeat(63))));
    }

    #[test]
    fn letters_of_every_script_and_emoji_are_seen() {
        for text in
            ["Zoë Ωmega", "محمد", "नमस्ते", "한국", "\u{2764}\u{fe0f} 1\u{fe0f}\u{20e3} \u{1f44d}\u{1f3fd}"]
        {
            assert!(!has_hidden(text), "{text}");
            assert_eq!(visible(text), text);
        }
        assert!(has_hidden("\u{2764}\u{fe0f}\u{fe0f}"));
    }
}
