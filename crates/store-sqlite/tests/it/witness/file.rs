//! The file of the witness: what is one, whose it is, and which of its places counts.

use super::*;

#[tokio::test]
async fn a_witness_that_is_missing_is_no_witness() {
    let place = used().await;
    fs::remove_file(place.witness()).unwrap();
    assert_eq!(set_back(&place.noticed()), (Standing::Missing, 1));
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn the_witness_of_another_database_is_not_believed() {
    let (place, other) = (used().await, used().await);
    fs::copy(other.witness(), place.witness()).unwrap();
    assert_eq!(set_back(&place.noticed()), (Standing::OfAnother, 1));
}

#[tokio::test]
async fn a_changed_witness_or_one_of_another_master_key_is_not_believed() {
    let place = used().await;
    let file = fs::File::options().write(true).open(place.witness()).unwrap();
    for slot in [0, STEP] {
        file.write_all_at(&[0xff; 8], slot + 17).unwrap();
    }
    assert_eq!(set_back(&place.noticed()), (Standing::Unsealed, 1));

    let place = used().await;
    fs::remove_file(place.witness()).unwrap();
    let opening = Opening {
        witness: Some((witness(&place.witness(), 2).unwrap(), &OsRng)),
        in_doubt: InDoubt::Accept,
        entry: &|_| None,
    };
    drop(open_noticing(&place.database(), opening).unwrap());
    assert_eq!(set_back(&place.noticed()), (Standing::Unsealed, 1));
}

#[tokio::test]
async fn a_torn_testimony_leaves_the_one_before_it() {
    for slot in [0, STEP] {
        let place = used().await;
        // What the torn testimony would have been about.
        open_without(&place.database(), KEY_CHECK).unwrap().commit(vec![audit()]).await.unwrap();
        damage(&place, slot);
        assert_eq!(place.noticed(), [], "place {slot}");
    }
}

#[tokio::test]
async fn an_id_that_was_made_illegible_is_repaired_and_its_database_is_in_doubt_without_a_witness() {
    let place = used().await;
    let spoil = || {
        let connection = rusqlite::Connection::open(place.database()).unwrap();
        connection.execute("UPDATE meta SET value = x'00' WHERE name = 'witness'", []).unwrap();
    };
    spoil();
    assert_eq!(place.noticed(), [], "its witness knows it by its audit");
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let length = "SELECT length(value) FROM meta WHERE name = 'witness'";
    assert_eq!(connection.query_row(length, [], |row| row.get::<_, i64>(0)).unwrap(), 16);
    drop(connection);
    spoil();
    fs::remove_file(place.witness()).unwrap();
    assert_eq!(set_back(&place.noticed()).0, Standing::Missing);
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn a_first_testimony_that_was_torn_is_still_to_come() {
    let place = WitnessedDatabase::new();
    drop(witness(&place.witness(), 1).unwrap());
    let file = fs::File::options().write(true).open(place.witness()).unwrap();
    file.write_all_at(&[0xa5; 100], 0).unwrap();
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn an_empty_witness_is_a_missing_one() {
    let place = WitnessedDatabase::new();
    drop(witness(&place.witness(), 1).unwrap());
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    fs::write(place.witness(), [0; 100]).unwrap();
    assert_eq!(set_back(&place.noticed()).0, Standing::Missing);
}

#[tokio::test]
async fn nobody_but_its_owner_reads_it_and_it_takes_no_more_space() {
    let place = used().await;
    let length = || fs::metadata(place.witness()).unwrap().len();
    assert_eq!(length(), LENGTH);
    let (store, _) = place.open();
    for byte in 0..10 {
        end(&store, byte).await;
    }
    assert_eq!(length(), LENGTH);
    assert_eq!(fs::metadata(place.witness()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn two_do_not_share_one() {
    let place = WitnessedDatabase::new();
    let _first = witness(&place.witness(), 1).unwrap();
    let refused = witness(&place.witness(), 1).unwrap_err();
    assert!(matches!(refused, WitnessError::InUse { .. }), "{refused:?}");
}

#[test]
fn a_file_that_is_something_else_is_refused_and_not_touched() {
    let place = WitnessedDatabase::new();
    for length in [1, 65, 512, 1_000, 4_096, 8_191, 8_192, 8_193, 100_000] {
        for byte in [b'x', 1] {
            fs::write(place.witness(), vec![byte; length]).unwrap();
            // As short as that, and beginning as one does, it may be one that was cut short.
            if length == 512 && byte == 1 {
                continue;
            }
            let refused = witness(&place.witness(), 1).unwrap_err();
            assert!(matches!(refused, WitnessError::NotOne { .. }), "{length} bytes: {refused:?}");
            assert_eq!(fs::read(place.witness()).unwrap(), vec![byte; length], "{length} bytes");
        }
    }
}

#[tokio::test]
async fn one_that_was_cut_short_is_still_a_witness() {
    for length in [512, 4_000, 4_096, 4_700, 8_191] {
        let place = used().await;
        fs::File::options().write(true).open(place.witness()).unwrap().set_len(length).unwrap();
        drop(witness(&place.witness(), 2).unwrap());
        assert_eq!(fs::metadata(place.witness()).unwrap().len(), LENGTH, "{length} bytes");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_no_missing_witness() {
    let place = WitnessedDatabase::new();
    let refused = witness(&place.elsewhere("unmounted/witness"), 1).unwrap_err();
    let WitnessError::Unusable { source, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
}
