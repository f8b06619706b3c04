use proptest::prelude::*;

use super::*;
use vestibule_model::KeyState;

use crate::testing::{SeededRng, fixed_master_key, from_hex, master_key, master_keys, record};

fn keys() -> TokenKeys {
    TokenKeys::derive(&master_key(1))
}

fn id(seed: u64) -> SessionId {
    keys().mint_session_id(&SeededRng::new(seed))
}

#[test]
fn a_session_id_names_the_generation_of_its_keys() {
    assert_eq!(id(7).0[..2], [0, 1]);
    let later = TokenKeys::derive(&master_keys(&[1, 7])).mint_session_id(&SeededRng::new(7));
    assert_eq!(later.0[..2], [0, 7]);
}

#[test]
fn two_session_ids_differ() {
    assert_ne!(id(7), id(8));
}

#[test]
fn a_token_of_a_generation_that_is_not_there_is_refused() {
    let token = keys().bearer(SessionId([2; 16]));
    assert_eq!(keys().read_bearer(token), None);
}

#[test]
fn tokens_outlive_a_rotation_and_end_with_their_generation() {
    let ring = KeyRing::new(&master_keys(&[1]));
    let keys = TokenKeys::derive(&ring);
    let id = keys.mint_session_id(&SeededRng::new(7));
    let (bearer, cookie, csrf) = (keys.bearer(id), keys.cookie(id), keys.csrf(id));
    let names = (keys.wsuk(id), keys.livevox(id), keys.reference(id));

    ring.add(&master_keys(&[1, 2])).unwrap();
    ring.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
    assert_eq!(keys.mint_session_id(&SeededRng::new(8)).0[..2], [0, 2]);
    assert_eq!((keys.read_bearer(bearer), keys.read_cookie(cookie)), (Some(id), Some(id)));
    assert!(keys.csrf_matches(id, csrf.as_str()));
    assert_eq!((keys.wsuk(id), keys.livevox(id), keys.reference(id)), names);

    ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
    assert_eq!((keys.read_bearer(bearer), keys.read_cookie(cookie)), (None, None));
}

#[test]
fn a_reference_leads_to_its_session_whatever_became_of_its_generation() {
    let ring = KeyRing::new(&master_keys(&[1, 2]));
    let keys = TokenKeys::derive(&ring);
    let ids = [1, 2].map(|generation| SessionId::of(Generation::new(generation).unwrap(), [9; 14]));
    ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
    for id in ids {
        assert!(keys.ids_of_reference(keys.reference(id)).any(|named| named == id));
    }
}

#[test]
fn the_byte_of_the_generation_alone_makes_no_token_of_another_generation() {
    let keys = TokenKeys::derive(&master_keys(&[1, 2]));
    let id = keys.mint_session_id(&SeededRng::new(7));
    let mut text = keys.bearer(id).0;
    assert_eq!(&text[..4], b"0002");
    text[3] = b'1';
    assert_eq!(keys.read_bearer(text), None);
}

#[test]
fn a_bearer_does_not_match_as_csrf() {
    assert!(!keys().csrf_matches(id(7), keys().bearer(id(7)).as_str()));
}

#[test]
fn an_empty_csrf_does_not_match() {
    assert!(!keys().csrf_matches(id(7), ""));
}

#[test]
fn a_token_never_shows_itself_in_debug_output() {
    assert_eq!(format!("{:?}", keys().bearer(id(7))), "TokenText(…)");
}

#[test]
fn displays_as_its_text() {
    let token = keys().bearer(id(7));
    assert_eq!(token.to_string(), token.as_str());
}

/// Tokens outlive restarts and upgrades. Computed with independent implementations of HKDF, HMAC and AES.
#[test]
fn tokens_stay_what_they_are() {
    let keys = TokenKeys::derive(&fixed_master_key());
    let id = SessionId([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!(keys.bearer(id).as_str(), "0001030405060708090a0b0c0d0e0f1015da9d701eb6c30ee199e0489fe61606");
    assert_eq!(keys.cookie(id).as_str(), "0001030405060708090a0b0c0d0e0f10345697b48f874ab4f9c718dcee07a7a0");
    assert_eq!(keys.csrf(id).as_str(), "58c1a8b72674f1d58596f1baf7a33ec5807def9bbb2ec91582f436942e53a3fb");
    assert_eq!(keys.wsuk(id), 277_127_440_695_604_705);
    assert_eq!(keys.livevox(id).as_slice(), from_hex("5a40e7312da043c083545dac96903a5a"));
    assert_eq!(keys.reference(id).as_slice(), from_hex("bc242f57189e442d84e93fcc168d73c4"));
}

/// The same of a session id of the first form.
#[test]
fn tokens_of_before_stay_what_they_were() {
    let keys = TokenKeys::derive(&fixed_master_key());
    let id = SessionId([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!(keys.bearer(id).as_str(), "0102030405060708090a0b0c0d0e0f104fe11b5dd84b5f751adc3b7b4b2f4737");
    assert_eq!(keys.cookie(id).as_str(), "0102030405060708090a0b0c0d0e0f10b2d9d47e480487c92eb94017775b49c2");
    assert_eq!(keys.csrf(id).as_str(), "0fd91706fcd563c0884d6ee1a51524e7018d1c71a36df77e7e3d9b5beab0c32a");
    assert_eq!(keys.wsuk(id), 979_899_931_320_291_099);
    assert_eq!(keys.livevox(id).as_slice(), from_hex("4c861fce6acc49ceb8a9c7d859a2a804"));
    assert_eq!(keys.reference(id).as_slice(), from_hex("d51c0f0a61754ee8831219594dd92d40"));
}

proptest! {
    #[test]
    fn a_bearer_names_its_session(seed: u64) {
        prop_assert_eq!(keys().read_bearer(keys().bearer(id(seed)).as_str()), Some(id(seed)));
    }

    #[test]
    fn a_cookie_names_its_session(seed: u64) {
        prop_assert_eq!(keys().read_cookie(keys().cookie(id(seed)).as_str()), Some(id(seed)));
    }

    #[test]
    fn a_csrf_matches_its_session_and_no_other(seed: u64, other: u64) {
        let text = keys().csrf(id(seed));
        prop_assert!(keys().csrf_matches(id(seed), text.as_str()));
        prop_assert_eq!(keys().csrf_matches(id(other), text.as_str()), seed == other);
    }

    #[test]
    fn a_bearer_is_no_cookie(seed: u64) {
        prop_assert_eq!(keys().read_cookie(keys().bearer(id(seed))), None);
    }

    #[test]
    fn a_cookie_is_no_bearer(seed: u64) {
        prop_assert_eq!(keys().read_bearer(keys().cookie(id(seed))), None);
    }

    #[test]
    fn a_csrf_is_neither_bearer_nor_cookie(seed: u64) {
        let text = keys().csrf(id(seed));
        prop_assert_eq!(keys().read_bearer(text), None);
        prop_assert_eq!(keys().read_cookie(text), None);
    }

    #[test]
    fn a_changed_bit_is_refused(seed: u64, bit in 0_usize..512) {
        let mut text = keys().bearer(id(seed)).0;
        text[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(keys().read_bearer(text), None);
    }

    #[test]
    fn a_changed_digit_is_refused(seed: u64, index in 0_usize..64, digit in "[0-9a-fA-F]") {
        let mut text = keys().bearer(id(seed)).0;
        prop_assume!(text[index] != digit.as_bytes()[0]);
        text[index] = digit.as_bytes()[0];
        prop_assert_eq!(keys().read_bearer(text), None);
    }

    #[test]
    fn a_changed_digit_of_a_csrf_does_not_match(seed: u64, index in 0_usize..64) {
        let mut text = keys().csrf(id(seed)).to_string();
        let digit = if text.as_bytes()[index] == b'0' { "1" } else { "0" };
        text.replace_range(index..=index, digit);
        prop_assert!(!keys().csrf_matches(id(seed), &text));
    }

    #[test]
    fn upper_case_is_refused(seed: u64) {
        let text = keys().bearer(id(seed)).to_string();
        prop_assume!(text.bytes().any(|byte| byte.is_ascii_lowercase()));
        prop_assert_eq!(keys().read_bearer(text.to_uppercase()), None);
    }

    #[test]
    fn a_longer_or_shorter_text_is_refused(seed: u64) {
        let text = keys().bearer(id(seed)).to_string();
        prop_assert_eq!(keys().read_bearer(format!("{text}0")), None);
        prop_assert_eq!(keys().read_bearer(&text[..63]), None);
        prop_assert_eq!(keys().read_bearer(format!(" {text}")), None);
    }

    #[test]
    fn another_master_key_refuses_every_kind(seed: u64) {
        let others = TokenKeys::derive(&master_key(2));
        prop_assert_eq!(others.read_bearer(keys().bearer(id(seed))), None);
        prop_assert_eq!(others.read_cookie(keys().cookie(id(seed))), None);
        prop_assert!(!others.csrf_matches(id(seed), keys().csrf(id(seed)).as_str()));
    }

    #[test]
    fn garbage_is_refused(bytes in any::<Vec<u8>>(), digits in "[0-9a-f]{64}", text in ".{0,70}") {
        for garbage in [&bytes[..], digits.as_bytes(), text.as_bytes()] {
            prop_assert_eq!(keys().read_bearer(garbage), None);
            prop_assert_eq!(keys().read_cookie(garbage), None);
        }
        prop_assert!(!keys().csrf_matches(id(1), &text));
    }

    #[test]
    fn a_reference_leads_to_its_session(seed: u64, first_form: bool) {
        let id = if first_form { SessionId([&[1], &id(seed).0[..15]].concat().try_into().unwrap()) } else { id(seed) };
        let reference = keys().reference(id);
        prop_assert_eq!((reference[6] >> 4, reference[8] >> 6), (4, 2), "it is no random UUID");
        prop_assert!(keys().ids_of_reference(reference).any(|named| named == id));
        prop_assert!(keys().ids_of_reference(reference).all(|named| keys().reference(named) == reference));
    }

    #[test]
    fn references_under_another_master_key_are_others(seed: u64) {
        let others = TokenKeys::derive(&master_key(2));
        prop_assert_ne!(others.reference(id(seed)), keys().reference(id(seed)));
        prop_assert!(others.ids_of_reference(keys().reference(id(seed))).all(|named| named != id(seed)));
    }

    #[test]
    fn a_name_that_is_no_random_uuid_leads_to_nothing(name: [u8; 16]) {
        prop_assume!(marked_as_uuid(name) != name);
        prop_assert_eq!(keys().ids_of_reference(name).count(), 0);
    }

    #[test]
    fn a_wsuk_has_eighteen_digits(seed: u64) {
        prop_assert_eq!(keys().wsuk(id(seed)).to_string().len(), 18);
    }

    #[test]
    fn sessions_have_different_wsuks(seed: u64, other: u64) {
        prop_assert_eq!(keys().wsuk(id(seed)) == keys().wsuk(id(other)), seed == other);
    }
}

#[path = "livevox_tests.rs"]
mod livevox;

#[test]
fn s8_the_cookie_of_a_page_is_no_token_of_a_dialect_and_the_reverse() {
    let (keys, id) = (keys(), id(7));
    let page = keys.page_cookie(id);
    assert_eq!(keys.read_page_cookie(page), Some(id));
    assert_eq!((keys.read_bearer(page), keys.read_cookie(page)), (None, None));
    for other in [keys.bearer(id), keys.cookie(id), keys.csrf(id), keys.page_csrf(id)] {
        assert_eq!(keys.read_page_cookie(other), None);
    }
    assert!(keys.page_csrf_matches(id, keys.page_csrf(id).as_str()));
    assert!(!keys.page_csrf_matches(id, keys.csrf(id).as_str()));
    assert!(!keys.csrf_matches(id, keys.page_csrf(id).as_str()));
}

#[test]
fn s8_the_cookie_of_the_console_is_no_other_token_and_the_reverse() {
    let (keys, id) = (keys(), id(7));
    let console = keys.console_cookie(id);
    assert_eq!(keys.read_console_cookie(console), Some(id));
    let read = (keys.read_bearer(console), keys.read_cookie(console), keys.read_page_cookie(console));
    assert_eq!(read, (None, None, None));
    for other in [keys.bearer(id), keys.cookie(id), keys.page_cookie(id), keys.console_csrf(id)] {
        assert_eq!(keys.read_console_cookie(other), None);
    }
    assert!(keys.console_csrf_matches(id, keys.console_csrf(id).as_str()));
    assert!(!keys.console_csrf_matches(id, keys.page_csrf(id).as_str()));
    assert!(!keys.page_csrf_matches(id, keys.console_csrf(id).as_str()));
}

#[test]
fn a_form_belongs_to_its_browser_also_after_a_rotation() {
    let ring = KeyRing::new(&master_keys(&[1]));
    let keys = TokenKeys::derive(&ring);
    let form = keys.form_csrf(&[1; 32]);
    ring.add(&master_keys(&[1, 2])).unwrap();
    ring.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
    assert!(keys.form_csrf_matches(&[1; 32], form.as_str()));
    assert!(!keys.form_csrf_matches(&[2; 32], form.as_str()) && !keys.form_csrf_matches(&[1; 32], ""));
    ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
    assert!(!keys.form_csrf_matches(&[1; 32], form.as_str()));
}

#[test]
fn a_refresh_token_names_its_session_and_how_often_it_was_used() {
    let keys = TokenKeys::derive(&master_key(1));
    let id = keys.mint_session_id(&SeededRng::new(7));
    for uses in [0, 1, 256, u32::MAX] {
        let token = keys.refresh_token(id, uses);
        assert_eq!((token.len(), keys.read_refresh_token(&token)), (72, Some((id, uses))));
    }
    assert_ne!(keys.refresh_token(id, 0), keys.refresh_token(id, 1));
}

#[test]
fn s8_a_refresh_token_that_was_changed_or_is_another_token_is_none() {
    let (keys, other) = (TokenKeys::derive(&master_key(1)), TokenKeys::derive(&master_key(2)));
    let id = keys.mint_session_id(&SeededRng::new(7));
    let token = keys.refresh_token(id, 1);
    assert_eq!(other.read_refresh_token(&token), None);
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        assert_eq!(keys.read_refresh_token(std::str::from_utf8(&changed).unwrap()), None, "{at}");
    }
    for text in ["", keys.bearer(id).as_str(), keys.cookie(id).as_str(), &token.to_uppercase(), &token[1..]] {
        assert_eq!(keys.read_refresh_token(text), None, "{text}");
    }
    assert_eq!(keys.read_bearer(&token), None);
}
