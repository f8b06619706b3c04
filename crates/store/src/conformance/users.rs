//! Facts: the users of an account come in pages, by name, population and state.

use vestibule_model::{Population, User, UserId};

use super::given;
use super::samples::{ELSEWHERE, HERE, account, agent, id, user};
use crate::{Change, Store, UserQuery};

/// Users of both populations, in two accounts, their ids not in the order of their names.
async fn people(store: &dyn Store) {
    let named = |number, login_name: &str, enabled| User {
        login_name: login_name.into(),
        enabled,
        ..user(HERE, number)
    };
    let users = [
        named(1, "zoe", true),
        named(2, "Anna", false),
        named(3, "anna", true),
        agent(HERE, 4, "ANNA"),
        User { enabled: false, ..agent(HERE, 5, "annika") },
        named(6, "a%b_c", true),
        User { id: UserId(2_000_000_000_000), ..user(ELSEWHERE, 7) },
    ];
    given(store, [HERE, ELSEWHERE].map(|name| Change::PutAccount(account(name).into()))).await;
    given(store, users.map(|user| Change::PutUser(user.into()))).await;
}

/// The numbers of the users found, page by page.
async fn numbers(store: &dyn Store, mut query: UserQuery) -> Vec<i32> {
    let mut all = Vec::new();
    loop {
        let page = store.users(query.clone()).await.unwrap();
        query.behind = page.last().map(|user| user.id);
        all.extend(page.iter().map(|user| user.number));
        if page.len() < query.bounded_limit() {
            return all;
        }
    }
}

fn prefix(prefix: &str) -> UserQuery {
    UserQuery { name_prefix: Some(prefix.into()), ..UserQuery::of(id(HERE)) }
}

pub async fn the_users_of_an_account_are_read_in_the_order_of_ids(store: &dyn Store) {
    people(store).await;
    assert_eq!(numbers(store, UserQuery::of(id(HERE))).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(store, UserQuery::of(id("nowhere"))).await, [0; 0]);
}

pub async fn a_user_is_read_whole(store: &dyn Store) {
    people(store).await;
    let page = store.users(UserQuery { limit: 1, ..UserQuery::of(id(ELSEWHERE)) }).await.unwrap();
    assert_eq!(page, store.account(id(ELSEWHERE)).await.unwrap().unwrap().users);
}

pub async fn a_user_is_read_by_id(store: &dyn Store) {
    people(store).await;
    let known = user(HERE, 1).id;
    let of_account = store.account(id(HERE)).await.unwrap().unwrap().users;
    let expected = of_account.into_iter().find(|user| user.id == known);
    assert_eq!(store.user(known).await.unwrap(), expected);
    assert_eq!(store.user(vestibule_model::UserId(7)).await.unwrap(), None);
}

pub async fn the_pages_of_users_are_every_user_once(store: &dyn Store) {
    people(store).await;
    for limit in [0, 1, 2, 3, 6, 7, usize::MAX] {
        let query = UserQuery { limit, ..UserQuery::of(id(HERE)) };
        assert_eq!(numbers(store, query).await, [1, 2, 3, 4, 5, 6]);
    }
}

pub async fn the_users_of_all_accounts_are_read_in_pages(store: &dyn Store) {
    people(store).await;
    let of = async |name| store.account(id(name)).await.unwrap().unwrap().users;
    let mut expected = [of(HERE).await, of(ELSEWHERE).await].concat();
    expected.sort_unstable_by_key(|user| user.id);
    for limit in [1, 2, 6, 7, 8, usize::MAX] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.every_user(after, limit).await.unwrap();
            after = page.last().map(|user| user.id);
            let is_last = page.len() < limit;
            all.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(all, expected, "{limit}");
    }
}

pub async fn users_are_found_by_the_beginning_of_their_name(store: &dyn Store) {
    people(store).await;
    assert_eq!(numbers(store, prefix("ann")).await, [3, 4, 5]);
    assert_eq!(numbers(store, prefix("Ann")).await, [2, 4, 5]);
    assert_eq!(numbers(store, prefix("anna")).await, [3, 4]);
    assert_eq!(numbers(store, prefix("annas")).await, [0; 0]);
    assert_eq!(numbers(store, prefix("")).await, [1, 2, 3, 4, 5, 6]);
}

pub async fn a_sign_in_a_name_stands_for_itself(store: &dyn Store) {
    people(store).await;
    assert_eq!(numbers(store, prefix("a%")).await, [6]);
    assert_eq!(numbers(store, prefix("%")).await, [0; 0]);
    assert_eq!(numbers(store, prefix("a%b_")).await, [6]);
}

pub async fn a_prefix_at_the_end_of_all_characters_finds_no_other(store: &dyn Store) {
    people(store).await;
    let last = User { login_name: "\u{10ffff}\u{10ffff}x".into(), ..user(HERE, 8) };
    given(store, [Change::PutUser(last.into())]).await;
    assert_eq!(numbers(store, prefix("\u{10ffff}")).await, [8]);
    assert_eq!(numbers(store, prefix("\u{d7ff}")).await, [0; 0]);
}

pub async fn users_are_found_by_population_and_state(store: &dyn Store) {
    people(store).await;
    let query = |population, enabled| UserQuery { population, enabled, ..UserQuery::of(id(HERE)) };
    assert_eq!(numbers(store, query(Some(Population::Agent), None)).await, [4, 5]);
    assert_eq!(numbers(store, query(None, Some(false))).await, [2, 5]);
    assert_eq!(numbers(store, query(Some(Population::User), Some(true))).await, [1, 3, 6]);
    let both = UserQuery { population: Some(Population::Agent), enabled: Some(true), ..prefix("an") };
    assert_eq!(numbers(store, both).await, [4]);
}
