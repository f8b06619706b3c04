//! Facts: the sessions of a login at an identity provider are found by it, as long as they are there.

use vestibule_model::{ConnectionId, Millis, SessionId};

use super::samples::{HERE, account, session, user};
use super::{given, refused};
use crate::{Change, FederatedLogin, FederatedLogins, FederatedLogout, SessionNumber, Store, StoreError};

const CONNECTION: ConnectionId = ConnectionId(7);

/// Sessions of these numbers, of one user.
async fn given_sessions<const N: usize>(store: &dyn Store, numbers: [u8; N]) {
    let somebody = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(somebody.clone().into())]).await;
    given(store, numbers.map(|number| Change::OpenSession(session(number, &somebody).into()))).await;
}

fn note(number: u8, connection: ConnectionId, subject: u8, index: Option<u8>) -> Change {
    note_issued(number, (connection, subject, index), 0)
}

fn note_issued(
    number: u8,
    (connection, subject, index): (ConnectionId, u8, Option<u8>),
    issued_at: i64,
) -> Change {
    Change::NoteFederatedLogin(FederatedLogin {
        session: SessionId([number; 16]),
        connection,
        subject: [subject; 32],
        session_index: index.map(|index| [index; 32]),
        issued_at: Millis::from_unix(issued_at),
    })
}

fn note_logout(logins: FederatedLogins, issued_at: i64, kept_until: i64) -> Change {
    let (issued_at, kept_until) = (Millis::from_unix(issued_at), Millis::from_unix(kept_until));
    Change::NoteFederatedLogout(FederatedLogout { logins, issued_at, kept_until })
}

/// Whether a login that was issued then is refused because of a logout.
async fn is_logged_out(store: &dyn Store, login: (ConnectionId, u8, Option<u8>), issued_at: i64) -> bool {
    let outcome = store.commit(vec![note_issued(1, login, issued_at)]).await;
    assert!(matches!(outcome, Ok(_) | Err(StoreError::LoggedOut)), "{outcome:?}");
    outcome.is_err()
}

fn logins(subject: Option<u8>, index: Option<u8>) -> FederatedLogins {
    FederatedLogins {
        connection: CONNECTION,
        subject: subject.map(|subject| [subject; 32]),
        session_index: index.map(|index| [index; 32]),
    }
}

/// The numbers of the sessions of these logins.
async fn found(store: &dyn Store, logins: FederatedLogins) -> Vec<u8> {
    let found = store.federated_sessions(logins, None, 100).await.unwrap();
    found.iter().map(|stored| stored.session.id.0[0]).collect()
}

pub async fn sessions_are_found_by_all_that_is_named_of_their_login(store: &dyn Store) {
    given_sessions(store, [1, 2, 3, 4]).await;
    let other = note(4, ConnectionId(8), 1, Some(1));
    let notes = [
        note(1, CONNECTION, 1, Some(1)),
        note(2, CONNECTION, 1, None),
        note(3, CONNECTION, 2, Some(1)),
        other,
    ];
    given(store, notes).await;
    assert_eq!(found(store, logins(None, None)).await, [1, 2, 3]);
    assert_eq!(found(store, logins(Some(1), None)).await, [1, 2]);
    assert_eq!(found(store, logins(None, Some(1))).await, [1, 3]);
    assert_eq!(found(store, logins(Some(1), Some(1))).await, [1]);
    assert!(found(store, logins(Some(2), Some(2))).await.is_empty());
}

pub async fn a_session_of_several_logins_is_found_by_each_and_once(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let first = || note(1, CONNECTION, 1, Some(1));
    given(store, [first(), first(), note(1, CONNECTION, 1, Some(2))]).await;
    for index in [Some(1), Some(2), None] {
        assert_eq!(found(store, logins(Some(1), index)).await, [1]);
    }
}

pub async fn a_login_is_forgotten_with_its_session(store: &dyn Store) {
    given_sessions(store, [1, 2]).await;
    given(store, [note(1, CONNECTION, 1, None), note(2, CONNECTION, 1, None)]).await;
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert_eq!(found(store, logins(None, None)).await, [2]);
    given(store, [Change::OpenSession(session(1, &user(HERE, 1)).into())]).await;
    assert_eq!(found(store, logins(None, None)).await, [2], "another session of the id has the login");
}

pub async fn a_login_of_a_session_that_is_not_there_is_not_noted(store: &dyn Store) {
    given_sessions(store, [1]).await;
    given(store, [note(2, CONNECTION, 1, None)]).await;
    assert!(store.federated_connections().await.unwrap().is_empty());
    given(store, [Change::OpenSession(session(2, &user(HERE, 1)).into())]).await;
    assert!(found(store, logins(None, None)).await.is_empty());
}

pub async fn a_login_that_is_refused_with_others_is_not_noted(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let stale = session(2, &user(HERE, 2));
    refused(store, [note(1, CONNECTION, 1, None), Change::OpenSession(stale.into())]).await;
    assert!(found(store, logins(None, None)).await.is_empty());
}

pub async fn sessions_of_a_login_come_in_pages(store: &dyn Store) {
    given_sessions(store, [3, 1, 2]).await;
    given(store, [1, 2, 3].map(|number| note(number, CONNECTION, 1, None))).await;
    let first = store.federated_sessions(logins(None, None), None, 2).await.unwrap();
    let last = first.last().map(|stored| stored.number);
    let second = store.federated_sessions(logins(None, None), last, 2).await.unwrap();
    let ids: Vec<u8> = first.iter().chain(&second).map(|stored| stored.session.id.0[0]).collect();
    assert_eq!((first.len(), ids), (2, vec![3, 1, 2]));
}

pub async fn numbers_of_sessions_are_told_as_the_sessions_are(store: &dyn Store) {
    given_sessions(store, [3, 1, 2, 4]).await;
    given(store, [1, 2, 3].map(|number| note(number, CONNECTION, 1, None))).await;
    given(store, [note(1, CONNECTION, 2, Some(1)), note(4, ConnectionId(8), 1, None)]).await;
    for logins in [logins(None, None), logins(Some(1), None), logins(None, Some(1)), logins(Some(2), Some(1))]
    {
        let sessions = store.federated_sessions(logins, None, 100).await.unwrap();
        let mut after = None;
        for page in sessions.chunks(2) {
            let page: Vec<SessionNumber> = page.iter().map(|stored| stored.number).collect();
            assert_eq!(store.federated_session_numbers(logins, after, 2).await.unwrap(), page, "{logins:?}");
            after = page.last().copied();
        }
        assert!(store.federated_session_numbers(logins, after, 2).await.unwrap().is_empty(), "{logins:?}");
    }
}

pub async fn connections_are_told_while_they_have_sessions(store: &dyn Store) {
    given_sessions(store, [1, 2]).await;
    given(store, [note(1, ConnectionId(9), 1, None), note(2, CONNECTION, 1, None)]).await;
    assert_eq!(store.federated_connections().await.unwrap(), [CONNECTION, ConnectionId(9)]);
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert_eq!(store.federated_connections().await.unwrap(), [CONNECTION]);
}

pub async fn logins_do_not_move_the_directory(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let before = store.directory().await.unwrap().sequence;
    given(store, [note(1, CONNECTION, 1, None)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}

pub async fn logins_of_a_session_are_copied_for_another(store: &dyn Store) {
    given_sessions(store, [1, 2, 3]).await;
    let copy = |from: u8, to: u8| Change::CopyFederatedLogins {
        from: SessionId([from; 16]),
        to: SessionId([to; 16]),
    };
    given(store, [note(1, CONNECTION, 1, Some(1)), note(1, CONNECTION, 2, None)]).await;
    given(store, [copy(1, 2), copy(1, 2), copy(3, 2), copy(1, 9)]).await;
    assert_eq!(found(store, logins(Some(1), Some(1))).await, [1, 2]);
    assert_eq!(found(store, logins(Some(2), None)).await, [1, 2]);
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert_eq!(found(store, logins(None, None)).await, [2]);
}

pub async fn logins_of_a_session_that_is_over_are_not_copied(store: &dyn Store) {
    given_sessions(store, [1, 2]).await;
    given(store, [note(1, CONNECTION, 1, None), Change::EndSession(SessionId([1; 16]))]).await;
    let copy = Change::CopyFederatedLogins { from: SessionId([1; 16]), to: SessionId([2; 16]) };
    let refused = store.commit(vec![Change::EndSession(SessionId([2; 16])), copy]).await;
    assert!(matches!(refused, Err(StoreError::StaleCredentials)), "{refused:?}");
    assert!(store.session(SessionId([2; 16])).await.unwrap().is_some(), "nothing of it is stored");
}

pub async fn a_logout_refuses_the_logins_that_have_all_that_it_names(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let one = (CONNECTION, 1, Some(1));
    for (number, logout, refused) in [
        (10, logins(Some(1), Some(1)), [true, false, false, false]),
        (11, logins(None, Some(1)), [true, false, true, false]),
        (12, logins(Some(1), None), [true, true, false, false]),
        (13, logins(None, None), [true, true, true, false]),
    ] {
        // Each later than what the one before refuses.
        given(store, [note_logout(logout, number, 100)]).await;
        let others = [(CONNECTION, 1, None), (CONNECTION, 2, Some(1)), (ConnectionId(8), 1, Some(1))];
        for (login, expected) in [one].into_iter().chain(others).zip(refused) {
            assert_eq!(is_logged_out(store, login, number).await, expected, "{login:?} by {logout:?}");
        }
    }
}

pub async fn a_logout_refuses_what_was_issued_until_then(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let login = (CONNECTION, 1, Some(1));
    given(store, [note_logout(logins(Some(1), None), 5, 100)]).await;
    for (issued_at, expected) in [(4, true), (5, true), (6, false)] {
        assert_eq!(is_logged_out(store, login, issued_at).await, expected, "{issued_at}");
    }
}

pub async fn an_earlier_logout_takes_nothing_back(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let of_subject = logins(Some(1), None);
    given(store, [note_logout(of_subject, 5, 100), note_logout(of_subject, 3, 50)]).await;
    given(store, [forget(100)]).await;
    assert!(is_logged_out(store, (CONNECTION, 1, None), 5).await);
    given(store, [note_logout(of_subject, 7, 60)]).await;
    given(store, [forget(100)]).await;
    assert!(is_logged_out(store, (CONNECTION, 1, None), 7).await);
}

fn forget(before: i64) -> Change {
    Change::ForgetExpired { before: Millis::from_unix(before), limit: 1 }
}

pub async fn logouts_are_forgotten_first_those_that_are_kept_shortest(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let logouts = [(1, 20), (2, 10), (3, 30)];
    let logouts = logouts.map(|(subject, until)| note_logout(logins(Some(subject), None), 5, until));
    given(store, logouts).await;
    for expected in [[true, true, true], [true, false, true], [false, false, true], [false, false, true]] {
        for (subject, expected) in (1..).zip(expected) {
            assert_eq!(is_logged_out(store, (CONNECTION, subject, None), 5).await, expected, "{subject}");
        }
        given(store, [forget(if expected[1] { 11 } else { 30 })]).await;
    }
}

pub async fn what_is_committed_with_a_login_that_is_logged_out_is_not_done(store: &dyn Store) {
    given_sessions(store, [1]).await;
    given(store, [note_logout(logins(Some(1), None), 5, 100)]).await;
    let opening = Change::OpenSession(session(2, &user(HERE, 1)).into());
    let consume = || Change::ConsumeOnce { value: [1; 32], expires: Millis::from_unix(9) };
    let late = note_issued(2, (CONNECTION, 1, None), 5);
    let refused = store.commit(vec![consume(), opening, late]).await;
    assert!(matches!(refused, Err(StoreError::LoggedOut)), "{refused:?}");
    assert!(store.session(SessionId([2; 16])).await.unwrap().is_none());
    given(store, [consume()]).await;
}

pub async fn of_a_login_and_its_logout_at_once_either_sees_the_other(store: &dyn Store) {
    given_sessions(store, [1]).await;
    let login = store.commit(vec![note_issued(1, (CONNECTION, 1, None), 5)]);
    let logout = store.commit(vec![note_logout(logins(Some(1), None), 5, 100)]);
    let committed = super::all(vec![login, logout]).await;
    let is_found = found(store, logins(Some(1), None)).await == [1];
    assert_eq!(committed[0].is_ok(), is_found, "{committed:?}");
    assert!(committed[1].is_ok(), "{committed:?}");
    assert!(is_logged_out(store, (CONNECTION, 1, None), 5).await);
}
