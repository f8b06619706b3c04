//! Facts: a user's second factor is changed by whoever knows what it is, by one at a time, and touches nothing else.

use vestibule_model::{Generation, Millis, SecondFactor, User, UserId, seal_prefix};

use super::samples::{HERE, account, id, later, second_factor, user};
use super::{given, refused};
use crate::{Change, SealHolder, Store, StoreError};

/// An account and a user who has none, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = User { second_factor: None, ..user(HERE, 1) };
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    user
}

async fn users(store: &dyn Store) -> Vec<User> {
    store.account(id(HERE)).await.unwrap().unwrap().users
}

fn set(user: UserId, before: Option<&SecondFactor>, after: Option<&SecondFactor>) -> Change {
    let own = |factor: Option<&SecondFactor>| factor.cloned().map(Box::new);
    Change::SetSecondFactor { user, before: own(before), after: own(after) }
}

pub async fn a_second_factor_is_set_changed_and_taken(store: &dyn Store) {
    let user = somebody(store).await;
    let (full, fewer, spent) = (second_factor(10), second_factor(9), second_factor(0));
    let steps = [
        (None, Some(&full)),
        (Some(&full), Some(&fewer)),
        (Some(&fewer), Some(&spent)),
        (Some(&spent), None),
    ];
    for (before, after) in steps {
        given(store, [set(user.id, before, after)]).await;
        let second_factor = after.cloned().map(Box::new);
        assert_eq!(users(store).await, [User { second_factor, ..user.clone() }]);
    }
}

pub async fn whoever_takes_a_second_factor_for_another_than_it_is_is_stale(store: &dyn Store) {
    let user = somebody(store).await;
    let (mine, other) = (second_factor(3), second_factor(2));
    let moved = SecondFactor { since: Millis::EPOCH, ..mine.clone() };
    let resealed = SecondFactor { sealed: vec![0xfe; 9], ..mine.clone() };
    let stale = async |change| {
        let error = refused(store, [change]).await;
        assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
    };
    stale(set(user.id, Some(&mine), None)).await;
    stale(set(UserId(404), None, Some(&mine))).await;
    given(store, [set(user.id, None, Some(&mine))]).await;
    for before in [None, Some(&other), Some(&moved), Some(&resealed)] {
        stale(set(user.id, before, Some(&other))).await;
    }
    assert_eq!(users(store).await[0].second_factor.as_deref(), Some(&mine));
}

pub async fn s13_of_many_who_use_one_recovery_code_one_does(store: &dyn Store) {
    let user = somebody(store).await;
    let (full, fewer) = (second_factor(2), second_factor(1));
    given(store, [set(user.id, None, Some(&full))]).await;
    let use_one = || store.commit(vec![set(user.id, Some(&full), Some(&fewer))]);
    let results = super::all([use_one(), use_one(), use_one()]).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}

pub async fn a_second_factor_is_followed_as_a_change_of_its_user(store: &dyn Store) {
    let user = somebody(store).await;
    let since = store.directory().await.unwrap().sequence;
    given(store, [set(user.id, None, Some(&second_factor(1)))]).await;
    assert!(store.directory().await.unwrap().sequence > since);
}

pub async fn a_second_factor_keeps_its_generation_from_retiring(store: &dyn Store) {
    let user = somebody(store).await;
    let sealed = |generation| [seal_prefix(generation), vec![7; 40]].concat();
    let under = |generation| SecondFactor { sealed: sealed(generation), ..second_factor(1) };
    let first = Generation::FIRST;
    let activate = Change::ActivateMasterKey { generation: later(), check_value: [2; 32], at: Millis::EPOCH };
    given(store, [set(user.id, None, Some(&under(first))), activate]).await;
    let remain = async || store.remains(first, Millis::EPOCH).await.unwrap().sealed_secrets;
    assert_eq!(remain().await, 1);
    let reseal = |account: &str| Change::Reseal {
        holder: SealHolder::User(id(account), user.id),
        old: sealed(first),
        new: sealed(later()),
    };
    given(store, [reseal("nowhere")]).await;
    assert_eq!(remain().await, 1);
    given(store, [reseal(HERE)]).await;
    assert_eq!(remain().await, 0);
    assert_eq!(users(store).await[0].second_factor.as_deref(), Some(&under(later())));
    given(store, [Change::RetireMasterKey { generation: first, at: Millis::EPOCH }]).await;
}
