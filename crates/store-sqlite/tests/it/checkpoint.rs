//! The log: folded into the file while commits go on.

use std::fs;
use std::path::Path;

use vestibule_model::SessionId;
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, Store};

use crate::temporary::empty_store;

/// Many times as much as the log may hold before it is folded, should nobody fold it: half a gigabyte.
const MOST_COMMITS: u32 = 3_000;

const SESSIONS_OF_A_COMMIT: u32 = 40;

/// How often the log has been begun anew: a field of its header.
fn times_begun(database: &Path) -> u32 {
    let log = fs::read(database.with_extension("db-wal")).unwrap();
    u32::from_be_bytes(log[12..16].try_into().unwrap())
}

/// Ids scattered over the table.
fn id(number: u32) -> SessionId {
    let mut id = [1; 16];
    id[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    SessionId(id)
}

#[tokio::test]
async fn a_log_begins_anew_while_commits_follow_each_other_without_a_pause() {
    let (store, user) = (empty_store(), user(HERE, 1));
    let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
    store.commit(put).await.unwrap();
    let begun = times_begun(&store.path());
    let open =
        |number| Change::OpenSession(vestibule_model::Session { id: id(number), ..session(0, &user) }.into());

    let mut commits = 0;
    while times_begun(&store.path()) == begun && commits < MOST_COMMITS {
        let first = commits * SESSIONS_OF_A_COMMIT;
        store.commit((first..first + SESSIONS_OF_A_COMMIT).map(open).collect()).await.unwrap();
        commits += 1;
    }
    assert!(commits < MOST_COMMITS, "the log has grown for {commits} commits");
    let all = usize::try_from(commits * SESSIONS_OF_A_COMMIT).unwrap();
    assert_eq!(store.sessions(None, usize::MAX).await.unwrap().len(), all);
}
