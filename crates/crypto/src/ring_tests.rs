use super::*;
use crate::testing::{generation, master_keys, record};

fn states(ring: &KeyRing) -> Vec<(u8, KeyState)> {
    ring.generations().map(|generation| (generation.number(), ring.state(generation))).collect()
}

#[test]
fn the_newest_key_is_active_until_a_database_says_otherwise() {
    let ring = KeyRing::new(&master_keys(&[1, 3]));
    assert_eq!(states(&ring), [(1, KeyState::Readable), (3, KeyState::Active)]);
    ring.follow(&[record(1, KeyState::Active)]).unwrap();
    assert_eq!(states(&ring), [(1, KeyState::Active), (3, KeyState::Distributed)]);
    assert_eq!(ring.active(), Generation::FIRST);
}

#[test]
fn a_rotation_is_followed_by_every_clone() {
    let ring = KeyRing::new(&master_keys(&[1]));
    let clone = ring.clone();
    assert_eq!(ring.add(&master_keys(&[1, 2])), Ok(vec![generation(2)]));
    assert_eq!(clone.active(), Generation::FIRST);
    ring.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
    assert_eq!(states(&clone), [(1, KeyState::Readable), (2, KeyState::Active)]);
    assert_eq!(clone.active(), generation(2));
}

#[test]
fn what_the_database_needs_has_to_be_there() {
    let ring = KeyRing::new(&master_keys(&[2]));
    for state in [KeyState::Active, KeyState::Readable] {
        let refused = ring.follow(&[record(1, state), record(2, KeyState::Active)]);
        assert_eq!(refused, Err(KeyRingError::Missing(Generation::FIRST)));
    }
    ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
    assert_eq!(ring.state(Generation::FIRST), KeyState::Retired);
}

#[test]
fn another_key_under_a_number_is_refused_and_changes_nothing() {
    let ring = KeyRing::new(&master_keys(&[1]));
    let other = MasterKeys::from(crate::testing::master_key(99));
    assert_eq!(ring.add(&other), Err(KeyRingError::Another(Generation::FIRST)));
    let mut wrong = record(1, KeyState::Retired);
    wrong.check_value[0] ^= 1;
    assert_eq!(ring.follow(&[wrong]), Err(KeyRingError::Another(Generation::FIRST)));
    assert_eq!(states(&ring), [(1, KeyState::Active)]);
}

#[test]
fn one_key_under_two_numbers_is_refused_and_changes_nothing() {
    let again = |number: u8| {
        let digits = crate::testing::master_key(1).to_hex();
        MasterKeys::from_text(&format!("{number}:{}", *digits)).unwrap()
    };
    let same = Err(KeyRingError::Same(Generation::FIRST, generation(2)));
    let ring = KeyRing::new(&master_keys(&[1]));
    assert_eq!(ring.add(&again(2)).map(drop), same);
    assert_eq!(states(&ring), [(1, KeyState::Active)]);
}

#[test]
fn the_active_keys_are_tried_first_and_retired_ones_only_by_their_number() {
    let ring = KeyRing::new(&master_keys(&[1, 2, 3, 4]));
    let records = [record(1, KeyState::Retired), record(2, KeyState::Active), record(3, KeyState::Readable)];
    ring.follow(&records).unwrap();
    let numbers =
        |keys: &mut dyn Iterator<Item = &Keys>| keys.map(|keys| keys.generation.number()).collect::<Vec<_>>();
    assert_eq!(numbers(&mut ring.all_accepted()), [2, 4, 3]);
    assert!(ring.keys(1).is_some());
    assert!(ring.accepted(1).is_none() && ring.accepted(0).is_none() && ring.accepted(9).is_none());
}

#[test]
fn says_by_which_values_a_database_knows_its_keys() {
    let keys = master_keys(&[1, 2]);
    let ring = KeyRing::new(&keys);
    assert_eq!(ring.check_values(), keys.check_values());
    assert_eq!(keys.check_values().0.len(), 2);
    for (generation, value) in keys.check_values().0 {
        assert_eq!(ring.check_value(generation), Some(value));
    }
    assert_eq!(ring.check_value(generation(3)), None);
}

#[test]
fn shows_its_generations_in_debug_output_and_no_key() {
    let shown = format!("{:?}", KeyRing::new(&master_keys(&[1, 2])));
    assert_eq!(shown, "KeyRing([(1, Readable), (2, Active)])");
}
