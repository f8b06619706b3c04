//! Facts: administrators and their tokens are kept, found, and go with what they are limited to.

use vestibule_model::{
    AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, Millis, User, UserId,
};

use super::samples::{ELSEWHERE, HERE, account, administration_token, digest, id, user};
use super::{given, misfit};
use crate::{Change, Store};

/// An account and a user, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    user
}

fn put(token: AdministrationToken) -> Change {
    Change::PutAdministrationToken(token.into())
}

async fn tokens(store: &dyn Store) -> Vec<AdministrationToken> {
    store.administration_tokens().await.unwrap()
}

async fn administrators(store: &dyn Store) -> Vec<Administrator> {
    store.administrators().await.unwrap()
}

pub async fn every_role_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let (here, nowhere) = (Some(id(HERE)), None);
    for role in [
        AdministratorRole::Owner,
        AdministratorRole::Administrator(id(HERE)),
        AdministratorRole::Auditor(here),
        AdministratorRole::Auditor(nowhere),
    ] {
        let administrator = Administrator { user: user.id, role };
        let token = AdministrationToken { role, ..administration_token(1) };
        given(store, [Change::PutAdministrator(administrator), put(token.clone())]).await;
        assert_eq!((administrators(store).await, tokens(store).await), (vec![administrator], vec![token]));
    }
}

pub async fn administrators_are_in_the_order_of_user_ids(store: &dyn Store) {
    somebody(store).await;
    let administrator =
        |number| Administrator { user: user(HERE, number).id, role: AdministratorRole::Owner };
    given(store, [Change::PutUser(user(HERE, 2).into())]).await;
    given(store, [2, 1].map(administrator).map(Change::PutAdministrator)).await;
    assert_eq!(administrators(store).await, [1, 2].map(administrator));
}

pub async fn a_role_is_taken_away(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::PutAdministrator(Administrator { user: user.id, role: AdministratorRole::Owner })])
        .await;
    given(store, [Change::DeleteAdministrator(user.id), Change::DeleteAdministrator(UserId(404))]).await;
    assert_eq!(administrators(store).await, []);
}

pub async fn nobody_who_does_not_exist_administers(store: &dyn Store) {
    somebody(store).await;
    let nobody = Administrator { user: UserId(404), role: AdministratorRole::Owner };
    misfit(store, [Change::PutAdministrator(nobody)]).await;
}

pub async fn no_role_is_limited_to_an_account_that_does_not_exist(store: &dyn Store) {
    let user = somebody(store).await;
    let role = AdministratorRole::Administrator(id(ELSEWHERE));
    misfit(store, [Change::PutAdministrator(Administrator { user: user.id, role })]).await;
    misfit(store, [put(AdministrationToken { role, ..administration_token(1) })]).await;
}

pub async fn an_administration_token_is_read_back(store: &dyn Store) {
    let bare = AdministrationToken { last_used: None, revoked: None, ..administration_token(2) };
    let expected = [administration_token(1), bare];
    given(store, [expected[1].clone(), expected[0].clone()].map(put)).await;
    assert_eq!(tokens(store).await, expected);
}

pub async fn an_administration_token_is_found_by_its_digest(store: &dyn Store) {
    given(store, [1, 2].map(administration_token).map(put)).await;
    let found = store.administration_token(administration_token(2).secret).await.unwrap();
    assert_eq!(found, Some(administration_token(2)));
    assert_eq!(store.administration_token(digest(404)).await.unwrap(), None);
}

pub async fn a_name_or_digest_of_an_administration_token_is_taken_once(store: &dyn Store) {
    given(store, [put(administration_token(1))]).await;
    let AdministrationToken { name, secret, .. } = administration_token(1);
    misfit(store, [put(AdministrationToken { name, ..administration_token(2) })]).await;
    misfit(store, [put(AdministrationToken { secret, ..administration_token(2) })]).await;
}

pub async fn an_administration_token_that_is_replaced_keeps_its_last_use(store: &dyn Store) {
    given(store, [put(administration_token(1))]).await;
    let revoked = Some(Millis::from_unix(3));
    let replaced = AdministrationToken { revoked, last_used: None, ..administration_token(1) };
    given(store, [put(replaced)]).await;
    assert_eq!(tokens(store).await, [AdministrationToken { revoked, ..administration_token(1) }]);
}

pub async fn the_use_of_an_administration_token_moves_forward_only(store: &dyn Store) {
    let unused = AdministrationToken { last_used: None, ..administration_token(1) };
    given(store, [put(unused)]).await;
    for (used, expected) in [(5, 5), (9, 9), (7, 9)] {
        let last_used = Millis::from_unix(used);
        for token in [AdministrationTokenId(1), AdministrationTokenId(404)] {
            given(store, [Change::TouchAdministrationToken { token, last_used }]).await;
        }
        assert_eq!(tokens(store).await[0].last_used, Some(Millis::from_unix(expected)));
    }
}

pub async fn the_id_of_a_deleted_administration_token_is_never_given_again(store: &dyn Store) {
    given(store, [put(administration_token(1))]).await;
    let delete = Change::DeleteAdministrationToken(AdministrationTokenId(1));
    given(store, [delete.clone(), delete]).await;
    assert_eq!(tokens(store).await, []);
    misfit(store, [put(administration_token(1))]).await;
}

pub async fn administrators_do_not_move_the_directory(store: &dyn Store) {
    let user = somebody(store).await;
    let before = store.directory().await.unwrap().sequence;
    let administrator = Administrator { user: user.id, role: AdministratorRole::Owner };
    given(store, [Change::PutAdministrator(administrator), put(administration_token(1))]).await;
    given(store, [Change::DeleteAdministrator(user.id)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}
