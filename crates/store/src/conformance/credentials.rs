//! Facts: hashes are replaced, passwords set and users locked without touching anything else.

use vestibule_model::{Millis, PasswordCredential, User, UserId};

use super::samples::{HERE, account, id, user};
use super::{given, refused};
use crate::{Change, Store, StoreError};

/// An account and a user, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    user
}

async fn users(store: &dyn Store) -> Vec<User> {
    store.account(id(HERE)).await.unwrap().unwrap().users
}

fn hash(user: &User) -> String {
    user.password.as_ref().map(|password| password.hash.clone()).unwrap_or_default()
}

fn replace(user: UserId, old: &str, new: &str) -> Change {
    Change::ReplacePasswordHash { user, old: old.into(), new: new.into() }
}

pub async fn a_hash_is_replaced_when_it_is_the_old_one(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [replace(user.id, &hash(&user), "$argon2id$stronger")]).await;
    assert_eq!(hash(&users(store).await[0]), "$argon2id$stronger");
}

pub async fn a_hash_that_changed_meanwhile_is_kept(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [replace(user.id, "$argon2id$before", "$argon2id$stronger")]).await;
    assert_eq!(users(store).await, [user]);
}

pub async fn replacing_a_hash_leaves_the_rest_of_the_user(store: &dyn Store) {
    let before = somebody(store).await;
    given(store, [Change::PutUser(user(HERE, 2).into())]).await;
    given(store, [replace(before.id, &hash(&before), "new")]).await;
    let password = before.password.clone();
    let password = password.map(|password| PasswordCredential { hash: "new".into(), ..password });
    assert_eq!(users(store).await, [User { password, ..before }, user(HERE, 2)]);
}

pub async fn replacing_the_hash_of_nobody_is_no_error(store: &dyn Store) {
    let user = somebody(store).await;
    let bot = User { password: None, ..super::samples::user(HERE, 2) };
    given(store, [Change::PutUser(bot.clone().into())]).await;
    given(store, [replace(UserId(404), "", "new"), replace(bot.id, "", "new")]).await;
    assert_eq!(users(store).await, [user, bot]);
}

pub async fn a_lock_is_set_and_lifted(store: &dyn Store) {
    let user = somebody(store).await;
    for locked_at in [None, Some(Millis::EPOCH), Some(Millis::from_unix(i64::MAX)), None] {
        given(store, [Change::SetLock { user: user.id, locked_at }]).await;
        assert_eq!(users(store).await, [User { locked_at, ..user.clone() }]);
    }
}

pub async fn locking_nobody_is_no_error(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::SetLock { user: UserId(404), locked_at: Some(Millis::EPOCH) }]).await;
    assert_eq!(users(store).await, [user]);
}

fn new_password() -> PasswordCredential {
    PasswordCredential {
        hash: "$argon2id$another".into(),
        changed_at: Millis::from_unix(1_790_000_000_789),
        history: vec!["$argon2id$newest".into(), "$argon2id$newer".into()],
    }
}

fn set_password(user: UserId, credential_version: i64) -> Change {
    Change::SetPassword { user, password: new_password().into(), credential_version }
}

pub async fn another_password_is_set_with_the_next_version(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::PutUser(super::samples::user(HERE, 2).into())]).await;
    let credential_version = user.credential_version + 1;
    given(store, [set_password(user.id, credential_version)]).await;
    let password = Some(new_password());
    let after = User { password, credential_version, must_change_password: false, ..user };
    assert_eq!(users(store).await, [after, super::samples::user(HERE, 2)]);
}

pub async fn a_first_password_is_set(store: &dyn Store) {
    let bare = User { password: None, ..user(HERE, 1) };
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(bare.clone().into())]).await;
    given(store, [set_password(bare.id, bare.credential_version + 1)]).await;
    assert_eq!(users(store).await[0].password, Some(new_password()));
}

pub async fn a_password_with_any_other_version_is_stale(store: &dyn Store) {
    let user = somebody(store).await;
    for by in [-1, 0, 2] {
        let error = refused(store, [set_password(user.id, user.credential_version + by)]).await;
        assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
    }
    assert_eq!(users(store).await, [user]);
}

pub async fn a_password_of_nobody_is_stale(store: &dyn Store) {
    let user = somebody(store).await;
    let error = refused(store, [set_password(UserId(404), user.credential_version + 1)]).await;
    assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
}

pub async fn of_two_who_set_a_password_one_wins(store: &dyn Store) {
    let user = somebody(store).await;
    let set = || store.commit(vec![set_password(user.id, user.credential_version + 1)]);
    let results = super::all([set(), set(), set()]).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}
