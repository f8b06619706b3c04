//! Facts: sessions are opened for those who still may, read back, moved forward, ended.

use vestibule_model::{
    Application, ApplicationId, AuthenticationMethod, Dialect, Generation, Millis, Session, SessionId, User,
    UserId,
};

use super::samples::{ELSEWHERE, HERE, account, id, session, user};
use super::{given, misfit, refused};
use crate::{Change, Store, StoreError, Touch};

fn open(session: Session) -> Change {
    Change::OpenSession(session.into())
}

/// An account and a user, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    user
}

async fn every_session(store: &dyn Store) -> Vec<Session> {
    store.sessions(None, 1_000).await.unwrap()
}

async fn stale(store: &dyn Store, session: Session) {
    let error = refused(store, [open(session)]).await;
    assert!(matches!(error, StoreError::StaleCredentials), "refused for another reason: {error:?}");
    assert_eq!(every_session(store).await, []);
}

pub async fn a_session_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let bare = Session { address: None, absolute_end: None, ..session(2, &user) };
    let sessions = [session(1, &user), bare];
    given(store, sessions.clone().map(open)).await;
    assert_eq!(every_session(store).await, sessions);
}

pub async fn one_session_is_read_by_its_id(store: &dyn Store) {
    let user = somebody(store).await;
    let sessions = [session(1, &user), session(2, &user)];
    given(store, sessions.clone().map(open)).await;
    assert_eq!(store.session(sessions[1].id).await.unwrap(), Some(sessions[1].clone()));
    assert_eq!(store.session(SessionId([3; 16])).await.unwrap(), None);
}

pub async fn every_opening_and_application_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let ways = [
        (AuthenticationMethod::Password, Application::None),
        (AuthenticationMethod::ApiKey, Application::ApiKey(ApplicationId(i64::MAX))),
        (AuthenticationMethod::OauthClient, Application::OauthClient(ApplicationId(0))),
        (AuthenticationMethod::Password, Application::Token(ApplicationId(i64::MIN))),
    ];
    let sessions: Vec<Session> = (1..)
        .zip(ways)
        .map(|(byte, (method, application))| Session { method, application, ..session(byte, &user) })
        .collect();
    given(store, sessions.iter().cloned().map(open)).await;
    assert_eq!(every_session(store).await, sessions);
}

pub async fn every_dialect_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let livevox = Session { dialect: Dialect::LiveVox, ..session(2, &user) };
    given(store, [session(1, &user), livevox.clone()].map(open)).await;
    assert_eq!(every_session(store).await, [session(1, &user), livevox]);
}

pub async fn every_form_of_address_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let forms = ["0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::17", "::ffff:192.0.2.1"];
    let sessions: Vec<Session> = (1..)
        .zip(forms)
        .map(|(byte, form)| Session { address: Some(form.parse().unwrap()), ..session(byte, &user) })
        .collect();
    given(store, sessions.iter().cloned().map(open)).await;
    assert_eq!(every_session(store).await, sessions);
}

pub async fn a_session_of_an_unknown_user_is_refused(store: &dyn Store) {
    let user = somebody(store).await;
    stale(store, Session { user: UserId(404), ..session(1, &user) }).await;
}

pub async fn a_session_of_a_disabled_user_is_refused(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::PutUser(User { enabled: false, ..user.clone() }.into())]).await;
    stale(store, session(1, &user)).await;
}

pub async fn a_session_of_another_credential_version_is_refused(store: &dyn Store) {
    let user = somebody(store).await;
    let version = user.credential_version;
    stale(store, Session { credential_version: version - 1, ..session(1, &user) }).await;
    stale(store, Session { credential_version: version + 1, ..session(1, &user) }).await;
}

pub async fn a_session_in_another_account_than_its_users_is_refused(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [Change::PutAccount(account(ELSEWHERE).into())]).await;
    stale(store, Session { account: id(ELSEWHERE), ..session(1, &user) }).await;
}

pub async fn a_session_id_is_taken_once(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    misfit(store, [open(Session { address: None, ..session(1, &user) })]).await;
    assert_eq!(every_session(store).await, [session(1, &user)]);
}

pub async fn an_ended_session_is_gone(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user)), open(session(2, &user))]).await;
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert_eq!(every_session(store).await, [session(2, &user)]);
}

pub async fn ending_twice_is_no_error(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let end = || Change::EndSession(SessionId([1; 16]));
    given(store, [end()]).await;
    given(store, [end(), end()]).await;
    assert_eq!(every_session(store).await, []);
}

/// The session's `last_used` after a touch at each of the times.
async fn touched(store: &dyn Store, times: impl IntoIterator<Item = Millis>) -> Millis {
    let touch = |last_used| Touch { session: SessionId([1; 16]), last_used };
    given(store, [Change::TouchSessions(times.into_iter().map(touch).collect())]).await;
    every_session(store).await[0].last_used
}

pub async fn a_touch_moves_last_used_forward(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user)), open(session(2, &user))]).await;
    let later = Millis::from_unix(session(1, &user).last_used.as_unix() + 1);
    assert_eq!(touched(store, [later]).await, later);
    let moved = Session { last_used: later, ..session(1, &user) };
    assert_eq!(every_session(store).await, [moved, session(2, &user)]);
}

pub async fn a_touch_never_moves_last_used_back(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let at = session(1, &user).last_used;
    let moved = |by| Millis::from_unix(at.as_unix() + by);
    assert_eq!(touched(store, [moved(-1)]).await, at);
    assert_eq!(touched(store, [moved(5), moved(3)]).await, moved(5));
}

pub async fn a_touch_ignores_a_session_that_is_not_there(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let last_used = Millis::from_unix(i64::MAX);
    let touches = [9, 1].map(|byte| Touch { session: SessionId([byte; 16]), last_used });
    given(store, [Change::TouchSessions(touches.into())]).await;
    assert_eq!(every_session(store).await, [Session { last_used, ..session(1, &user) }]);
    given(store, [Change::TouchSessions(Vec::new())]).await;
}

pub async fn session_ids_of_the_first_form_are_told_of(store: &dyn Store) {
    let user = somebody(store).await;
    let second = SessionId::of(Generation::new(255).unwrap(), [0xff; 14]);
    given(store, [open(Session { id: second, ..session(1, &user) })]).await;
    assert!(!store.has_session_ids_of_first_form().await.unwrap());
    given(store, [open(session(1, &user))]).await;
    assert!(store.has_session_ids_of_first_form().await.unwrap());
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert!(!store.has_session_ids_of_first_form().await.unwrap());
}

pub async fn pages_are_in_the_order_of_ids(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [0x80, 0x00, 0xff, 0x7f].map(|byte| open(session(byte, &user)))).await;
    let bytes = |page: Vec<Session>| -> Vec<u8> { page.iter().map(|session| session.id.0[0]).collect() };
    assert_eq!(bytes(every_session(store).await), [0x00, 0x7f, 0x80, 0xff]);
    let behind = store.sessions(Some(SessionId([0x7f; 16])), 1).await.unwrap();
    assert_eq!(bytes(behind), [0x80]);
    let nobody = SessionId([0x81; 16]);
    assert_eq!(bytes(store.sessions(Some(nobody), 9).await.unwrap()), [0xff]);
    assert_eq!(bytes(store.sessions(None, 0).await.unwrap()), [0_u8; 0]);
}

pub async fn pages_together_are_every_session_once(store: &dyn Store) {
    let user = somebody(store).await;
    let sessions: Vec<Session> = (0..=250).map(|byte| session(byte, &user)).collect();
    given(store, sessions.iter().cloned().map(open)).await;
    let mut read: Vec<Session> = Vec::new();
    loop {
        let page = store.sessions(read.last().map(|session| session.id), 40).await.unwrap();
        let last = page.len() < 40;
        read.extend(page);
        if last {
            break;
        }
    }
    assert_eq!(read, sessions);
}

/// What ends a session is a rule, and rules are not the store's.
pub async fn a_session_stays_when_its_user_is_disabled(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let disabled = User { enabled: false, credential_version: 5, ..user.clone() };
    given(store, [Change::PutUser(disabled.into())]).await;
    assert_eq!(every_session(store).await, [session(1, &user)]);
}
