//! The journal of ends in its file.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use vestibule_crypto::{MasterKey, RecordSealer};
use vestibule_model::{Actor, EndReason, Means, Millis, SessionId, UserId};
use vestibule_store::{EndJournal, EndedSessions, JournalError, JournaledEnd, SessionSelector};
use vestibule_store_sqlite::FileEndJournal;

/// Bytes of a place.
const PLACE: u64 = 512;

fn seal(byte: u8) -> Arc<RecordSealer> {
    let master = MasterKey::from_hex(&format!("{byte:02x}").repeat(32)).unwrap();
    Arc::new(RecordSealer::of_end_journal(&master))
}

fn open(path: &Path) -> io::Result<FileEndJournal> {
    FileEndJournal::with_places(path, seal(1), 16)
}

fn place(folder: &TempDir) -> PathBuf {
    folder.path().join("ends.journal")
}

fn end(sessions: EndedSessions) -> JournaledEnd {
    JournaledEnd {
        selector: SessionSelector { sessions, account: None, opened_until: Millis::from_unix(7) },
        at: Millis::from_unix(7),
        reason: EndReason::LoggedOut,
        actor: Actor::User { id: UserId(1), name: "name".into() },
        means: Means::Session,
        address: None,
        dialect: None,
    }
}

fn of_user(user: i64) -> JournaledEnd {
    end(EndedSessions::OfUser(UserId(user)))
}

fn ends(journal: &FileEndJournal) -> Vec<JournaledEnd> {
    journal.held().into_iter().map(|(_, end)| end).collect()
}

#[tokio::test]
async fn what_was_kept_is_found_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let one = end(EndedSessions::One(SessionId([7; 16])));
    let journal = open(&place(&folder)).unwrap();
    journal.keep(one.clone()).await.unwrap();
    journal.keep(of_user(2)).await.unwrap();
    drop(journal);
    assert_eq!(ends(&open(&place(&folder)).unwrap()), [one, of_user(2)]);
}

#[tokio::test]
async fn what_was_released_is_gone_and_its_place_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&place(&folder)).unwrap();
    for user in 0..100 {
        let slot = journal.keep(of_user(user)).await.unwrap();
        journal.release(slot);
    }
    journal.keep(of_user(100)).await.unwrap();
    assert_eq!(ends(&journal), [of_user(100)]);
    drop(journal);
    assert_eq!(ends(&open(&place(&folder)).unwrap()), [of_user(100)]);
}

#[tokio::test]
async fn a_full_journal_says_so_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&place(&folder)).unwrap();
    for user in 0..16 {
        journal.keep(of_user(user)).await.unwrap();
    }
    assert!(matches!(journal.keep(of_user(16)).await, Err(JournalError::Full)));
    assert_eq!(ends(&journal).len(), 16);
}

#[tokio::test]
async fn nothing_is_written_but_what_has_its_space() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&place(&folder)).unwrap();
    let length = || fs::metadata(place(&folder)).unwrap().len();
    assert_eq!(length(), 16 * PLACE);
    for user in 0..16 {
        journal.keep(of_user(user)).await.unwrap();
    }
    assert_eq!(length(), 16 * PLACE);
}

#[test]
fn nobody_but_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&place(&folder)).unwrap());
    assert_eq!(fs::metadata(place(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_torn_record_is_left_aside_and_the_others_hold() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&place(&folder)).unwrap();
    journal.keep(of_user(1)).await.unwrap();
    journal.keep(of_user(2)).await.unwrap();
    drop(journal);
    File::options().write(true).open(place(&folder)).unwrap().write_all_at(&[0xff; 9], 100).unwrap();
    let journal = open(&place(&folder)).unwrap();
    assert_eq!((ends(&journal), journal.damaged()), (vec![of_user(2)], 1));
}

#[tokio::test]
async fn a_record_of_another_master_key_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let other = FileEndJournal::with_places(&place(&folder), seal(2), 16).unwrap();
    other.keep(of_user(1)).await.unwrap();
    drop(other);
    let journal = open(&place(&folder)).unwrap();
    assert_eq!((ends(&journal), journal.damaged()), (vec![], 1));
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_filled_up() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&place(&folder)).unwrap();
    journal.keep(of_user(1)).await.unwrap();
    drop(journal);
    File::options().write(true).open(place(&folder)).unwrap().set_len(3 * PLACE + 100).unwrap();
    assert_eq!(ends(&open(&place(&folder)).unwrap()), [of_user(1)]);
    assert_eq!(fs::metadata(place(&folder)).unwrap().len(), 16 * PLACE);
}

#[tokio::test]
async fn one_that_cannot_be_made_keeps_nothing_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later/ends.journal");
    let journal = open(&path).unwrap();
    assert!(journal.unmade().is_some());
    assert!(matches!(journal.keep(of_user(1)).await, Err(JournalError::Unavailable(_))));
    fs::create_dir(folder.path().join("later")).unwrap();
    journal.keep(of_user(1)).await.unwrap();
    assert_eq!(journal.unmade(), None);
    drop(journal);
    assert_eq!(ends(&open(&path).unwrap()), [of_user(1)]);
}

#[test]
fn one_that_is_there_and_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(place(&folder)).unwrap();
    assert!(open(&place(&folder)).is_err());
}

#[tokio::test]
async fn one_of_another_master_key_or_with_a_block_that_is_damaged_is_still_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileEndJournal::open(&place(&folder), seal(2)).unwrap();
    journal.keep(of_user(1)).await.unwrap();
    drop(journal);
    let file = File::options().write(true).open(place(&folder)).unwrap();
    file.write_all_at(&[0xff; 8 * 512], 512 * PLACE).unwrap();
    assert_eq!(FileEndJournal::open(&place(&folder), seal(1)).unwrap().damaged(), 9);
}

#[test]
fn a_file_that_is_something_else_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    for length in [1, 65, 512, 1_000, 16 * 512 - 1, 16 * 512, 16 * 512 + 1, 100_000] {
        fs::write(place(&folder), vec![b'x'; length]).unwrap();
        let refused = open(&place(&folder)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{length} bytes");
        assert_eq!(fs::read(place(&folder)).unwrap(), vec![b'x'; length], "{length} bytes");
    }
}
