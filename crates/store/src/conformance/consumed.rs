//! Facts: a value that counts once is consumed once, and forgotten when it has expired.

use vestibule_model::Millis;

use super::samples::{HERE, account};
use super::{all, given, refused};
use crate::{Change, Store, StoreError};

fn consume(value: u8, expires: i64) -> Change {
    Change::ConsumeOnce { value: [value; 32], expires: Millis::from_unix(expires) }
}

fn forget(before: i64, limit: usize) -> Change {
    Change::ForgetExpired { before: Millis::from_unix(before), limit }
}

/// Which of these values were consumed before; those that were not are by this.
async fn consumed<const N: usize>(store: &dyn Store, values: [u8; N]) -> [bool; N] {
    let asked = values.map(|value| store.commit(vec![consume(value, i64::MAX)]));
    let outcomes = all(asked).await;
    let mut were = [false; N];
    for (was, outcome) in were.iter_mut().zip(outcomes) {
        assert!(matches!(outcome, Ok(_) | Err(StoreError::AlreadyConsumed)), "{outcome:?}");
        *was = outcome.is_err();
    }
    were
}

pub async fn a_value_is_consumed_once(store: &dyn Store) {
    given(store, [consume(1, 5)]).await;
    assert_eq!(consumed(store, [1, 2, 1, 2]).await, [true, false, true, true]);
}

pub async fn whether_a_value_was_consumed_is_told_without_consuming_it(store: &dyn Store) {
    given(store, [consume(1, 5), consume(2, i64::MIN)]).await;
    for (value, expected) in [(1, true), (2, true), (3, false)] {
        assert_eq!(store.is_consumed([value; 32]).await.unwrap(), expected, "{value}");
    }
    given(store, [consume(3, 5), forget(5, 9)]).await;
    assert!(!store.is_consumed([2; 32]).await.unwrap(), "it is forgotten");
}

pub async fn a_value_that_has_expired_is_refused_until_it_is_forgotten(store: &dyn Store) {
    given(store, [consume(1, i64::MIN)]).await;
    assert_eq!(consumed(store, [1]).await, [true]);
    given(store, [forget(i64::MIN + 1, 9)]).await;
    assert_eq!(consumed(store, [1]).await, [false]);
}

pub async fn of_many_who_consume_a_value_at_once_one_does(store: &dyn Store) {
    let at_once = (0..20).map(|_| store.commit(vec![consume(1, 5)]));
    let asked: Vec<_> = at_once.collect();
    let won = all(asked).await.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
}

pub async fn what_is_committed_with_a_consumed_value_is_not_done(store: &dyn Store) {
    given(store, [consume(1, 5)]).await;
    let error =
        refused(store, [Change::PutAccount(account(HERE).into()), consume(2, 5), consume(1, 5)]).await;
    assert!(matches!(error, StoreError::AlreadyConsumed), "{error:?}");
    assert_eq!(store.directory().await.unwrap().accounts, []);
    assert_eq!(consumed(store, [2]).await, [false], "it was consumed by a commit that was refused");
}

pub async fn values_that_expired_first_are_forgotten_first_and_no_more_than_asked_for(store: &dyn Store) {
    given(store, [consume(1, 5), consume(2, 4), consume(3, 3)]).await;
    given(store, [forget(5, 1)]).await;
    assert_eq!(consumed(store, [1, 2, 3]).await, [true, true, false]);
    given(store, [forget(5, 9)]).await;
    assert_eq!(consumed(store, [1, 2]).await, [true, false]);
}

pub async fn consuming_does_not_move_the_directory(store: &dyn Store) {
    let before = store.directory().await.unwrap().sequence;
    given(store, [consume(1, 5), forget(9, 9)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}
