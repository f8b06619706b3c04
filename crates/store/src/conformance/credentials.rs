//! Facts: hashes are replaced and users locked without touching anything else.

use vestibule_model::{Millis, PasswordCredential, User, UserId};

use super::given;
use super::samples::{HERE, account, id, user};
use crate::{Change, Store};

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
