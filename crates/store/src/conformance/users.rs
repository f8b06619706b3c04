//! Facts: users are read by id, and those of all accounts in pages.

use vestibule_model::{User, UserId};

use super::given;
use super::samples::{ELSEWHERE, HERE, account, agent, id, user};
use crate::{Change, Store};

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

pub async fn a_user_is_read_by_id(store: &dyn Store) {
    people(store).await;
    let known = user(HERE, 1).id;
    let of_account = store.account(id(HERE)).await.unwrap().unwrap().users;
    let expected = of_account.into_iter().find(|user| user.id == known);
    assert_eq!(store.user(known).await.unwrap(), expected);
    assert_eq!(store.user(vestibule_model::UserId(7)).await.unwrap(), None);
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
