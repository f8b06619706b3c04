//! What is folded into one entry, and how much of it there may be.

use proptest::prelude::*;
use vestibule_model::Refusal;

use super::*;

fn failure(at: i64, address: u32) -> AuditRecord {
    let at = Millis::from_unix(at);
    AuditRecord {
        reason: Some(AuditReason::Refused(Refusal::WrongPassword)),
        address: Some(IpAddr::V4(address.into())),
        ..AuditRecord::new(at, AuditAction::LogInRefused, Actor::Unknown, Means::Password)
    }
}

fn add(folded: &Folded, record: AuditRecord) {
    let now = Monotonic::after_beginning(record.at.since(Millis::EPOCH));
    folded.add(record, now);
}

fn counts(records: &[AuditRecord]) -> Vec<u32> {
    records.iter().map(|record| record.count).collect()
}

#[test]
fn a_flood_of_one_minute_is_one_entry() {
    let folded = Folded::default();
    (0..10_000).for_each(|at| add(&folded, failure(at, 1)));
    let records = folded.take_all();
    assert_eq!(counts(&records), [10_000]);
    assert_eq!((records[0].at, records[0].until), (Millis::EPOCH, Some(Millis::from_unix(9_999))));
}

#[test]
fn what_happened_once_has_no_last_time() {
    let folded = Folded::default();
    add(&folded, failure(5, 1));
    assert_eq!(folded.take_all(), [failure(5, 1)]);
}

#[test]
fn another_minute_is_another_entry() {
    let folded = Folded::default();
    for at in [59_999, 60_000, 60_001] {
        add(&folded, failure(at, 1));
    }
    assert_eq!(counts(&folded.take_all()), [1, 2]);
}

#[test]
fn another_address_user_or_reason_is_another_entry() {
    let folded = Folded::default();
    add(&folded, failure(0, 1));
    add(&folded, failure(0, 2));
    add(&folded, AuditRecord { user: Some(UserId(1)), ..failure(0, 1) });
    let unknown = Some(AuditReason::Refused(Refusal::UnknownUser));
    add(&folded, AuditRecord { reason: unknown, ..failure(0, 1) });
    assert_eq!(counts(&folded.take_all()), [1, 1, 1, 1]);
}

#[test]
fn another_administration_token_is_another_entry() {
    let folded = Folded::default();
    for id in [1, 2, 1].map(AdministrationTokenId) {
        let actor = Actor::AdministrationToken { id, name: "deploy".into() };
        add(&folded, AuditRecord { actor, ..failure(0, 1) });
    }
    let mut counts = counts(&folded.take_all());
    counts.sort_unstable();
    assert_eq!(counts, [1, 2]);
}

#[test]
fn addresses_of_one_ipv6_network_are_one() {
    let folded = Folded::default();
    for address in ["2001:db8::1", "2001:db8::2"] {
        add(&folded, AuditRecord { address: address.parse().ok(), ..failure(0, 1) });
    }
    assert_eq!(counts(&folded.take_all()), [2]);
}

#[test]
fn an_entry_waits_until_its_minute_is_over() {
    let folded = Folded::default();
    add(&folded, failure(0, 1));
    assert_eq!(folded.take_before(Millis::from_unix(59_999)), []);
    assert_eq!(folded.take_before(Millis::from_unix(60_000)).len(), 1);
    assert_eq!(folded.take_all(), []);
}

#[test]
fn what_was_read_is_counted_on_and_takes_no_room_again() {
    let folded = Folded::default();
    for second in 0..50 {
        add(&folded, failure(second * 1_000, 1));
        folded.take_for_reading(Millis::from_unix(second * 1_000));
    }
    (0..1_999).for_each(|address| add(&folded, failure(50_000, 10 + address)));
    let told = folded.take_all();
    assert!(told.iter().all(|record| record.address.is_some()), "there was room for all");
}

#[test]
fn reading_often_makes_few_entries() {
    let folded = Folded::default();
    let mut taken = Vec::new();
    for at in 0..60_000 {
        add(&folded, failure(at, 1));
        taken.extend(folded.take_for_reading(Millis::from_unix(at)));
    }
    taken.extend(folded.take_all());
    assert_eq!((taken.len(), counts(&taken).iter().sum::<u32>()), (13, 60_000));
}

#[test]
fn a_flood_from_everywhere_fills_neither_memory_nor_disk() {
    let folded = Folded::default();
    (0..100_000).for_each(|address| add(&folded, failure(0, address)));
    let records = folded.take_all();
    assert_eq!(records.len(), 2_001);
    assert_eq!(counts(&records).iter().sum::<u32>(), 100_000);
    let nobody = records.iter().max_by_key(|record| record.count).unwrap();
    assert_eq!((nobody.count, nobody.address, nobody.user), (98_000, None, None));
}

#[test]
fn room_comes_back_with_time() {
    let folded = Folded::default();
    (0..3_000).for_each(|address| add(&folded, failure(0, address)));
    folded.take_all();
    (0..3_000).for_each(|address| add(&folded, failure(60_000, address)));
    assert_eq!(folded.take_all().len(), 101);
}

#[test]
fn f3_a_clock_that_was_set_back_takes_no_room() {
    let folded = Folded::default();
    let begun = Monotonic::default();
    (0..3_000).for_each(|address| folded.add(failure(100_000_000_000, address), begun));
    folded.take_all();
    let later = begun.plus(ROOM_EVERY * BURST);
    (0..3_000).for_each(|address| folded.add(failure(0, address), later));
    assert_eq!(folded.take_all().len(), 2_001);
}

#[test]
fn what_the_store_did_not_take_is_taken_again() {
    let folded = Folded::default();
    folded.give_back(&[failure(0, 1)]);
    assert_eq!(folded.take_before(Millis::EPOCH), [failure(0, 1)]);
}

#[test]
fn not_more_waits_than_there_is_room_for() {
    let folded = Folded::default();
    let many = vec![failure(0, 1); WAITING];
    folded.give_back(&many);
    folded.give_back(&many);
    assert_eq!(folded.take_all().len(), WAITING);
}

#[test]
fn logins_by_other_connections_are_other_entries() {
    let folded = Folded::default();
    let joined = |by: Option<i64>| AuditRecord {
        details: by.map(|by| format!(r#"{{"connection":{by}}}"#)),
        ..AuditRecord::new(Millis::EPOCH, AuditAction::JoinedSession, Actor::Unknown, Means::Saml)
    };
    for by in [Some(1), Some(2), None, Some(1)] {
        add(&folded, joined(by));
    }
    let mut taken = folded.take_all();
    taken.sort_by(|one, other| one.details.cmp(&other.details));
    let expected = [(None, 1), (Some(1), 2), (Some(2), 1)];
    let expected = expected.map(|(by, count)| (joined(by).details, count));
    assert_eq!(taken.into_iter().map(|record| (record.details, record.count)).collect::<Vec<_>>(), expected);
}

proptest! {
    #[test]
    fn nothing_is_counted_twice_or_lost(happened in prop::collection::vec((0..200_000_i64, 0..5_u32), 0..300)) {
        let folded = Folded::default();
        let mut taken = Vec::new();
        for (number, (at, address)) in happened.iter().enumerate() {
            add(&folded, failure(*at, *address));
            if number % 50 == 49 {
                taken.extend(folded.take_before(Millis::from_unix(*at)));
            }
        }
        taken.extend(folded.take_all());
        prop_assert_eq!(counts(&taken).iter().sum::<u32>() as usize, happened.len());
    }
}

#[test]
fn what_goes_on_over_the_minute_needs_room_again() {
    let folded = Folded::default();
    for minute in 0..10 {
        for address in 0..BURST * 2 {
            add(&folded, failure(i64::from(minute) * 60_000, address));
        }
    }
    let most = BURST + 9 * 100 + 10;
    let entries = u32::try_from(folded.take_all().len()).unwrap();
    assert!(entries <= most, "{entries} entries, at most {most}");
}
