//! Facts: answers to creations are remembered with what was created, each key once, and forgotten when they are old.

use vestibule_model::{Millis, RememberedAnswer};

use super::samples::{HERE, account, digest};
use super::{given, misfit};
use crate::{Change, Store};

/// An answer of the time `at` under the key of a number.
fn answer(key: i64, at: i64) -> RememberedAnswer {
    let sealed = vec![7, 0, 255];
    RememberedAnswer { key: digest(key), request: digest(1_000 + at), at: Millis::from_unix(at), sealed }
}

fn remember(answer: &RememberedAnswer, replaces_before: i64) -> Change {
    let replaces_before = Millis::from_unix(replaces_before);
    Change::RememberAnswer { answer: answer.clone().into(), replaces_before }
}

fn forget(before: i64, limit: usize) -> Change {
    Change::ForgetAnswers { before: Millis::from_unix(before), limit }
}

async fn found(store: &dyn Store, key: i64) -> Option<RememberedAnswer> {
    store.answer(digest(key)).await.unwrap()
}

pub async fn an_answer_is_read_back(store: &dyn Store) {
    given(store, [remember(&answer(1, 5), 0)]).await;
    assert_eq!(found(store, 1).await, Some(answer(1, 5)));
    assert_eq!(found(store, 2).await, None);
}

pub async fn a_key_is_taken_once_and_takes_what_was_created_with_it(store: &dyn Store) {
    given(store, [remember(&answer(1, 5), 0)]).await;
    misfit(store, [Change::PutAccount(account(HERE).into()), remember(&answer(1, 6), 5)]).await;
    assert_eq!(found(store, 1).await, Some(answer(1, 5)));
    assert_eq!(store.directory().await.unwrap().accounts, []);
}

pub async fn a_refused_commit_remembers_and_forgets_nothing(store: &dyn Store) {
    given(store, [remember(&answer(1, 5), 0)]).await;
    let twice = remember(&answer(2, 5), 0);
    misfit(store, [forget(9, 9), twice.clone(), twice]).await;
    assert_eq!((found(store, 1).await, found(store, 2).await), (Some(answer(1, 5)), None));
}

pub async fn an_answer_that_is_too_old_is_replaced(store: &dyn Store) {
    given(store, [remember(&answer(1, 5), 0)]).await;
    given(store, [remember(&answer(1, 9), 6)]).await;
    assert_eq!(found(store, 1).await, Some(answer(1, 9)));
}

pub async fn the_oldest_answers_are_forgotten_and_no_more_than_asked_for(store: &dyn Store) {
    given(store, [(1, 5), (2, 4), (3, 3)].map(|(key, at)| remember(&answer(key, at), 0))).await;
    assert_eq!(store.oldest_answer().await.unwrap(), Some(Millis::from_unix(3)));
    given(store, [forget(5, 1)]).await;
    assert_eq!(store.oldest_answer().await.unwrap(), Some(Millis::from_unix(4)));
    given(store, [forget(5, 9)]).await;
    assert_eq!((found(store, 1).await, found(store, 2).await), (Some(answer(1, 5)), None));
    given(store, [forget(6, 9)]).await;
    assert_eq!(store.oldest_answer().await.unwrap(), None);
}

pub async fn answers_do_not_move_the_directory(store: &dyn Store) {
    let before = store.directory().await.unwrap().sequence;
    given(store, [remember(&answer(1, 5), 0), forget(9, 9)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}
