//! Which databases are in doubt: an older copy, another one, and what is none of these.

use super::*;

#[tokio::test]
async fn the_first_start_is_noticed_and_the_next_have_nothing_to_say() {
    let place = used().await;
    assert_eq!(place.noticed(), []);
    let other = WitnessedDatabase::new();
    assert_eq!(other.noticed(), [Noticed::FirstWitness]);
    assert_eq!(other.noticed(), []);
}

#[tokio::test]
async fn an_older_copy_ends_its_sessions_tells_the_audit_and_is_the_one_from_then_on() {
    let place = used().await;
    place.put_back("old");
    let (store, noticed) = place.open();
    assert_eq!(set_back(&noticed), (Standing::Behind { witnessed: 2, newest: 1 }, 2));
    assert_eq!((sessions(&store).await, told(&store).await), (0, 1));
    drop(store);
    let (store, noticed) = place.open();
    assert_eq!((noticed, told(&store).await), (vec![], 1));
}

#[tokio::test]
async fn an_older_copy_that_went_on_without_its_witness_is_another() {
    let place = used().await;
    place.put_back("old");
    let store = open_without(&place.database(), KEY_CHECK).unwrap();
    for number in 2..5 {
        store.commit(vec![Change::Audit(bare_audit_record(number).into())]).await.unwrap();
    }
    drop(store);
    assert_eq!(set_back(&place.noticed()), (Standing::Another { witnessed: 2 }, 2));
}

#[tokio::test]
async fn what_was_committed_without_the_witness_is_no_doubt() {
    let place = used().await;
    let store = open_without(&place.database(), KEY_CHECK).unwrap();
    store.commit(vec![audit(), audit()]).await.unwrap();
    drop(store);
    let (store, noticed) = place.open();
    assert_eq!((noticed, sessions(&store).await), (vec![], 1));
}

#[tokio::test]
async fn a_copy_from_before_the_first_witness_is_an_older_one() {
    let place = WitnessedDatabase::new();
    let store = open_without(&place.database(), KEY_CHECK).unwrap();
    inhabit(&store).await;
    drop(store);
    place.keep("old");
    let (store, noticed) = place.open();
    assert_eq!(noticed, [Noticed::FirstWitness]);
    end(&store, 1).await;
    drop(store);
    place.put_back("old");
    assert_eq!(set_back(&place.noticed()), (Standing::Behind { witnessed: 2, newest: 1 }, 2));
}

#[tokio::test]
async fn s3_an_older_copy_that_ends_where_the_place_that_is_left_was_written_is_in_doubt() {
    let spoils: [fn(&WitnessedDatabase, u64); 2] = [damage, |place, slot| {
        let file = fs::File::options().write(true).open(place.witness()).unwrap();
        file.write_all_at(&[0; 4_096], slot).unwrap();
    }];
    for (number, spoil) in spoils.into_iter().enumerate() {
        for slot in [0, STEP] {
            let place = used().await;
            place.keep("old");
            let (store, _) = place.open();
            end(&store, 2).await;
            // As kill -9 leaves it: the older place has what `old` ends at.
            fs::copy(place.witness(), place.elsewhere("witness.killed")).unwrap();
            drop(store);
            fs::copy(place.elsewhere("witness.killed"), place.witness()).unwrap();
            place.put_back("old");
            spoil(&place, slot);
            let (standing, sessions) = set_back(&place.noticed());
            let is_known = matches!(
                standing,
                Standing::Damaged { witnessed: 2 } | Standing::Behind { witnessed: 3, newest: 2 }
            );
            assert!(is_known && sessions == 1, "{number}, place {slot}: {standing:?}");
            assert_eq!(place.noticed(), []);
        }
    }
}

#[tokio::test]
async fn an_older_witness_is_no_doubt_also_when_retention_has_removed_what_it_saw() {
    let place = used().await;
    fs::copy(place.witness(), place.elsewhere("witness.old")).unwrap();
    let (store, _) = place.open();
    for _ in 0..5 {
        store.commit(vec![audit()]).await.unwrap();
    }
    drop(store);
    let older = || fs::copy(place.elsewhere("witness.old"), place.witness()).unwrap();
    older();
    assert_eq!(place.noticed(), []);
    let (store, _) = place.open();
    let prune = Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 5 };
    store.commit(vec![prune]).await.unwrap();
    drop(store);
    older();
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn a_head_of_the_audit_that_was_changed_is_another() {
    let place = used().await;
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.execute_batch("UPDATE audit_head SET newest = newest + 5").unwrap();
    drop(connection);
    assert_eq!(set_back(&place.noticed()), (Standing::Another { witnessed: 2 }, 1));
}

#[tokio::test]
async fn an_older_copy_can_be_accepted() {
    let place = used().await;
    place.put_back("old");
    let (store, noticed) = place.open_in_doubt(InDoubt::Accept);
    assert_eq!(noticed, [Noticed::Accepted(Standing::Behind { witnessed: 2, newest: 1 })]);
    assert_eq!((sessions(&store).await, told(&store).await), (2, 1));
    drop(store);
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn a_start_that_was_cut_short_before_the_database_knew_its_witness_is_no_doubt() {
    let place = WitnessedDatabase::new();
    let store = open_without(&place.database(), KEY_CHECK).unwrap();
    inhabit(&store).await;
    drop(store);
    place.keep("before");
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    place.put_back("before");
    assert_eq!(place.noticed(), []);
}

/// What kill -9 leaves of a place now: the witness last, because nothing is written any more.
fn killed(place: &WitnessedDatabase) -> WitnessedDatabase {
    let killed = WitnessedDatabase::new();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("vestibule.db{suffix}");
        fs::copy(place.elsewhere(&name), killed.elsewhere(&name)).unwrap();
    }
    fs::copy(place.witness(), killed.witness()).unwrap();
    killed
}

#[tokio::test]
async fn an_older_file_under_the_log_of_a_process_that_was_killed_twice_is_an_older_copy() {
    let place = used().await;
    let (store, _) = place.open();
    store.commit(vec![audit()]).await.unwrap();
    let once = killed(&place);
    let (store, noticed) = once.open();
    assert_eq!(noticed, []);
    end(&store, 2).await;
    let twice = killed(&once);
    fs::copy(place.elsewhere("old"), twice.database()).unwrap();
    let (standing, _) = set_back(&twice.noticed());
    assert_eq!(standing, Standing::UnderNewerLog { witnessed: 2, newest: 1 });
}

#[tokio::test]
async fn an_older_file_under_the_log_of_a_killed_process_is_an_older_copy() {
    let place = used().await;
    let (store, _) = place.open();
    store.commit(vec![audit()]).await.unwrap();
    end(&store, 2).await;
    let killed = killed(&place);
    fs::copy(killed.database(), killed.elsewhere("young")).unwrap();
    fs::copy(killed.elsewhere("vestibule.db-wal"), killed.elsewhere("log")).unwrap();
    fs::copy(place.elsewhere("old"), killed.database()).unwrap();
    let (standing, _) = set_back(&killed.noticed());
    assert_eq!(standing, Standing::UnderNewerLog { witnessed: 2, newest: 1 });

    // The same with the file that belongs to the log.
    fs::copy(killed.elsewhere("young"), killed.database()).unwrap();
    fs::copy(killed.elsewhere("log"), killed.elsewhere("vestibule.db-wal")).unwrap();
    fs::copy(place.witness(), killed.witness()).unwrap();
    let (store, noticed) = killed.open();
    assert_eq!((noticed, sessions(&store).await), (vec![], 0));
}
