//! The witness: which databases it takes for the one that was last in use.

use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use vestibule_crypto::{MasterKey, OsRng, RecordSealer};
use vestibule_model::{AuditRecord, Millis, SessionId};
use vestibule_store::conformance::samples::{HERE, account, bare_audit_record, session, user};
use vestibule_store::{AuditOrder, AuditQuery, Change, Store};
use vestibule_store_sqlite::{
    InDoubt, Noticed, OpenError, Opening, SqliteStore, Standing, WitnessError, WitnessFile,
};

use crate::temporary::{KEY_CHECK, audit_key, open as open_without};

/// From the one place of the file to the other, and its length.
const STEP: u64 = 4_096;
const LENGTH: u64 = 2 * STEP;

/// The entry of the audit about whatever is noticed.
const TOLD: i64 = 777;

/// A folder with a database and, beside it, its witness.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("vestibule.db")
    }

    fn witness(&self) -> PathBuf {
        self.0.path().join("witness")
    }

    fn elsewhere(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> (SqliteStore, Vec<Noticed>) {
        self.open_in_doubt(InDoubt::EndSessions)
    }

    fn open_in_doubt(&self, in_doubt: InDoubt) -> (SqliteStore, Vec<Noticed>) {
        let witness = witness(&self.witness(), 1).unwrap();
        let entry = |noticed: &Noticed| {
            let is_told = *noticed != Noticed::FirstWitness;
            is_told.then(|| AuditRecord { at: Millis::from_unix(TOLD), ..bare_audit_record(1) })
        };
        let opening = Opening { witness: Some((witness, &OsRng)), in_doubt, entry: &entry };
        open_noticing(&self.database(), opening).unwrap()
    }

    /// What the next opening notices.
    fn noticed(&self) -> Vec<Noticed> {
        self.open().1
    }

    /// A copy of the database, which nobody has open.
    fn keep(&self, name: &str) {
        fs::copy(self.database(), self.elsewhere(name)).unwrap();
    }

    fn put_back(&self, name: &str) {
        fs::copy(self.elsewhere(name), self.database()).unwrap();
    }
}

fn open_noticing(database: &Path, opening: Opening<'_>) -> Result<(SqliteStore, Vec<Noticed>), OpenError> {
    SqliteStore::open_noticing(database, KEY_CHECK, Arc::new(audit_key()), opening)
}

fn witness(path: &Path, key: u8) -> Result<WitnessFile, WitnessError> {
    let master = MasterKey::from_hex(&format!("{key:02x}").repeat(32)).unwrap();
    WitnessFile::open(path, Arc::new(RecordSealer::of_witness(&master)))
}

fn audit() -> Change {
    Change::Audit(bare_audit_record(1).into())
}

/// An account, a user and two sessions.
async fn inhabit(store: &SqliteStore) {
    let user = user(HERE, 1);
    let sessions = [1, 2].map(|byte| Change::OpenSession(session(byte, &user).into()));
    let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.into()), audit()];
    store.commit(put.into_iter().chain(sessions).collect()).await.unwrap();
}

async fn end(store: &SqliteStore, byte: u8) {
    store.commit(vec![Change::EndSession(SessionId([byte; 16])), audit()]).await.unwrap();
}

async fn sessions(store: &SqliteStore) -> usize {
    store.sessions(None, 100).await.unwrap().len()
}

/// How many entries of the audit tell of what was noticed.
async fn told(store: &SqliteStore) -> usize {
    let query = AuditQuery { order: AuditOrder::OldestFirst, limit: 100, ..AuditQuery::default() };
    let page = store.audit(query).await.unwrap();
    page.entries.iter().filter(|entry| entry.record.at == Millis::from_unix(TOLD)).count()
}

fn set_back(noticed: &[Noticed]) -> (Standing, u64) {
    let [Noticed::SetBack { standing, sessions }] = noticed else { panic!("noticed {noticed:?}") };
    (*standing, *sessions)
}

/// A place whose database was in use: one session has ended since the copy `old` was made, another lives.
async fn used() -> Place {
    let place = Place::new();
    let (store, _) = place.open();
    inhabit(&store).await;
    drop(store);
    place.keep("old");
    let (store, _) = place.open();
    end(&store, 1).await;
    drop(store);
    place
}

#[tokio::test]
async fn the_first_start_is_noticed_and_the_next_have_nothing_to_say() {
    let place = used().await;
    assert_eq!(place.noticed(), []);
    let other = Place::new();
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
    let place = Place::new();
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

fn damage(place: &Place, slot: u64) {
    let file = fs::File::options().write(true).open(place.witness()).unwrap();
    file.write_all_at(&[0xa5; 100], slot + 300).unwrap();
}

#[tokio::test]
async fn s3_an_older_copy_that_ends_where_the_place_that_is_left_was_written_is_in_doubt() {
    let spoils: [fn(&Place, u64); 2] = [damage, |place, slot| {
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
    let place = Place::new();
    let store = open_without(&place.database(), KEY_CHECK).unwrap();
    inhabit(&store).await;
    drop(store);
    place.keep("before");
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    place.put_back("before");
    assert_eq!(place.noticed(), []);
}

#[tokio::test]
async fn an_older_file_under_the_log_of_a_killed_process_is_an_older_copy() {
    let place = used().await;
    let (store, _) = place.open();
    store.commit(vec![audit()]).await.unwrap();
    end(&store, 2).await;
    // As kill -9 leaves it: the witness last, because nothing is written any more.
    let killed = Place::new();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("vestibule.db{suffix}");
        fs::copy(place.elsewhere(&name), killed.elsewhere(&name)).unwrap();
    }
    fs::copy(place.witness(), killed.witness()).unwrap();
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
    let place = Place::new();
    drop(witness(&place.witness(), 1).unwrap());
    let file = fs::File::options().write(true).open(place.witness()).unwrap();
    file.write_all_at(&[0xa5; 100], 0).unwrap();
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    assert_eq!(place.noticed(), []);
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
    let killed = Place::new();
    for name in ["vestibule.db-wal", "vestibule.db-shm", "witness"] {
        fs::copy(place.elsewhere(name), killed.elsewhere(name)).unwrap();
    }
    fs::copy(place.elsewhere("old.at.the.start"), killed.database()).unwrap();
    let (standing, _) = set_back(&killed.noticed());
    assert!(matches!(standing, Standing::UnderNewerLog { .. }), "{standing:?}");
}

#[tokio::test]
async fn a_first_witness_that_could_not_be_written_is_still_to_come() {
    let place = Place::new();
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
async fn an_empty_witness_is_a_missing_one() {
    let place = Place::new();
    drop(witness(&place.witness(), 1).unwrap());
    assert_eq!(place.noticed(), [Noticed::FirstWitness]);
    fs::write(place.witness(), [0; 100]).unwrap();
    assert_eq!(set_back(&place.noticed()).0, Standing::Missing);
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
    let place = Place::new();
    let _first = witness(&place.witness(), 1).unwrap();
    let refused = witness(&place.witness(), 1).unwrap_err();
    assert!(matches!(refused, WitnessError::InUse { .. }), "{refused:?}");
}

#[test]
fn a_file_that_is_something_else_is_refused_and_not_touched() {
    let place = Place::new();
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
    let place = Place::new();
    let refused = witness(&place.elsewhere("unmounted/witness"), 1).unwrap_err();
    let WitnessError::Unusable { source, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
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
