//! LiveVox ids: what they prove by themselves, and under which name their sessions are found.

use super::*;

/// An id of the first form, as it was made before LiveVox ids carried a MAC.
fn first_form(random: [u8; 15]) -> SessionId {
    let mut bytes = [1; 16];
    bytes[1..].copy_from_slice(&random);
    SessionId(bytes)
}

fn is_genuine(keys: &TokenKeys, uuid: [u8; 16]) -> bool {
    matches!(keys.read_livevox(uuid), Some(LivevoxId::Genuine(_)))
}

/// The name of a session whose id was made before, and of its LiveVox id, as they were then.
#[test]
fn a_livevox_id_of_before_is_found_under_itself() {
    let keys = TokenKeys::derive(&fixed_master_key());
    let id = SessionId([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    let uuid = from_hex("4c861fce6acc49ceb8a9c7d859a2a804").try_into().unwrap();
    assert_eq!(keys.read_livevox(uuid), Some(LivevoxId::Unproven(uuid)));
    assert_eq!(keys.livevox_lookup(id), uuid);
}

#[test]
fn a_livevox_id_is_genuine_as_long_as_its_generation_is_accepted() {
    let ring = KeyRing::new(&master_keys(&[1]));
    let keys = TokenKeys::derive(&ring);
    let uuid = keys.livevox(keys.mint_session_id(&SeededRng::new(7)));
    ring.add(&master_keys(&[1, 2])).unwrap();
    ring.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
    assert!(is_genuine(&keys, uuid));
    ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
    assert!(!is_genuine(&keys, uuid));
}

/// Whoever has the key of an earlier generation proves nothing about the sessions of a later one.
#[test]
fn a_mac_of_another_generation_finds_no_session() {
    let keys = TokenKeys::derive(&master_keys(&[1, 2]));
    let id = keys.mint_session_id(&SeededRng::new(7));
    let mut uuid = keys.livevox(id);
    let mac = livevox_mac(keys.0.keys(1).unwrap(), &uuid[..10]);
    uuid[10..].copy_from_slice(&mac);
    let Some(LivevoxId::Genuine(name)) = keys.read_livevox(uuid) else { panic!("no MAC of generation 1") };
    assert_ne!(name, keys.livevox_lookup(id));
}

proptest! {
    #[test]
    fn a_livevox_id_is_genuine_and_names_its_session(seed: u64) {
        let id = id(seed);
        prop_assert_eq!(keys().read_livevox(keys().livevox(id)), Some(LivevoxId::Genuine(keys().livevox_lookup(id))));
    }

    #[test]
    fn a_livevox_id_is_a_random_uuid_whatever_the_form(seed: u64, random: [u8; 15]) {
        for id in [id(seed), first_form(random)] {
            let uuid = keys().livevox(id);
            prop_assert_eq!((uuid[6] >> 4, uuid[8] >> 6), (4, 2));
        }
    }

    #[test]
    fn a_changed_bit_of_a_livevox_id_leaves_nothing_that_names_the_session(seed: u64, bit in 0_usize..128) {
        let id = id(seed);
        let mut uuid = keys().livevox(id);
        uuid[bit / 8] ^= 1 << (bit % 8);
        match keys().read_livevox(uuid) {
            Some(LivevoxId::Genuine(_)) => prop_assert!(false, "bit {bit} is not protected"),
            Some(LivevoxId::Unproven(name)) => prop_assert_ne!(name, keys().livevox_lookup(id)),
            None => {}
        }
    }

    #[test]
    fn a_guessed_livevox_id_is_not_genuine(guessed: [u8; 16]) {
        prop_assert!(!is_genuine(&keys(), guessed));
        prop_assert!(!is_genuine(&keys(), marked_as_uuid(guessed)));
    }

    #[test]
    fn a_livevox_id_of_the_first_form_is_found_under_itself(random: [u8; 15]) {
        let (id, keys) = (first_form(random), keys());
        prop_assert_eq!(keys.read_livevox(keys.livevox(id)), Some(LivevoxId::Unproven(keys.livevox_lookup(id))));
    }

    /// Nobody gets round the MAC by showing the name under which a session stands.
    #[test]
    fn the_name_of_a_session_is_no_livevox_id(seed: u64) {
        prop_assert_eq!(keys().read_livevox(keys().livevox_lookup(id(seed))), None);
    }

    #[test]
    fn another_master_key_makes_no_genuine_livevox_id(seed: u64) {
        prop_assert!(!is_genuine(&TokenKeys::derive(&master_key(2)), keys().livevox(id(seed))));
    }
}
