//! How hard a password is to guess, and why it is not hard enough.

use std::collections::HashSet;

use vestibule_model::{Account, PasswordViolation, User, Weakness};
use zeroize::Zeroizing;
use zxcvbn::feedback::{Feedback, Warning};
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::{Entropy, zxcvbn};

/// How many characters are looked at: what is weak up to there is not made strong by what follows, and the work grows
/// faster than the length.
const LOOKED_AT: usize = 100;

/// There is nothing stronger.
pub(crate) const STRONGEST: u8 = 4;

/// The shortest word that is known as somebody's own.
const SHORTEST_WORD: usize = 3;

/// How many words of somebody's own are known.
const MOST_WORDS: usize = 24;

/// Words that anybody would try first for a user: names of theirs and of their account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnWords(Vec<String>);

impl OwnWords {
    /// Those of a user of an account: whole, and in their parts.
    pub fn of(user: &User, account: &Account) -> Self {
        let whole = [&user.login_name, &user.full_name, &user.nickname, &user.email, &account.code];
        let whole = whole.into_iter().map(String::as_str).chain([account.id.as_str()]);
        let mut words = Vec::new();
        for text in whole {
            let text = text.chars().take(LOOKED_AT).collect::<String>().to_lowercase();
            words.extend(text.split(|character: char| !character.is_alphanumeric()).map(str::to_owned));
            words.push(text);
        }
        let mut seen = HashSet::new();
        words.retain(|word| word.chars().count() >= SHORTEST_WORD && seen.insert(word.clone()));
        words.truncate(MOST_WORDS);
        // The longest first, so that whole names go before their parts.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self(words)
    }

    /// What is left of a password without these words; None: none of them is in it.
    fn without(&self, password: &str) -> Option<Zeroizing<String>> {
        let mut rest = Zeroizing::new(password.to_lowercase());
        let before = rest.len();
        // Three letters are in many words by chance.
        for word in self.0.iter().filter(|word| word.chars().count() > SHORTEST_WORD) {
            if rest.contains(word.as_str()) {
                rest = Zeroizing::new(rest.replace(word.as_str(), ""));
            }
        }
        (rest.len() < before).then_some(rest)
    }
}

/// Whether a password is at least as strong as `wanted`, 0 to 4. Takes milliseconds: not for a thread that others wait for.
pub fn check_strength(wanted: u8, password: &str, own: &OwnWords) -> Result<(), PasswordViolation> {
    if wanted == 0 {
        return Ok(());
    }
    let password = Zeroizing::new(password.chars().take(LOOKED_AT).collect::<String>());
    let words: Vec<&str> = own.0.iter().map(String::as_str).collect();
    let is_strong = |estimate: &Entropy| u8::from(estimate.score()) >= wanted.min(STRONGEST);
    let estimate = zxcvbn(&password, &words);
    if !is_strong(&estimate) {
        return Err(PasswordViolation::TooEasy(weakness(&estimate, own)));
    }
    // Several words of one's own add up, where they should count for nothing.
    match own.without(&password).map(|rest| zxcvbn(&rest, &words)) {
        Some(rest) if !is_strong(&rest) => Err(PasswordViolation::TooEasy(Weakness::OwnWords)),
        _ => Ok(()),
    }
}

fn weakness(estimate: &Entropy, own: &OwnWords) -> Weakness {
    let is_own = |pattern: &MatchPattern| match pattern {
        MatchPattern::Dictionary(found) => own.0.contains(&found.matched_word),
        _ => false,
    };
    if estimate.sequence().iter().any(|found| is_own(&found.pattern)) {
        return Weakness::OwnWords;
    }
    match estimate.feedback().and_then(Feedback::warning) {
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => Weakness::Common,
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            Weakness::Keyboard
        }
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => Weakness::Repeats,
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => Weakness::Sequence,
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => Weakness::Date,
        Some(Warning::AWordByItselfIsEasyToGuess) => Weakness::Word,
        Some(
            Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
            | Warning::CommonNamesAndSurnamesAreEasyToGuess,
        ) => Weakness::Name,
        None => Weakness::Simple,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;
    use vestibule_model::UserId;

    use super::*;
    use crate::administration::{new_account, new_user};

    fn words() -> OwnWords {
        let account =
            Account { code: "Quarnaby".to_owned(), ..new_account("83527461".parse().unwrap(), None) };
        let user = User {
            login_name: "xobvik.trelly@example.org".to_owned(),
            full_name: "Zephyrine Quockerwodger".to_owned(),
            ..new_user(UserId(1), account.id, Uuid::nil())
        };
        OwnWords::of(&user, &account)
    }

    fn refused(password: &str) -> Option<Weakness> {
        match check_strength(3, password, &words()) {
            Ok(()) => None,
            Err(PasswordViolation::TooEasy(weakness)) => Some(weakness),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_word_of_ones_own_is_short_or_there_twice() {
        let account = new_account("12345678".parse().unwrap(), None);
        let user = User {
            login_name: "bo.bob.bob".to_owned(),
            nickname: "bob".to_owned(),
            ..new_user(UserId(1), account.id, Uuid::nil())
        };
        assert_eq!(OwnWords::of(&user, &account).0, ["bo.bob.bob", "12345678", "bob"]);
    }

    #[test]
    fn words_of_four_letters_are_taken_out_of_a_password_and_words_of_three_are_not() {
        let own = OwnWords(vec!["trelly".into(), "bill".into(), "bob".into()]);
        let rest = |password: &str| own.without(password).map(|rest| rest.to_string());
        assert_eq!(rest("xTrelly-Bill-bob"), Some("x--bob".to_owned()));
        assert_eq!(rest("x-bob"), None);
        assert_eq!(rest("nothing"), None);
    }

    #[test]
    fn passwords_that_everybody_tries_are_refused_with_their_reason() {
        let cases = [
            ("password1", Weakness::Common),
            ("P@ssw0rd", Weakness::Common),
            ("aaaaaaa1", Weakness::Common),
            ("kq7kq7kq7kq7", Weakness::Repeats),
            ("wertyhjkop", Weakness::Keyboard),
            ("abcdefghijk", Weakness::Sequence),
            ("19.05.1987", Weakness::Date),
        ];
        for (password, weakness) in cases {
            assert_eq!(refused(password), Some(weakness), "{password}");
        }
    }

    #[test]
    fn ones_own_words_count_for_nothing() {
        for password in [
            "xobvik123",
            "Trelly2024!",
            "zephyrine99",
            "Quockerwodger1",
            "quarnaby42",
            "83527461",
            "Xobvik.Trelly1",
        ] {
            assert_eq!(refused(password), Some(Weakness::OwnWords), "{password}");
        }
    }

    #[test]
    fn the_same_words_are_good_for_somebody_else() {
        assert_eq!(check_strength(3, "Quockerwodger1", &OwnWords::default()), Ok(()));
    }

    #[test]
    fn a_strong_password_may_have_ones_own_words_in_it() {
        assert_eq!(refused("trelly-lantern-otter-41-quilt"), None);
    }

    #[test]
    fn a_few_words_that_belong_to_nobody_pass() {
        assert_eq!(refused("lantern-otter-41-quilt"), None);
    }

    #[test]
    fn a_minimum_of_zero_asks_nothing() {
        assert_eq!(check_strength(0, "password1", &words()), Ok(()));
    }

    #[test]
    fn what_stands_behind_the_first_hundred_characters_does_not_help() {
        let password = format!("{}lantern-otter-41-quilt", "a".repeat(LOOKED_AT));
        assert_eq!(refused(&password), Some(Weakness::Repeats));
    }

    proptest! {
        #[test]
        fn no_password_is_too_odd(password in ".{0,200}", words in prop::collection::vec(".{0,30}", 0..5)) {
            let _ = check_strength(4, &password, &OwnWords(words));
        }
    }
}
