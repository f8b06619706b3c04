//! Facts: when application tokens were last used, and how often, is counted beside the directory.

use vestibule_model::{ApplicationId, ApplicationToken, Millis};

use super::samples::{ELSEWHERE, HERE, account, application_token, digest, id};
use super::{given, misfit};
use crate::{ApplicationTouch, Change, Store};

fn put(token: ApplicationToken) -> Change {
    Change::PutApplicationToken(id(HERE), token.into())
}

/// An account and a token that has never been used, which is given back.
async fn something(store: &dyn Store) -> ApplicationToken {
    let token = ApplicationToken { last_used: None, requests: 0, ..application_token(1) };
    given(store, [Change::PutAccount(account(HERE).into()), put(token.clone())]).await;
    token
}

async fn tokens(store: &dyn Store) -> Vec<ApplicationToken> {
    let tokens = store.application_tokens(id(HERE)).await.unwrap();
    assert_eq!(tokens, store.account(id(HERE)).await.unwrap().unwrap().application_tokens);
    tokens
}

fn touch(application: i64, last_used: i64, requests: u64) -> ApplicationTouch {
    let last_used = Millis::from_unix(last_used);
    ApplicationTouch { application: ApplicationId(application), last_used, requests }
}

/// Commits each list by itself; gives what the token then has.
async fn touched(store: &dyn Store, lists: &[&[ApplicationTouch]]) -> (Option<i64>, u64) {
    for touches in lists {
        given(store, [Change::TouchApplications(touches.to_vec())]).await;
    }
    let token = tokens(store).await.remove(0);
    (token.last_used.map(Millis::as_unix), token.requests)
}

pub async fn a_first_use_is_noted(store: &dyn Store) {
    something(store).await;
    assert_eq!(touched(store, &[&[touch(1, 5, 1)]]).await, (Some(5), 1));
}

pub async fn a_later_use_moves_forward_and_an_earlier_one_does_not(store: &dyn Store) {
    something(store).await;
    assert_eq!(touched(store, &[&[touch(1, 5, 0)], &[touch(1, 7, 0)], &[touch(1, 6, 0)]]).await.0, Some(7));
}

pub async fn requests_are_added_up(store: &dyn Store) {
    something(store).await;
    assert_eq!(touched(store, &[&[touch(1, 5, 3), touch(1, 4, 20)], &[touch(1, 6, 100)]]).await.1, 123);
}

pub async fn requests_are_counted_to_the_end(store: &dyn Store) {
    let most = i64::MAX.unsigned_abs();
    something(store).await;
    assert_eq!(touched(store, &[&[touch(1, 5, most - 1)]]).await.1, most - 1);
    assert_eq!(touched(store, &[&[touch(1, 5, 7)], &[touch(1, 5, u64::MAX)]]).await.1, most);
}

pub async fn a_use_leaves_the_rest_of_the_token(store: &dyn Store) {
    let token = something(store).await;
    given(store, [put(application_token(2))]).await;
    touched(store, &[&[touch(1, 5, 1)]]).await;
    let used = ApplicationToken { last_used: Some(Millis::from_unix(5)), requests: 1, ..token };
    assert_eq!(tokens(store).await, [used, application_token(2)]);
}

pub async fn the_use_of_a_token_that_is_not_there_is_no_error(store: &dyn Store) {
    something(store).await;
    let used = touched(store, &[&[touch(404, 9, 9), touch(1, 5, 1)], &[touch(404, 9, 9)], &[]]).await;
    assert_eq!(used, (Some(5), 1));
}

pub async fn a_refused_commit_counts_nothing(store: &dyn Store) {
    let token = something(store).await;
    let twin = ApplicationToken { name: token.name.clone(), ..application_token(2) };
    misfit(store, [Change::TouchApplications(vec![touch(1, 5, 1)]), put(twin)]).await;
    assert_eq!(tokens(store).await, [token]);
}

pub async fn a_token_that_is_replaced_keeps_its_uses(store: &dyn Store) {
    something(store).await;
    touched(store, &[&[touch(1, 5, 3)]]).await;
    let other = ApplicationToken {
        name: "Other".into(),
        token: digest(404),
        enabled: false,
        last_used: Some(Millis::from_unix(9_000)),
        requests: 9,
        ..application_token(1)
    };
    given(store, [put(other.clone())]).await;
    let kept = ApplicationToken { last_used: Some(Millis::from_unix(5)), requests: 3, ..other };
    assert_eq!(tokens(store).await, [kept]);
}

pub async fn tokens_are_those_of_their_account(store: &dyn Store) {
    something(store).await;
    given(store, [Change::PutAccount(account(ELSEWHERE).into())]).await;
    given(store, [Change::PutApplicationToken(id(ELSEWHERE), application_token(2).into())]).await;
    assert_eq!(store.application_tokens(id(ELSEWHERE)).await.unwrap(), [application_token(2)]);
    assert_eq!(store.application_tokens("nowhere".parse().unwrap()).await.unwrap(), []);
}
