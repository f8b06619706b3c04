//! Facts: all or none, in order, and each commit for itself.

use vestibule_model::{Session, SessionId, User};

use super::samples::{ELSEWHERE, HERE, account, id, session, skill, user};
use super::{all, every_session, given, misfit, refused};
use crate::{AuditQuery, Change, DirectoryScope, Part, Sequence, Store, StoreError};

fn put_account(name: &str) -> Change {
    Change::PutAccount(account(name).into())
}

fn put_skill(number: i64) -> Change {
    Change::PutSkill(id(HERE), skill(number))
}

fn open(session: Session) -> Change {
    Change::OpenSession(session.into())
}

/// An account and a user, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    user
}

async fn skills(store: &dyn Store) -> Vec<i64> {
    let rows = store.account(id(HERE)).await.unwrap();
    rows.map(|rows| rows.skills.iter().map(|skill| skill.id).collect()).unwrap_or_default()
}

pub async fn a_commit_of_nothing_is_no_error(store: &dyn Store) {
    given(store, []).await;
}

pub async fn a_probe_changes_nothing_that_is_read(store: &dyn Store) {
    somebody(store).await;
    let before = store.directory().await.unwrap();
    given(store, [Change::Probe]).await;
    given(store, [Change::Probe, Change::Probe]).await;
    assert_eq!(store.directory().await.unwrap(), before);
    assert_eq!(every_session(store).await, []);
    assert_eq!(store.audit(AuditQuery::default()).await.unwrap().entries, []);
}

pub async fn a_refused_directory_change_takes_the_whole_commit_with_it(store: &dyn Store) {
    let user = somebody(store).await;
    let open = open(session(1, &user));
    let before = store.directory().await.unwrap();
    misfit(store, [put_skill(1), open, Change::PutSkill(id(ELSEWHERE), skill(1))]).await;
    assert_eq!(store.directory().await.unwrap(), before);
    assert_eq!(every_session(store).await, []);
}

pub async fn a_refused_session_takes_the_whole_commit_with_it(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let before = store.directory().await.unwrap();
    let stale = Session { credential_version: 0, ..session(2, &user) };
    let error = refused(store, [Change::EndSession(SessionId([1; 16])), put_skill(1), open(stale)]).await;
    assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
    assert_eq!(store.directory().await.unwrap(), before);
    assert_eq!(every_session(store).await, [session(1, &user)]);
}

pub async fn changes_apply_in_their_order(store: &dyn Store) {
    let user = somebody(store).await;
    let id = SessionId([1; 16]);
    given(store, [open(session(1, &user)), Change::EndSession(id)]).await;
    assert_eq!(every_session(store).await, []);
    given(store, [Change::EndSession(id), open(session(1, &user))]).await;
    assert_eq!(every_session(store).await, [session(1, &user)]);
}

pub async fn a_later_change_sees_an_earlier_one(store: &dyn Store) {
    let user = user(HERE, 1);
    let put = Change::PutUser(user.clone().into());
    given(store, [put_account(HERE), put, open(session(1, &user))]).await;
    let disabled = Change::PutUser(User { enabled: false, ..user.clone() }.into());
    let error = refused(store, [disabled, open(session(2, &user))]).await;
    assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
}

pub async fn a_commit_begins_when_it_is_asked_for(store: &dyn Store) {
    drop(store.commit(vec![put_account(HERE)]));
    given(store, [put_skill(1)]).await;
    assert_eq!(skills(store).await, [1]);
}

pub async fn commits_take_effect_in_the_order_of_asking(store: &dyn Store) {
    let user = somebody(store).await;
    let commits = (0..100).map(|round| {
        let id = SessionId([1; 16]);
        store.commit(vec![if round % 2 == 0 { open(session(1, &user)) } else { Change::EndSession(id) }])
    });
    let asked: Vec<_> = commits.collect();
    let results = all(asked.into_iter().rev()).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(every_session(store).await, []);
}

pub async fn a_refused_commit_leaves_those_beside_it_alone(store: &dyn Store) {
    let user = somebody(store).await;
    let stale = Session { credential_version: 0, ..session(9, &user) };
    let commits = [
        vec![put_skill(1)],
        vec![put_skill(2), Change::PutSkill(id(ELSEWHERE), skill(2))],
        vec![put_skill(3), put_skill(4)],
        vec![open(stale)],
        vec![open(session(1, &user))],
        vec![open(session(1, &user))],
        vec![put_skill(5), expect(Sequence(-1))],
        vec![put_skill(6)],
    ];
    let asked: Vec<_> = commits.into_iter().map(|changes| store.commit(changes)).collect();
    let results: Vec<bool> = all(asked).await.iter().map(Result::is_ok).collect();
    assert_eq!(results, [true, false, true, false, true, false, false, true]);
    assert_eq!(skills(store).await, [1, 3, 4, 6]);
    assert_eq!(every_session(store).await, [session(1, &user)]);
}

fn expect(since: Sequence) -> Change {
    Change::ExpectUnchanged { since, scopes: vec![DirectoryScope::part(id(HERE), Part::Account)] }
}
