//! Facts: a login notes when its user, and the key or client that it came with, was last used; in its own commit.

use vestibule_model::{Application, ApplicationId, Millis, Session, User, UserId};

use super::samples::{ELSEWHERE, HERE, account, api_key, id, oauth_client, session, skill, user};
use super::{given, misfit, refused};
use crate::{Change, Store};

const KEY: Application = Application::ApiKey(ApplicationId(1));
const CLIENT: Application = Application::OauthClient(ApplicationId(1));

/// An account with two users, an API key and an OAuth client, which have the same id.
async fn somebody(store: &dyn Store) -> User {
    let users = [user(HERE, 1), user(HERE, 2)];
    let [first, second] = users.clone().map(|user| Change::PutUser(user.into()));
    let key = Change::PutApiKey(id(HERE), api_key(1).into());
    let client = Change::PutOauthClient(id(HERE), oauth_client(1).into());
    given(store, [Change::PutAccount(account(HERE).into()), first, second, key, client]).await;
    users[0].clone()
}

fn open(byte: u8, user: &User, application: Application, created: i64) -> Change {
    let created = Millis::from_unix(created);
    Change::OpenSession(Session { application, created, ..session(byte, user) }.into())
}

async fn logins(store: &dyn Store) -> Vec<(UserId, i64)> {
    let users = [2, 1, 2, 404].map(|number| user(HERE, number).id).to_vec();
    let last = store.last_logins(id(HERE), users).await.unwrap();
    last.into_iter().map(|(user, at)| (user, at.as_unix())).collect()
}

async fn uses(store: &dyn Store) -> Vec<(Application, i64)> {
    let last = store.last_uses(id(HERE)).await.unwrap();
    last.into_iter().map(|(application, at)| (application, at.as_unix())).collect()
}

pub async fn who_never_logged_in_has_no_last_login(store: &dyn Store) {
    somebody(store).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![], vec![]));
}

pub async fn a_login_is_noted_with_its_key_or_client(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, Application::None, 5)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![(user.id, 5)], vec![]));
    given(store, [open(2, &user, CLIENT, 6)]).await;
    given(store, [open(3, &user, KEY, 7)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![(user.id, 7)], vec![(KEY, 7), (CLIENT, 6)]));
}

pub async fn a_login_with_a_token_is_one_of_the_user_alone(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, Application::Token(ApplicationId(1)), 5)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![(user.id, 5)], vec![]));
}

pub async fn an_earlier_login_moves_nothing_back(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, KEY, 5), open(2, &user, KEY, 3)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![(user.id, 5)], vec![(KEY, 5)]));
}

pub async fn a_refused_commit_notes_no_login(store: &dyn Store) {
    let user = somebody(store).await;
    misfit(store, [open(1, &user, KEY, 5), Change::PutSkill(id(ELSEWHERE), skill(1))]).await;
    let stale = User { credential_version: user.credential_version + 1, ..user.clone() };
    refused(store, [open(1, &stale, KEY, 5)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![], vec![]));
}

pub async fn what_is_replaced_keeps_its_last_use(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, KEY, 5), open(2, &user, CLIENT, 5)]).await;
    let renamed = User { full_name: "Other".into(), ..user.clone() };
    let key = Change::PutApiKey(id(HERE), api_key(1).into());
    given(store, [Change::PutUser(renamed.into()), key]).await;
    given(store, [Change::PutOauthClient(id(HERE), oauth_client(1).into())]).await;
    assert_eq!((logins(store).await, uses(store).await.len()), (vec![(user.id, 5)], 2));
}

pub async fn the_end_of_a_session_leaves_the_last_login(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, KEY, 5)]).await;
    given(store, [Change::EndSession(session(1, &user).id)]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![(user.id, 5)], vec![(KEY, 5)]));
}

pub async fn last_uses_are_those_of_their_account(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::PutAccount(account(ELSEWHERE).into()), open(1, &user, KEY, 5)]).await;
    assert_eq!(store.last_logins(id(ELSEWHERE), vec![user.id]).await.unwrap(), []);
    assert_eq!(store.last_uses(id(ELSEWHERE)).await.unwrap(), []);
}

pub async fn what_was_deleted_has_no_last_use(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(1, &user, KEY, 5), open(2, &user, CLIENT, 5)]).await;
    given(store, [Change::DeleteUser(user.id), Change::DeleteApiKey(id(HERE), ApplicationId(1))]).await;
    assert_eq!((logins(store).await, uses(store).await), (vec![], vec![(CLIENT, 5)]));
}
