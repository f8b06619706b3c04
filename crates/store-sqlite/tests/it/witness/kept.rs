//! How the witness is kept while a store is open.

use super::*;

#[tokio::test]
async fn after_a_clean_stop_both_places_say_the_same() {
    let place = used().await;
    place.keep("old");
    let (store, _) = place.open();
    end(&store, 2).await;
    drop(store);
    place.put_back("old");
    damage(&place, 0);
    assert_eq!(set_back(&place.noticed()).0, Standing::Behind { witnessed: 3, newest: 2 });
}

/// The ids of the files on which this process holds a lock, as the system tells them.
#[cfg(target_os = "linux")]
fn locked_files() -> Vec<u64> {
    let own = std::process::id().to_string();
    let locks = fs::read_to_string("/proc/locks").unwrap();
    let inode = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_own = words.get(1) == Some(&"POSIX") && words.get(4) == Some(&own.as_str());
        is_own.then(|| words[5].rsplit(':').next().unwrap().parse().unwrap())
    };
    locks.lines().filter_map(inode).collect()
}

/// To close any descriptor of a file gives up every lock of the process on it, those of `SQLite` too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn f2_the_database_stays_locked_while_the_witness_is_kept() {
    use std::os::unix::fs::MetadataExt;

    let place = used().await;
    let (store, _) = place.open();
    let before = store.testimonies();
    store.commit(vec![audit()]).await.unwrap();
    soon("a testimony", || store.testimonies() > before);
    for number in 0..2_000 {
        store.commit(vec![Change::Audit(bare_audit_record(number).into())]).await.unwrap();
    }
    end(&store, 2).await;
    for file in [place.database(), place.elsewhere("vestibule.db-shm")] {
        let inode = fs::metadata(&file).unwrap().ino();
        assert!(locked_files().contains(&inode), "{}", file.display());
    }
}

#[tokio::test]
async fn what_is_folded_while_the_store_is_open_is_witnessed_too() {
    let place = used().await;
    let (store, _) = place.open();
    place.keep("old.at.the.start");
    // Far more than the log holds until it is folded.
    for number in 0..3_000 {
        store.commit(vec![Change::Audit(bare_audit_record(number).into())]).await.unwrap();
    }
    end(&store, 2).await;
    let killed = WitnessedDatabase::new();
    for name in ["vestibule.db-wal", "vestibule.db-shm", "witness"] {
        fs::copy(place.elsewhere(name), killed.elsewhere(name)).unwrap();
    }
    fs::copy(place.elsewhere("old.at.the.start"), killed.database()).unwrap();
    let (standing, _) = set_back(&killed.noticed());
    assert!(matches!(standing, Standing::UnderNewerLog { .. }), "{standing:?}");
}

#[tokio::test]
async fn a_first_witness_that_could_not_be_written_is_still_to_come() {
    let place = WitnessedDatabase::new();
    let file = witness(&place.witness(), 1).unwrap();
    fs::remove_file(place.witness()).unwrap();
    fs::create_dir(place.witness()).unwrap();
    let opening = Opening { witness: Some((file, &OsRng)), in_doubt: InDoubt::EndSessions, entry: &|_| None };
    let (store, noticed) = open_noticing(&place.database(), opening).unwrap();
    assert_eq!((noticed, store.unwitnessed().is_some()), (vec![Noticed::FirstWitness], true));
    drop(store);
    fs::remove_dir(place.witness()).unwrap();
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
}

#[tokio::test]
async fn what_is_no_end_is_witnessed_soon() {
    let place = used().await;
    let (store, _) = place.open();
    place.keep("old");
    let before = store.testimonies();
    store.commit(vec![audit()]).await.unwrap();
    soon("a testimony", || store.testimonies() > before);
    drop(store);
    place.put_back("old");
    assert!(matches!(set_back(&place.noticed()).0, Standing::Behind { .. }));
}

#[tokio::test]
async fn what_another_process_commits_is_witnessed_with_the_next_commit() {
    let place = used().await;
    let (store, _) = place.open();
    place.keep("old");
    let other = open_without(&place.database(), KEY_CHECK).unwrap();
    other.commit(vec![audit()]).await.unwrap();
    let before = store.testimonies();
    store.commit(Vec::new()).await.unwrap();
    soon("a testimony", || store.testimonies() > before);
}

#[tokio::test]
async fn a_witness_that_cannot_be_written_is_told_and_written_once_it_can() {
    let place = used().await;
    let (store, _) = place.open();
    assert_eq!(store.unwitnessed(), None);
    fs::remove_file(place.witness()).unwrap();
    fs::create_dir(place.witness()).unwrap();
    end(&store, 2).await;
    assert!(store.unwitnessed().is_some());
    fs::remove_dir(place.witness()).unwrap();
    soon("a witness", || store.unwitnessed().is_none());
    drop(store);
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn a_witness_that_was_removed_or_replaced_under_a_store_is_made_anew() {
    let place = used().await;
    fs::copy(place.witness(), place.elsewhere("witness.old")).unwrap();
    let (store, _) = place.open();
    fs::remove_file(place.witness()).unwrap();
    end(&store, 2).await;
    fs::rename(place.elsewhere("witness.old"), place.witness()).unwrap();
    end(&store, 3).await;
    assert_eq!(store.unwitnessed(), None);
    drop(store);
    place.keep("newest");
    assert_eq!(place.noticed(), []);
}

/// Waits for something that takes a moment.
fn soon(what: &str, is: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} does not come");
}
