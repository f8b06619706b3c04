//! The rules of names and texts that administrators give.

use vestibule_model::ApiKey;

use super::AdministrationError;

/// The longest name, in characters.
const LONGEST_NAME: usize = 254;

/// The longest text that is no name, in characters.
const LONGEST_TEXT: usize = 1_000;

/// A name for people: not empty, not long, without control characters and spaces around it.
pub(super) fn check_name(field: &'static str, name: &str) -> Result<(), AdministrationError> {
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME {
        let reason = format!("this has to have 1 to {LONGEST_NAME} characters");
        return Err(AdministrationError::invalid(field, reason));
    }
    if name.trim() != name || name.chars().any(is_unseen) {
        let reason = "no spaces around it, no control characters and none that are not seen";
        return Err(AdministrationError::invalid(field, reason));
    }
    Ok(())
}

/// Whether an API key may have its name beside the others of its account: no two have the same. `before` is what it was; of
/// keys that were made when that was no rule, each keeps its name until it is changed.
pub fn has_free_name<'a>(
    key: &ApiKey,
    before: Option<&ApiKey>,
    keys: impl IntoIterator<Item = &'a ApiKey>,
) -> bool {
    let is_kept = before.is_some_and(|before| before.name == key.name);
    is_kept || !keys.into_iter().any(|other| other.id != key.id && other.name == key.name)
}

/// Any text of one line, or none.
pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), AdministrationError> {
    if text.chars().count() > LONGEST_TEXT || text.chars().any(is_unseen) {
        let reason = format!("this has to have at most {LONGEST_TEXT} characters and no control characters");
        return Err(AdministrationError::invalid(field, reason));
    }
    Ok(())
}

/// Characters that make a text look like another: controls, marks of direction, joiners, separators of lines.
fn is_unseen(character: char) -> bool {
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
    fn a_name_is_neither_empty_nor_long() {
        let is_name = |length| check_name("name", &"ä".repeat(length)).is_ok();
        assert_eq!([0, 1, LONGEST_NAME, LONGEST_NAME + 1].map(is_name), [false, true, true, false]);
    }

    #[test]
    fn a_name_has_no_spaces_around_it_and_no_control_characters() {
        for name in [" a", "a ", "a\n", "a\u{0}b", "\u{7f}", "a\u{202e}b", "a\u{200b}", "a\u{2028}b"] {
            assert!(check_name("name", name).is_err(), "{name:?}");
        }
        assert!(check_name("name", "a b").is_ok());
    }

    #[test]
    fn a_text_may_be_empty_and_has_one_line() {
        assert!(check_text("email", "").is_ok());
        assert!(check_text("email", "a\nb").is_err());
        assert!(check_text("email", &"ä".repeat(LONGEST_TEXT)).is_ok());
        assert!(check_text("email", &"a".repeat(LONGEST_TEXT + 1)).is_err());
    }
}
