//! The rules of names and texts.

use vestibule_model::has_hidden;

use super::rule::Rule;
use super::violation::Violation;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 254;

/// The longest text that is no name, in characters.
pub const LONGEST_TEXT: usize = 1_000;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameFault {
    Length,
    Characters,
}

/// The rules of a name: that of its length, and that of its characters.
pub(super) type NameRules = (Rule, Rule);

/// A name for people: not empty, not long, without control characters and spaces around it.
pub(super) fn name_violation(rules: NameRules, name: &str) -> Option<Violation> {
    name_of_at_most(LONGEST_NAME, rules, name)
}

/// The same of a name that is shorter than others, in characters.
pub(super) fn name_of_at_most(
    longest: usize,
    (length, characters): NameRules,
    name: &str,
) -> Option<Violation> {
    Some(match fault(name, longest)? {
        NameFault::Length => Violation::with(length, longest),
        NameFault::Characters => Violation::of(characters),
    })
}

/// Why this cannot be a name; None: it can. For names of what is no part of the directory.
pub(crate) fn name_fault(name: &str) -> Option<String> {
    let rules = (Rule::LoginNameLength, Rule::LoginNameCharacters);
    name_violation(rules, name).map(|violation| violation.reason)
}

fn fault(name: &str, longest: usize) -> Option<NameFault> {
    let length = name.chars().count();
    if length == 0 || length > longest {
        return Some(NameFault::Length);
    }
    let has_wrong_characters = name.trim() != name || has_hidden(name);
    has_wrong_characters.then_some(NameFault::Characters)
}

/// Any text of one line, or none.
pub(super) fn text_violation(rule: Rule, text: &str) -> Option<Violation> {
    let is_wrong = text.chars().count() > LONGEST_TEXT || has_hidden(text);
    is_wrong.then(|| Violation::with(rule, LONGEST_TEXT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_empty_nor_long() {
        let is_name = |length| name_fault(&"ä".repeat(length)).is_none();
        assert_eq!([0, 1, LONGEST_NAME, LONGEST_NAME + 1].map(is_name), [false, true, true, false]);
    }

    #[test]
    fn a_name_has_no_spaces_around_it_and_no_control_characters() {
        for name in [" a", "a ", "a\n", "a\u{0}b", "\u{7f}", "a\u{202e}b", "a\u{200b}", "a\u{2028}b"] {
            assert_eq!(fault(name, LONGEST_NAME), Some(NameFault::Characters), "{name:?}");
        }
        assert_eq!(fault("a b", LONGEST_NAME), None);
    }

    #[test]
    fn a_text_may_be_empty_and_has_one_line() {
        let is_text = |text: &str| text_violation(Rule::Email, text).is_none();
        assert!(is_text("") && !is_text("a\nb"));
        assert!(is_text(&"ä".repeat(LONGEST_TEXT)));
        assert!(!is_text(&"a".repeat(LONGEST_TEXT + 1)));
    }
}
