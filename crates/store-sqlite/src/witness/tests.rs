//! When the witness is written: in order, and once for all that wait.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use tempfile::TempDir;
use vestibule_model::{AuditRecord, Rng, SessionId};
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, Store, StoreFuture};

use super::{Standing, WitnessFile};
use crate::{InDoubt, Noticed, Opening, SqliteStore, audit_key, witness_seal};

const KEY_CHECK: [u8; 32] = [7; 32];

struct Sevens;

impl Rng for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("vestibule.db")
}

fn open(folder: &Path) -> (SqliteStore, Vec<Noticed>) {
    let witness = WitnessFile::open(&folder.join("witness"), witness_seal()).unwrap();
    let opening =
        Opening { witness: Some((witness, &Sevens)), in_doubt: InDoubt::EndSessions, entry: &|_| None };
    SqliteStore::open_noticing(&database(folder), KEY_CHECK, audit_key(), opening).unwrap()
}

/// A store with a user and sixty-four sessions.
async fn store() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let user = user(HERE, 1);
    let mut changes = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
    changes.extend((0..64).map(|byte| Change::OpenSession(session(byte, &user).into())));
    store.commit(changes).await.unwrap();
    (store, folder)
}

fn end(store: &SqliteStore, byte: u8) -> StoreFuture<'static, vestibule_store::Outcome> {
    let record: AuditRecord = vestibule_store::conformance::samples::bare_audit_record(1);
    store.commit(vec![Change::EndSession(SessionId([byte; 16])), Change::Audit(record.into())])
}

/// Holds the writer until the gate is dropped: what is asked for meanwhile becomes one group.
fn hold(store: &SqliteStore) -> mpsc::Sender<()> {
    let (gate, closed) = mpsc::channel();
    store.queue.as_ref().unwrap().meddle(move |_| closed.recv().unwrap_or_default());
    gate
}

#[tokio::test]
async fn ends_of_one_group_share_a_testimony() {
    let (store, _folder) = store().await;
    let gate = hold(&store);
    let before = (store.transactions(), store.testimonies());
    let asked: Vec<_> = (0..64).map(|byte| end(&store, byte)).collect();
    drop(gate);
    for answered in asked {
        answered.await.unwrap();
    }
    assert_eq!((store.transactions() - before.0, store.testimonies() - before.1), (1, 1));
}

#[tokio::test]
async fn an_end_is_witnessed_before_it_is_answered() {
    let (store, folder) = store().await;
    for byte in 0..64 {
        let before = store.testimonies();
        end(&store, byte).await.unwrap();
        assert_eq!(store.testimonies() - before, 1, "end {byte}");
    }
    drop(store);
    assert_eq!(open(folder.path()).1, []);
}

#[tokio::test]
async fn what_is_no_end_waits_for_no_testimony() {
    let (store, _folder) = store().await;
    let user = user(HERE, 1);
    let before = store.testimonies();
    for byte in 64..=255 {
        let record = vestibule_store::conformance::samples::bare_audit_record(1);
        let opened = Change::OpenSession(session(byte, &user).into());
        store.commit(vec![opened, Change::Audit(record.into())]).await.unwrap();
    }
    let written = store.testimonies() - before;
    assert!(written < 96, "{written} testimonies of 192 logins");
}

#[tokio::test]
async fn whatever_takes_something_away_is_witnessed_before_it_is_answered() {
    let (store, _folder) = store().await;
    let user = user(HERE, 1);
    let locked_at = Some(vestibule_model::Millis::EPOCH);
    for change in [
        Change::SetLock { user: user.id, locked_at },
        Change::PutUser(vestibule_model::User { enabled: false, ..user.clone() }.into()),
        Change::DeleteApiKey(user.account, vestibule_model::ApplicationId(1)),
        Change::DeleteAdministrator(user.id),
        Change::DeleteUser(user.id),
        Change::DeleteAccount(user.account),
    ] {
        let (before, what) = (store.testimonies(), format!("{change:?}"));
        let record = vestibule_store::conformance::samples::bare_audit_record(1);
        store.commit(vec![change, Change::Audit(record.into())]).await.unwrap();
        assert!(store.testimonies() > before, "{what}");
    }
}

#[tokio::test]
async fn a_commit_that_is_refused_is_answered_at_once() {
    let (store, folder) = store().await;
    // A folder in the witness's place: nothing can be written there.
    std::fs::remove_file(folder.path().join("witness")).unwrap();
    std::fs::create_dir(folder.path().join("witness")).unwrap();
    let scopes = vec![vestibule_store::DirectoryScope::User(vestibule_model::UserId(1))];
    let since = vestibule_store::Sequence(-1);
    let stale = store.commit(vec![Change::ExpectUnchanged { since, scopes }]).await;
    assert!(stale.is_err());
    assert_eq!(store.unwitnessed(), None);
    // What is committed is done, witnessed or not.
    end(&store, 1).await.unwrap();
    assert!(store.unwitnessed().is_some());
}

#[test]
fn only_agreement_and_a_beginning_leave_no_doubt() {
    for standing in [Standing::AsWitnessed, Standing::First] {
        assert!(!standing.is_doubtful(), "{standing:?}");
    }
    for standing in [
        Standing::Missing,
        Standing::Unsealed,
        Standing::Damaged { witnessed: 2 },
        Standing::OfAnother,
        Standing::Behind { witnessed: 2, newest: 1 },
        Standing::UnderNewerLog { witnessed: 2, newest: 1 },
        Standing::Another { witnessed: 2 },
    ] {
        assert!(standing.is_doubtful(), "{standing:?}");
    }
}
