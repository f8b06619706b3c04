//! Facts: those who follow the directory learn of every change of it, and of nothing else.

use vestibule_model::{ApplicationId, Millis, SessionId};

use super::samples::{
    ELSEWHERE, HERE, account, api_key, application_token, group, id, oauth_client, profile, session, skill,
    user,
};
use super::{given, misfit};
use crate::{ApplicationTouch, Change, Changed, DirectoryChanges, Sequence, Store, Touch};

fn put_account(name: &str) -> Change {
    Change::PutAccount(account(name).into())
}

async fn sequence(store: &dyn Store) -> Sequence {
    store.directory().await.unwrap().sequence
}

async fn changed(store: &dyn Store, after: Sequence) -> Vec<Changed> {
    store.changes(after).await.unwrap().changed
}

fn as_a_whole<const N: usize>(names: [&str; N]) -> [Changed; N] {
    names.map(|name| Changed::account(id(name)))
}

pub async fn a_new_store_has_not_changed(store: &dyn Store) {
    let changes = store.changes(Sequence::default()).await.unwrap();
    assert_eq!(changes, DirectoryChanges::default());
}

pub async fn every_change_of_a_directory_moves_it(store: &dyn Store) {
    let (here, user) = (id(HERE), user(HERE, 1));
    let password = Box::new(user.password.clone().unwrap());
    let hash = password.hash.clone();
    let changes = [
        put_account(HERE),
        Change::PutProfile(here, profile(1)),
        Change::PutGroup(here, group(1)),
        Change::PutSkill(here, skill(1)),
        Change::PutUser(user.clone().into()),
        Change::PutApiKey(here, api_key(1).into()),
        Change::PutOauthClient(here, oauth_client(1).into()),
        Change::PutApplicationToken(here, application_token(1).into()),
        Change::ReplacePasswordHash { user: user.id, old: hash, new: "new".into() },
        Change::SetLock { user: user.id, locked_at: None },
        Change::SetPassword { user: user.id, password, credential_version: user.credential_version + 1 },
    ];
    for change in changes {
        let before = sequence(store).await;
        given(store, [change.clone()]).await;
        assert!(sequence(store).await > before, "unmoved by {change:?}");
        let accounts: Vec<_> = changed(store, before).await.iter().map(|one| one.account).collect();
        assert_eq!(accounts, [here], "{change:?}");
    }
}

pub async fn sessions_do_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    let session = session(1, &user);
    let touch = Touch { session: session.id, last_used: Millis::from_unix(i64::MAX) };
    given(store, [Change::OpenSession(session.into())]).await;
    given(store, [Change::TouchSessions(vec![touch])]).await;
    given(store, [Change::EndSession(SessionId([1; 16])), Change::ExpectSequence(before)]).await;
    assert_eq!(sequence(store).await, before);
    assert_eq!(changed(store, before).await, []);
}

pub async fn the_use_of_an_application_does_not_move_it(store: &dyn Store) {
    let token = Change::PutApplicationToken(id(HERE), application_token(1).into());
    given(store, [put_account(HERE), token]).await;
    let before = sequence(store).await;
    let last_used = Millis::from_unix(i64::MAX);
    let touch = ApplicationTouch { application: ApplicationId(1), last_used, requests: 1 };
    given(store, [Change::TouchApplications(vec![touch])]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_refused_commit_does_not_move_it(store: &dyn Store) {
    given(store, [put_account(HERE)]).await;
    let before = sequence(store).await;
    misfit(store, [Change::PutSkill(id(HERE), skill(1)), Change::PutSkill(id(ELSEWHERE), skill(1))]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_lock_that_changes_nothing_does_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    given(store, [Change::SetLock { user: user.id, locked_at: user.locked_at }]).await;
    given(store, [Change::SetLock { user: vestibule_model::UserId(404), locked_at: None }]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_hash_that_is_not_replaced_does_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    let other = Change::ReplacePasswordHash { user: user.id, old: "other".into(), new: "new".into() };
    given(store, [other]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn changed_accounts_are_named_exactly(store: &dyn Store) {
    given(store, ["a", "b", "c"].map(put_account)).await;
    let first = sequence(store).await;
    assert_eq!(changed(store, Sequence::default()).await, as_a_whole(["a", "b", "c"]));
    given(store, [Change::PutSkill(id("c"), skill(1))]).await;
    let second = store.changes(first).await.unwrap();
    assert_eq!(second.changed, as_a_whole(["c"]));
    given(store, [Change::PutSkill(id("a"), skill(1)), put_account("b")]).await;
    let third = store.changes(second.sequence).await.unwrap();
    assert_eq!(third.changed, as_a_whole(["a", "b"]));
    assert_eq!(changed(store, first).await, as_a_whole(["a", "b", "c"]));
    assert_eq!(changed(store, third.sequence).await, []);
}

pub async fn an_account_changed_twice_is_named_once(store: &dyn Store) {
    given(store, [put_account(HERE), Change::PutSkill(id(HERE), skill(1))]).await;
    given(store, [Change::PutSkill(id(HERE), skill(2))]).await;
    assert_eq!(changed(store, Sequence::default()).await, as_a_whole([HERE]));
}

pub async fn a_changed_user_is_named_and_not_the_account(store: &dyn Store) {
    let (first, second) = (user(HERE, 1), user(HERE, 2));
    given(store, [put_account(HERE)]).await;
    let before = sequence(store).await;
    given(store, [Change::PutUser(second.clone().into()), Change::PutUser(first.clone().into())]).await;
    given(store, [Change::DeleteUser(first.id)]).await;
    let expected = [first.id, second.id].map(|user| Changed::user(id(HERE), user));
    assert_eq!(changed(store, before).await, expected);
}

pub async fn an_account_that_changed_as_a_whole_stands_for_its_users(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    given(store, [Change::PutUser(user.clone().into())]).await;
    given(store, [Change::PutUser(user.into()), Change::PutSkill(id(HERE), skill(1))]).await;
    assert_eq!(changed(store, before).await, as_a_whole([HERE]));
}

pub async fn a_lock_names_the_user(store: &dyn Store) {
    let user = user(ELSEWHERE, 1);
    given(store, [put_account(HERE), put_account(ELSEWHERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    given(store, [Change::SetLock { user: user.id, locked_at: None }]).await;
    assert_eq!(changed(store, before).await, [Changed::user(id(ELSEWHERE), user.id)]);
}

pub async fn a_password_names_the_user(store: &dyn Store) {
    let user = user(ELSEWHERE, 1);
    given(store, [put_account(HERE), put_account(ELSEWHERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    let (credential_version, password) = (user.credential_version + 1, user.password.unwrap().into());
    given(store, [Change::SetPassword { user: user.id, password, credential_version }]).await;
    assert_eq!(changed(store, before).await, [Changed::user(id(ELSEWHERE), user.id)]);
}

pub async fn the_directory_is_read_with_its_sequence(store: &dyn Store) {
    for number in 1..=5 {
        given(store, [put_account(HERE), Change::PutSkill(id(HERE), skill(number))]).await;
        let directory = store.directory().await.unwrap();
        let changes = store.changes(directory.sequence).await.unwrap();
        assert_eq!(changes, DirectoryChanges { changed: Vec::new(), sequence: directory.sequence });
    }
}
