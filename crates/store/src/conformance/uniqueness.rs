//! Facts: what must be unique is, and nothing belongs to what is not there.

use vestibule_model::{Account, ApiKey, ApplicationToken, OauthClient, Superseded, User};

use super::samples::{
    ELSEWHERE, HERE, account, agent, api_key, application_token, group, id, oauth_client, profile, skill,
    user,
};
use super::{all, given, misfit};
use crate::{Change, Store, StoreError};

fn put(account: Account) -> Change {
    Change::PutAccount(account.into())
}

fn put_user(user: User) -> Change {
    Change::PutUser(user.into())
}

fn put_key(account: &str, key: ApiKey) -> Change {
    Change::PutApiKey(id(account), key.into())
}

fn put_client(account: &str, client: OauthClient) -> Change {
    Change::PutOauthClient(id(account), client.into())
}

fn put_token(account: &str, token: ApplicationToken) -> Change {
    Change::PutApplicationToken(id(account), token.into())
}

/// Both accounts, empty.
async fn two_accounts(store: &dyn Store) {
    given(store, [put(account(HERE)), put(account(ELSEWHERE))]).await;
}

pub async fn an_account_code_is_taken_once(store: &dyn Store) {
    given(store, [put(account(HERE))]).await;
    misfit(store, [put(Account { code: account(HERE).code, ..account(ELSEWHERE) })]).await;
}

pub async fn an_account_number_is_taken_once(store: &dyn Store) {
    given(store, [put(account(HERE))]).await;
    misfit(store, [put(Account { number: account(HERE).number, ..account(ELSEWHERE) })]).await;
}

pub async fn a_login_name_is_taken_once_within_account_and_population(store: &dyn Store) {
    two_accounts(store).await;
    let first = user(HERE, 1);
    given(store, [put_user(first.clone())]).await;
    misfit(store, [put_user(User { login_name: first.login_name, ..user(HERE, 2) })]).await;
}

pub async fn a_login_name_is_free_in_the_other_population_and_in_other_accounts(store: &dyn Store) {
    two_accounts(store).await;
    let first = user(HERE, 1);
    let name = first.login_name.as_str();
    let second = agent(HERE, 2, name);
    let third = User { login_name: name.into(), ..user(ELSEWHERE, 3) };
    given(store, [first.clone(), second, third].map(put_user)).await;
}

pub async fn names_of_agents_differ_by_more_than_case(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_user(agent(HERE, 1, "Ägidius.O'Brien"))]).await;
    misfit(store, [put_user(agent(HERE, 2, "äGIDIUS.o'bRIEN"))]).await;
}

pub async fn names_of_users_may_differ_by_case(store: &dyn Store) {
    two_accounts(store).await;
    let named = |number, name: &str| User { login_name: name.into(), ..user(HERE, number) };
    given(store, [named(1, "anna"), named(2, "Anna")].map(put_user)).await;
}

pub async fn names_that_unicode_composes_differently_are_one(store: &dyn Store) {
    two_accounts(store).await;
    let named = |number, name: &str| User { login_name: name.into(), ..user(HERE, number) };
    given(store, [put_user(named(1, "Zo\u{eb}")), put_user(agent(HERE, 2, "\u{c5}sa"))]).await;
    misfit(store, [put_user(named(3, "Zoe\u{308}"))]).await;
    misfit(store, [put_user(agent(HERE, 4, "a\u{30a}SA"))]).await;
}

pub async fn a_user_number_is_taken_once_within_the_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_user(user(HERE, 1))]).await;
    misfit(store, [put_user(User { number: 1, ..user(HERE, 2) })]).await;
    given(store, [put_user(User { number: 1, ..user(ELSEWHERE, 3) })]).await;
}

pub async fn an_app_key_is_taken_once_within_the_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_key(HERE, api_key(1))]).await;
    let same = |id| ApiKey { app_key: api_key(1).app_key, ..api_key(id) };
    misfit(store, [put_key(HERE, same(2))]).await;
    given(store, [put_key(ELSEWHERE, same(3))]).await;
}

pub async fn a_client_id_is_taken_once_within_the_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_client(HERE, oauth_client(1))]).await;
    let same = |id| OauthClient { client_id: oauth_client(1).client_id, ..oauth_client(id) };
    misfit(store, [put_client(HERE, same(2))]).await;
    given(store, [put_client(ELSEWHERE, same(3))]).await;
}

pub async fn a_tokens_name_is_taken_once_within_the_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_token(HERE, application_token(1))]).await;
    let same = |id| ApplicationToken { name: application_token(1).name, ..application_token(id) };
    misfit(store, [put_token(HERE, same(2))]).await;
    given(store, [put_token(ELSEWHERE, same(3))]).await;
}

pub async fn a_token_is_taken_once_in_the_installation(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_token(HERE, application_token(1))]).await;
    let same = |id| ApplicationToken { token: application_token(1).token, ..application_token(id) };
    misfit(store, [put_token(HERE, same(2))]).await;
    misfit(store, [put_token(ELSEWHERE, same(3))]).await;
}

/// The token before a present one is a token as well.
pub async fn a_superseded_token_is_taken_once_in_the_installation(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_token(HERE, application_token(1))]).await;
    let superseded = application_token(1).superseded;
    let values = superseded.map(|superseded| superseded.values).unwrap();
    misfit(store, [put_token(ELSEWHERE, ApplicationToken { token: values, ..application_token(2) })]).await;
    misfit(store, [put_token(HERE, ApplicationToken { superseded, ..application_token(3) })]).await;
    let until = superseded.map(|superseded| superseded.until).unwrap();
    let present = Some(Superseded { values: application_token(1).token, until });
    misfit(store, [put_token(HERE, ApplicationToken { superseded: present, ..application_token(4) })]).await;
    given(store, [put_token(HERE, ApplicationToken { superseded: None, ..application_token(1) })]).await;
    given(store, [put_token(ELSEWHERE, ApplicationToken { token: values, ..application_token(2) })]).await;
}

/// How many an account may have is a rule, and rules are not the store's.
pub async fn an_account_has_any_number_of_tokens(store: &dyn Store) {
    two_accounts(store).await;
    given(store, (1..=9).map(|id| put_token(HERE, application_token(id)))).await;
}

pub async fn a_value_given_up_is_free_again(store: &dyn Store) {
    two_accounts(store).await;
    let (first, second) = (user(HERE, 1), user(HERE, 2));
    given(store, [put_user(first.clone())]).await;
    let renamed = User { login_name: "renamed".into(), number: 9, ..first.clone() };
    let heir = User { login_name: first.login_name, number: first.number, ..second };
    given(store, [renamed, heir].map(put_user)).await;
}

pub async fn nothing_belongs_to_an_account_that_does_not_exist(store: &dyn Store) {
    given(store, [put(account(ELSEWHERE))]).await;
    misfit(store, [Change::PutProfile(id(HERE), profile(1))]).await;
    misfit(store, [Change::PutGroup(id(HERE), group(1))]).await;
    misfit(store, [Change::PutSkill(id(HERE), skill(1))]).await;
    misfit(store, [put_user(user(HERE, 1))]).await;
    misfit(store, [put_key(HERE, api_key(1))]).await;
    misfit(store, [put_client(HERE, oauth_client(1))]).await;
    misfit(store, [put_token(HERE, application_token(1))]).await;
}

pub async fn a_user_is_not_taken_over_by_another_account(store: &dyn Store) {
    two_accounts(store).await;
    let owned = user(HERE, 1);
    given(store, [put_user(owned.clone())]).await;
    misfit(store, [put_user(User { account: id(ELSEWHERE), ..owned.clone() })]).await;
    assert_eq!(store.account(id(HERE)).await.unwrap().unwrap().users, [owned]);
}

pub async fn an_application_is_not_taken_over_by_another_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_key(HERE, api_key(1)), put_client(HERE, oauth_client(1))]).await;
    misfit(store, [put_key(ELSEWHERE, api_key(1))]).await;
    misfit(store, [put_client(ELSEWHERE, oauth_client(1))]).await;
}

pub async fn a_token_is_not_taken_over_by_another_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_token(HERE, application_token(1))]).await;
    misfit(store, [put_token(ELSEWHERE, application_token(1))]).await;
    let other = ApplicationToken { id: application_token(1).id, ..application_token(2) };
    misfit(store, [put_token(ELSEWHERE, other)]).await;
    let tokens = store.account(id(HERE)).await.unwrap().unwrap().application_tokens;
    assert_eq!(tokens, [application_token(1)]);
}

pub async fn of_concurrent_commits_of_one_value_exactly_one_wins(store: &dyn Store) {
    two_accounts(store).await;
    let named = |number| put_user(agent(HERE, number, "wanted"));
    let results = all((1..=20).map(|number| store.commit(vec![named(number)]))).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results.iter().filter(|result| matches!(result, Err(StoreError::Constraint(_)))).count();
    assert_eq!((won, lost), (1, 19), "{results:?}");
    assert_eq!(store.account(id(HERE)).await.unwrap().unwrap().users.len(), 1);
}
