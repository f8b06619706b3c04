//! Facts: what is decided on the sessions of a user holds if nobody has opened or ended one in between.

use vestibule_model::{Application, ApplicationId, Millis, SessionId, User};

use super::samples::{ELSEWHERE, HERE, account, id, session, user};
use super::{all, given, refused};
use crate::{
    Change, EndRecords, EndSessions, EndedSessions, SessionNumber, SessionSelector, SessionsDecision,
    SessionsVersion, Store, StoreError, UserSessions, WalkPosition,
};

/// Two users here, one elsewhere.
async fn inhabited(store: &dyn Store) -> [User; 3] {
    let users = [user(HERE, 1), user(HERE, 2), user(ELSEWHERE, 3)];
    given(store, [HERE, ELSEWHERE].map(|name| Change::PutAccount(account(name).into()))).await;
    given(store, users.clone().map(|user| Change::PutUser(user.into()))).await;
    users
}

async fn of(store: &dyn Store, user: &User) -> UserSessions {
    store.sessions_of_user(user.account, user.id).await.unwrap()
}

async fn version(store: &dyn Store, user: &User) -> SessionsVersion {
    of(store, user).await.version
}

fn decide(user: &User, version: SessionsVersion, given: Option<u8>) -> Change {
    let given = given.map(|byte| SessionId([byte; 16]));
    Change::DecideOnSessions(SessionsDecision { account: user.account, user: user.id, version, given })
}

fn open(byte: u8, user: &User) -> Change {
    Change::OpenSession(session(byte, user).into())
}

fn end(sessions: EndedSessions) -> EndSessions {
    let selector = SessionSelector { sessions, account: None, opened_until: Millis::from_unix(i64::MAX) };
    EndSessions { selector, behind: None, limit: 100, records: EndRecords::by(|_| None) }
}

async fn moved(store: &dyn Store, changes: impl IntoIterator<Item = Change>) {
    let error = refused(store, changes).await;
    assert!(matches!(error, StoreError::SessionsMoved), "{error:?}");
}

pub async fn a_users_sessions_are_read_in_the_order_of_opening_and_nobody_elses(store: &dyn Store) {
    let [one, two, three] = inhabited(store).await;
    let of_nobody = UserSessions::default();
    assert_eq!(of(store, &one).await, of_nobody);
    given(store, [open(2, &one), open(1, &one), open(3, &two), open(4, &three)]).await;
    let sessions =
        |found: UserSessions| found.sessions.into_iter().map(|stored| stored.session).collect::<Vec<_>>();
    assert_eq!(sessions(of(store, &one).await), [session(2, &one), session(1, &one)]);
    assert_eq!(sessions(of(store, &three).await), [session(4, &three)]);
    assert_eq!(store.sessions_of_user(id(ELSEWHERE), one.id).await.unwrap(), of_nobody);
    assert_eq!(of(store, &user(HERE, 9)).await, of_nobody);
}

pub async fn of_two_openings_that_were_decided_on_the_same_sessions_one_holds(store: &dyn Store) {
    let [one, ..] = inhabited(store).await;
    let decided_on = version(store, &one).await;
    let both = [1, 2].map(|byte| store.commit(vec![decide(&one, decided_on, None), open(byte, &one)]));
    let outcomes = all(both).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(matches!(outcomes.into_iter().find_map(Result::err), Some(StoreError::SessionsMoved)));
    assert_eq!(of(store, &one).await.sessions.len(), 1);
}

pub async fn a_decision_moves_the_version_of_its_user_by_one(store: &dyn Store) {
    let [one, two, _] = inhabited(store).await;
    for number in 0..3 {
        let decided_on = SessionsVersion { user: number, ..SessionsVersion::default() };
        assert_eq!(version(store, &one).await, decided_on);
        given(store, [decide(&one, decided_on, None)]).await;
        moved(store, [decide(&one, decided_on, None)]).await;
    }
    assert_eq!(version(store, &two).await, SessionsVersion::default());
}

pub async fn a_decision_is_compared_with_what_its_transaction_did_before(store: &dyn Store) {
    let [one, ..] = inhabited(store).await;
    let decided_on = version(store, &one).await;
    moved(store, [decide(&one, decided_on, None), decide(&one, decided_on, None)]).await;
    assert_eq!(version(store, &one).await, decided_on);
}

pub async fn a_decision_that_does_not_hold_leaves_nothing_behind(store: &dyn Store) {
    let [one, two, _] = inhabited(store).await;
    let decided_on = version(store, &one).await;
    given(store, [decide(&one, decided_on, None)]).await;
    moved(store, [decide(&two, decided_on, None), open(1, &one), decide(&one, decided_on, None)]).await;
    assert_eq!(of(store, &one).await.sessions, []);
    assert_eq!(version(store, &two).await, decided_on);
}

pub async fn an_end_of_the_users_sessions_overtakes_a_decision(store: &dyn Store) {
    let [one, two, _] = inhabited(store).await;
    for selector in [EndedSessions::OfUser(one.id), EndedSessions::OfUserBut(one.id, SessionId([1; 16]))] {
        let decided_on = [version(store, &one).await, version(store, &two).await];
        given(store, [Change::EndSessions(end(selector).into())]).await;
        moved(store, [decide(&one, decided_on[0], None)]).await;
        given(store, [decide(&two, decided_on[1], None)]).await;
    }
}

pub async fn an_end_within_an_account_overtakes_decisions_there_alone(store: &dyn Store) {
    let [one, _, three] = inhabited(store).await;
    let token = EndedSessions::OfApplication(Application::Token(ApplicationId(5)));
    let of_token = |account| {
        let end = end(token);
        EndSessions { selector: SessionSelector { account: Some(id(account)), ..end.selector }, ..end }
    };
    for ends in [end(EndedSessions::OfAccount(id(HERE))), of_token(HERE)] {
        let decided_on = [version(store, &one).await, version(store, &three).await];
        given(store, [Change::EndSessions(ends.into())]).await;
        moved(store, [decide(&one, decided_on[0], None)]).await;
        given(store, [decide(&three, decided_on[1], None)]).await;
    }
}

pub async fn an_end_over_all_accounts_overtakes_every_decision(store: &dyn Store) {
    let [one, _, three] = inhabited(store).await;
    let decided_on = [version(store, &one).await, version(store, &three).await];
    given(store, [Change::EndSessions(end(EndedSessions::All).into())]).await;
    moved(store, [decide(&one, decided_on[0], None)]).await;
    moved(store, [decide(&three, decided_on[1], None)]).await;
    given(store, [decide(&one, version(store, &one).await, None)]).await;
}

pub async fn what_else_ends_sessions_moves_no_version(store: &dyn Store) {
    let [one, ..] = inhabited(store).await;
    given(store, [open(1, &one), open(2, &one)]).await;
    let (before, id) = (version(store, &one).await, SessionId([1; 16]));
    let later_part = EndSessions {
        behind: Some(WalkPosition { user: one.id, session: SessionNumber(1) }),
        ..end(EndedSessions::OfUser(one.id))
    };
    let single = end(EndedSessions::One(SessionId([2; 16])));
    given(store, [Change::EndSession(id)]).await;
    given(store, [later_part, single].map(|end| Change::EndSessions(end.into()))).await;
    assert_eq!(version(store, &one).await, before);
}

pub async fn a_session_that_is_given_is_there_and_the_users(store: &dyn Store) {
    let [one, two, _] = inhabited(store).await;
    given(store, [open(1, &one), open(3, &two)]).await;
    let decided_on = version(store, &one).await;
    for other in [2, 3] {
        moved(store, [decide(&one, decided_on, Some(other))]).await;
    }
    given(store, [decide(&one, decided_on, Some(1))]).await;
    let decided_on = version(store, &one).await;
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    moved(store, [decide(&one, decided_on, Some(1))]).await;
}

pub async fn nothing_is_decided_for_a_user_who_is_not_there(store: &dyn Store) {
    let [one, two, _] = inhabited(store).await;
    given(store, [decide(&one, version(store, &one).await, None), Change::DeleteUser(one.id)]).await;
    given(store, [Change::EndSessions(end(EndedSessions::OfUser(one.id)).into())]).await;
    assert_eq!(version(store, &one).await, SessionsVersion::default());
    moved(store, [decide(&one, SessionsVersion::default(), None)]).await;
    given(store, [decide(&two, version(store, &two).await, None), Change::DeleteAccount(id(HERE))]).await;
    assert_eq!(version(store, &two).await.user, 0);
}

pub async fn an_account_that_is_made_again_goes_on_with_its_version(store: &dyn Store) {
    let [one, ..] = inhabited(store).await;
    given(store, [Change::EndSessions(end(EndedSessions::OfAccount(id(HERE))).into())]).await;
    let before = version(store, &one).await.account;
    given(store, [Change::DeleteAccount(id(HERE)), Change::PutAccount(account(HERE).into())]).await;
    assert_eq!(version(store, &one).await.account, before);
}

pub async fn decisions_do_not_move_the_directory(store: &dyn Store) {
    let [one, ..] = inhabited(store).await;
    let before = store.directory().await.unwrap().sequence;
    given(store, [decide(&one, version(store, &one).await, None)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}
