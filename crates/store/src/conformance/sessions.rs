//! Facts: sessions are opened for those who still may, read back, moved forward, ended.

use vestibule_model::{
    Application, ApplicationId, AuthenticationMethod, Dialect, Generation, Millis, Session, SessionId, User,
    UserId,
};

use super::samples::{ELSEWHERE, HERE, account, id, session, user};
use super::{every_session, given, misfit, refused};
use crate::{BLOCK, Change, LastUse, SessionNumber, Store, StoreError, StoredSession};

fn open(session: Session) -> Change {
    Change::OpenSession(session.into())
}

/// An account and a user, who is given back.
async fn somebody(store: &dyn Store) -> User {
    let user = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    user
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
    let all = store.sessions(None, 9).await.unwrap();
    assert_eq!(store.session(sessions[1].id).await.unwrap(), Some(all[1].clone()));
    assert_eq!(store.session(SessionId([3; 16])).await.unwrap(), None);
}

pub async fn every_opening_and_application_is_read_back(store: &dyn Store) {
    let user = somebody(store).await;
    let ways = [
        (AuthenticationMethod::Password, Application::None),
        (AuthenticationMethod::ApiKey, Application::ApiKey(ApplicationId(i64::MAX))),
        (AuthenticationMethod::OauthClient, Application::OauthClient(ApplicationId(0))),
        (AuthenticationMethod::Password, Application::Token(ApplicationId(i64::MIN))),
        (AuthenticationMethod::Saml, Application::None),
        (AuthenticationMethod::Oidc, Application::Token(ApplicationId(5))),
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
    let of = |(byte, dialect)| Session { dialect, ..session(byte, &user) };
    let sessions = [(1, Dialect::LivePerson), (2, Dialect::LiveVox), (3, Dialect::Pages)].map(of);
    given(store, sessions.iter().cloned().map(open)).await;
    assert_eq!(every_session(store).await, sessions);
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

pub async fn a_session_has_a_higher_number_than_any_before(store: &dyn Store) {
    let user = somebody(store).await;
    let mut highest = None;
    for byte in [9, 3, 7] {
        let opened = store.commit(vec![open(session(byte, &user))]).await.unwrap().opened;
        assert!(opened.len() == 1 && Some(opened[0]) > highest, "{opened:?} after {highest:?}");
        highest = Some(opened[0]);
        let stored = store.session(SessionId([byte; 16])).await.unwrap().unwrap();
        assert_eq!(stored.number, opened[0]);
        // Also if nothing is left of the ones before.
        given(store, [Change::EndSession(SessionId([byte; 16]))]).await;
    }
}

pub async fn the_numbers_of_one_transaction_are_in_the_order_of_its_changes(store: &dyn Store) {
    let user = somebody(store).await;
    let opened = store.commit([5, 1, 3].map(|byte| open(session(byte, &user))).into()).await.unwrap().opened;
    let stored = store.sessions(None, 9).await.unwrap();
    assert_eq!(opened, stored.iter().map(|stored| stored.number).collect::<Vec<_>>());
    assert_eq!(every_session(store).await, [5, 1, 3].map(|byte| session(byte, &user)));
}

async fn number_of(store: &dyn Store, byte: u8) -> SessionNumber {
    store.session(SessionId([byte; 16])).await.unwrap().unwrap().number
}

/// The last use of the session 1 after each of these is noted.
async fn last_used(store: &dyn Store, times: impl IntoIterator<Item = Millis>) -> Millis {
    let number = number_of(store, 1).await;
    let uses = times.into_iter().map(|at| LastUse { number, at }).collect();
    given(store, [Change::NoteLastUses(uses)]).await;
    every_session(store).await[0].last_used
}

pub async fn a_last_use_moves_forward(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user)), open(session(2, &user))]).await;
    let later = Millis::from_unix(session(1, &user).last_used.as_unix() + 1);
    assert_eq!(last_used(store, [later]).await, later);
    let moved = Session { last_used: later, ..session(1, &user) };
    assert_eq!(every_session(store).await, [moved.clone(), session(2, &user)]);
    assert_eq!(store.session(moved.id).await.unwrap().unwrap().session, moved);
}

pub async fn a_last_use_never_moves_back(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let at = session(1, &user).last_used;
    let moved = |by| Millis::from_unix(at.as_unix() + by);
    assert_eq!(last_used(store, [moved(-1)]).await, at);
    assert_eq!(last_used(store, [moved(5), moved(3)]).await, moved(5));
    assert_eq!(last_used(store, [moved(4)]).await, moved(5));
}

pub async fn the_last_use_of_a_session_that_is_not_there_is_ignored(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user)), open(session(2, &user))]).await;
    let ended = number_of(store, 2).await;
    given(store, [Change::EndSession(SessionId([2; 16]))]).await;
    let at = Millis::from_unix(i64::MAX);
    let numbers = [number_of(store, 1).await, ended, SessionNumber(u64::MAX)];
    given(store, [Change::NoteLastUses(numbers.map(|number| LastUse { number, at }).into())]).await;
    assert_eq!(every_session(store).await, [Session { last_used: at, ..session(1, &user) }]);
    given(store, [open(session(3, &user))]).await;
    assert_eq!(every_session(store).await[1], session(3, &user));
    given(store, [Change::NoteLastUses(Vec::new())]).await;
}

/// As many as stand in three blocks, of which two out of three end; the others were used at times of their own, before and
/// after.
pub async fn the_last_uses_of_many_are_kept_apart(store: &dyn Store) {
    let somebody = somebody(store).await;
    let count = 2 * u16::try_from(BLOCK).unwrap() + 9;
    let id = |place: u16| {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&place.to_be_bytes());
        SessionId(id)
    };
    let opening = |place| open(Session { id: id(place), ..session(0, &somebody) });
    let numbers = store.commit((0..count).map(opening).collect()).await.unwrap().opened;
    let first = session(0, &somebody).last_used.as_unix();
    let at = |place: u16, round: i64| Millis::from_unix(first + 7 * i64::from(place) + 100_000_000 * round);
    let stays = |place: &u16| place.is_multiple_of(3);
    for round in [1, 2] {
        // Some in the first round, the others in the second.
        let places = (0..count).filter(|place| i64::from(place % 2) + 1 == round);
        let uses = places.map(|place| LastUse { number: numbers[usize::from(place)], at: at(place, round) });
        given(store, [Change::NoteLastUses(uses.collect())]).await;
        let ended =
            (0..count).filter(|place| !stays(place)).skip(usize::from(count) / 3 * usize::from(round == 2));
        given(store, ended.map(|place| Change::EndSession(id(place)))).await;
    }
    let sessions: Vec<Session> = store
        .sessions(None, usize::from(count))
        .await
        .unwrap()
        .into_iter()
        .map(|stored| stored.session)
        .collect();
    let expected = (0..count).filter(stays).map(|place| (id(place), at(place, i64::from(place % 2) + 1)));
    assert_eq!(
        sessions.iter().map(|session| (session.id, session.last_used)).collect::<Vec<_>>(),
        expected.collect::<Vec<_>>()
    );
}

pub async fn a_last_use_that_is_refused_with_others_is_not_noted(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let use_of = |number| Change::NoteLastUses(vec![LastUse { number, at: Millis::from_unix(i64::MAX) }]);
    let number = number_of(store, 1).await;
    misfit(store, [use_of(number), open(session(1, &user))]).await;
    assert_eq!(every_session(store).await, [session(1, &user)]);
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

pub async fn pages_are_in_the_order_of_opening(store: &dyn Store) {
    let user = somebody(store).await;
    let order = [0x80, 0x00, 0xff, 0x7f];
    given(store, order.map(|byte| open(session(byte, &user)))).await;
    let bytes =
        |page: Vec<StoredSession>| -> Vec<u8> { page.iter().map(|stored| stored.session.id.0[0]).collect() };
    assert_eq!(bytes(store.sessions(None, 9).await.unwrap()), order);
    let second = number_of(store, 0).await;
    assert_eq!(bytes(store.sessions(Some(second), 1).await.unwrap()), [0xff]);
    given(store, [Change::EndSession(SessionId([0; 16]))]).await;
    assert_eq!(bytes(store.sessions(Some(second), 9).await.unwrap()), [0xff, 0x7f]);
    assert_eq!(bytes(store.sessions(None, 0).await.unwrap()), [0_u8; 0]);
}

pub async fn pages_together_are_every_session_once(store: &dyn Store) {
    let user = somebody(store).await;
    let sessions: Vec<Session> = (0..=250).map(|byte| session(byte, &user)).collect();
    given(store, sessions.iter().cloned().map(open)).await;
    let mut read: Vec<StoredSession> = Vec::new();
    loop {
        let page = store.sessions(read.last().map(|stored| stored.number), 40).await.unwrap();
        let last = page.len() < 40;
        read.extend(page);
        if last {
            break;
        }
    }
    assert_eq!(read.into_iter().map(|stored| stored.session).collect::<Vec<_>>(), sessions);
}

/// What ends a session is a rule, and rules are not the store's.
pub async fn a_session_stays_when_its_user_is_disabled(store: &dyn Store) {
    let user = somebody(store).await;
    given(store, [open(session(1, &user))]).await;
    let disabled = User { enabled: false, credential_version: 5, ..user.clone() };
    given(store, [Change::PutUser(disabled.into())]).await;
    assert_eq!(every_session(store).await, [session(1, &user)]);
}
