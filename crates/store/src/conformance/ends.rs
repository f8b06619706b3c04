//! Facts: sessions end together by what they have in common, with what is told of each, and as many as one transaction may.

use std::collections::BTreeSet;

use vestibule_model::{
    Application, ApplicationId, AuditAction, AuditReason, AuditRecord, AuthenticationMethod, EndReason,
    Generation, Millis, Session, SessionId, SessionReference, User,
};

use super::samples::{ELSEWHERE, HERE, account, api_key, audit_record, id, session, user};
use super::{every_session, given, misfit};
use crate::{
    AuditQuery, Change, EndRecords, EndSessions, EndedSessions, Outcome, SessionSelector, Store, WalkPosition,
};

const LATE: Millis = Millis::from_unix(1_780_000_000_009);

/// Sessions 1 to 6: four of two users here, two of a user elsewhere; with a method, an application, an address and a time of
/// their own here and there.
async fn inhabited(store: &dyn Store) -> Vec<Session> {
    for (name, users) in [(HERE, vec![1, 2]), (ELSEWHERE, vec![3])] {
        given(store, [Change::PutAccount(account(name).into())]).await;
        given(store, users.into_iter().map(|number| Change::PutUser(user(name, number).into()))).await;
    }
    let (one, two, three) = (user(HERE, 1), user(HERE, 2), user(ELSEWHERE, 3));
    let token = Application::Token(ApplicationId(5));
    let password = AuthenticationMethod::Password;
    let sessions = vec![
        session(1, &one),
        Session { application: token, method: password, ..session(2, &one) },
        Session { address: Some("2001:db8::1".parse().unwrap()), ..session(3, &two) },
        Session { created: LATE, application: token, ..session(4, &two) },
        Session { address: Some("2001:db8::1".parse().unwrap()), ..session(5, &three) },
        Session { method: password, ..session(6, &three) },
    ];
    given(store, sessions.iter().cloned().map(|session| Change::OpenSession(session.into()))).await;
    sessions
}

fn all(sessions: EndedSessions) -> SessionSelector {
    SessionSelector { sessions, account: None, opened_until: Millis::from_unix(i64::MAX) }
}

/// An entry about an end that names the session by the bytes of its id.
pub(super) fn entry(session: &Session) -> AuditRecord {
    AuditRecord {
        account: Some(session.account),
        user: Some(session.user),
        session: Some(SessionReference(session.id.0)),
        action: AuditAction::SessionEnded,
        reason: Some(AuditReason::Ended(EndReason::EndedByAdministrator)),
        target: None,
        ..audit_record(1)
    }
}

fn ending(selector: SessionSelector) -> EndSessions {
    EndSessions {
        selector,
        behind: None,
        limit: 100,
        records: EndRecords::by(|session| Some(entry(session))),
    }
}

async fn commit(store: &dyn Store, change: EndSessions) -> Outcome {
    store.commit(vec![Change::EndSessions(change.into())]).await.unwrap()
}

/// Walks to the end; gives the first bytes of the ids that ended, in their order.
async fn end(store: &dyn Store, mut change: EndSessions) -> Vec<u8> {
    let mut ended = Vec::new();
    loop {
        let outcome = commit(store, change.clone()).await;
        assert!(outcome.ended.len() <= change.limit, "more ended than may");
        ended.extend(outcome.ended.iter().map(|session| session.0[0]));
        let Some((0, behind)) = outcome.unfinished.first().copied() else { break };
        change.behind = Some(behind);
    }
    ended.sort_unstable();
    ended
}

async fn left(store: &dyn Store) -> Vec<u8> {
    every_session(store).await.iter().map(|session| session.id.0[0]).collect()
}

/// The sessions that entries tell the end of, in the order of the entries.
async fn told(store: &dyn Store) -> Vec<u8> {
    let query = AuditQuery {
        action: Some(AuditAction::SessionEnded),
        order: crate::AuditOrder::OldestFirst,
        limit: 100,
        ..AuditQuery::default()
    };
    let entries = store.audit(query).await.unwrap().entries;
    entries.iter().filter_map(|entry| entry.record.session).map(|session| session.0[0]).collect()
}

/// What the selector ends is this, and nothing else, whether it is asked with the account or not.
async fn ends(store: &dyn Store, selector: SessionSelector, expected: &[u8]) {
    let sessions = inhabited(store).await;
    let meant = sessions.iter().filter(|session| selector.selects(session)).map(|session| session.id.0[0]);
    assert_eq!(meant.collect::<Vec<_>>(), expected, "{selector:?}");
    assert_eq!(end(store, ending(selector)).await, expected, "{selector:?}");
    let rest: Vec<u8> = (1..=6).filter(|byte| !expected.contains(byte)).collect();
    assert_eq!(left(store).await, rest, "{selector:?}");
    let told: BTreeSet<u8> = told(store).await.into_iter().collect();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), expected, "{selector:?}");
}

pub async fn the_sessions_of_a_user_end(store: &dyn Store) {
    ends(store, all(EndedSessions::OfUser(user(HERE, 1).id)), &[1, 2]).await;
}

pub async fn the_sessions_of_a_user_of_a_known_account_end(store: &dyn Store) {
    let of_user = all(EndedSessions::OfUser(user(HERE, 2).id));
    ends(store, SessionSelector { account: Some(id(HERE)), ..of_user }, &[3, 4]).await;
}

pub async fn none_of_a_user_ends_in_an_account_that_is_not_theirs(store: &dyn Store) {
    let of_user = all(EndedSessions::OfUser(user(HERE, 2).id));
    ends(store, SessionSelector { account: Some(id(ELSEWHERE)), ..of_user }, &[]).await;
}

pub async fn the_sessions_of_a_user_but_one_end(store: &dyn Store) {
    ends(store, all(EndedSessions::OfUserBut(user(HERE, 1).id, SessionId([1; 16]))), &[2]).await;
}

pub async fn one_session_ends_by_its_id(store: &dyn Store) {
    ends(store, all(EndedSessions::One(SessionId([3; 16]))), &[3]).await;
}

pub async fn the_sessions_of_an_application_end(store: &dyn Store) {
    ends(store, all(EndedSessions::OfApplication(Application::Token(ApplicationId(5)))), &[2, 4]).await;
}

pub async fn the_sessions_of_an_application_of_a_known_account_end(store: &dyn Store) {
    let of_key = all(EndedSessions::OfApplication(Application::ApiKey(ApplicationId(77))));
    ends(store, SessionSelector { account: Some(id(ELSEWHERE)), ..of_key }, &[5, 6]).await;
}

pub async fn the_sessions_of_an_account_end(store: &dyn Store) {
    ends(store, all(EndedSessions::OfAccount(id(HERE))), &[1, 2, 3, 4]).await;
}

pub async fn the_sessions_from_an_address_end(store: &dyn Store) {
    ends(store, all(EndedSessions::FromAddress("2001:db8::1".parse().unwrap())), &[3, 5]).await;
}

pub async fn the_sessions_from_an_address_end_in_one_account(store: &dyn Store) {
    let from = all(EndedSessions::FromAddress("2001:db8::1".parse().unwrap()));
    ends(store, SessionSelector { account: Some(id(ELSEWHERE)), ..from }, &[5]).await;
}

pub async fn the_sessions_opened_in_one_way_end(store: &dyn Store) {
    ends(store, all(EndedSessions::ByMethod(AuthenticationMethod::Password)), &[2, 6]).await;
}

pub async fn all_sessions_but_one_end(store: &dyn Store) {
    ends(store, all(EndedSessions::AllBut(SessionId([4; 16]))), &[1, 2, 3, 5, 6]).await;
}

pub async fn the_sessions_that_are_older_than_a_moment_end(store: &dyn Store) {
    let before = Millis::from_unix(LATE.as_unix() - 1);
    ends(store, SessionSelector { opened_until: before, ..all(EndedSessions::All) }, &[1, 2, 3, 5, 6]).await;
}

pub async fn those_that_were_opened_in_the_moment_of_the_end_end_too(store: &dyn Store) {
    let until = SessionSelector { opened_until: LATE, ..all(EndedSessions::OfUser(user(HERE, 2).id)) };
    ends(store, until, &[3, 4]).await;
}

pub async fn the_sessions_under_a_generation_of_the_master_key_end(store: &dyn Store) {
    ends(store, all(EndedSessions::UnderMasterKey(Generation::new(4).unwrap())), &[4]).await;
}

pub async fn the_last_generation_of_the_master_key_has_sessions_too(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::OpenSession(session(255, &user(HERE, 1)).into())]).await;
    let last = all(EndedSessions::UnderMasterKey(Generation::new(255).unwrap()));
    assert_eq!(end(store, ending(last)).await, [255]);
}

pub async fn a_generation_of_the_master_key_has_sessions_of_both_forms(store: &dyn Store) {
    inhabited(store).await;
    let id = |number| SessionId::of(Generation::new(number).unwrap(), [number; 14]);
    let others = [3, 4, 5, 255].map(|number| Session { id: id(number), ..session(1, &user(HERE, 1)) });
    given(store, others.map(|session| Change::OpenSession(session.into()))).await;
    for (number, of_both) in [(4, vec![0, 4]), (255, vec![0])] {
        let under = all(EndedSessions::UnderMasterKey(Generation::new(number).unwrap()));
        assert_eq!(end(store, EndSessions { limit: 1, ..ending(under) }).await, of_both);
    }
    let mut left = left(store).await;
    left.sort_unstable();
    assert_eq!(left, [0, 0, 1, 2, 3, 5, 6]);
}

pub async fn many_sessions_end_a_few_at_a_time_and_each_once(store: &dyn Store) {
    inhabited(store).await;
    let others = (10..60).map(|byte| session(byte, &user(HERE, 1 + i32::from(byte) % 2)));
    given(store, others.map(|session| Change::OpenSession(session.into()))).await;
    for (selector, expected) in [
        (all(EndedSessions::OfUser(user(HERE, 1).id)), 27),
        (all(EndedSessions::OfAccount(id(HERE))), 27),
        (all(EndedSessions::All), 2),
    ] {
        let ended = end(store, EndSessions { limit: 4, ..ending(selector) }).await;
        assert_eq!(ended.len(), expected, "{selector:?}: {ended:?}");
    }
    assert_eq!(left(store).await, [0_u8; 0]);
    assert_eq!(told(store).await.len(), 56);
}

pub async fn of_whom_nothing_is_told_stays_and_is_passed_over(store: &dyn Store) {
    inhabited(store).await;
    let odd = EndRecords::by(|session| (session.id.0[0] % 2 == 1).then(|| entry(session)));
    let end_odd = EndSessions { records: odd, limit: 1, ..ending(all(EndedSessions::All)) };
    assert_eq!(end(store, end_odd).await, [1, 3, 5]);
    assert_eq!(left(store).await, [2, 4, 6]);
}

pub async fn a_walk_that_goes_on_looks_behind_where_it_was(store: &dyn Store) {
    inhabited(store).await;
    let first = EndSessions { limit: 1, ..ending(all(EndedSessions::OfAccount(id(HERE)))) };
    let numbers: Vec<_> = store.sessions(None, 9).await.unwrap();
    let outcome = commit(store, first.clone()).await;
    let (_, behind) = outcome.unfinished[0];
    let ended = numbers.into_iter().find(|stored| stored.number == behind.session);
    assert_eq!(outcome.ended, [ended.unwrap().session.id]);
    let rest = commit(store, EndSessions { behind: Some(behind), limit: 100, ..first }).await;
    assert_eq!((rest.ended.len(), rest.unfinished), (3, Vec::new()));
}

/// A login that commits between the decision and its commit does not survive; one that is later does.
pub async fn what_was_opened_just_before_ends_with_the_others(store: &dyn Store) {
    inhabited(store).await;
    let of_user = SessionSelector {
        opened_until: LATE,
        account: Some(id(HERE)),
        ..all(EndedSessions::OfUser(user(HERE, 1).id))
    };
    let before = session(7, &user(HERE, 1));
    let after = Session { created: Millis::from_unix(LATE.as_unix() + 1), ..session(8, &user(HERE, 1)) };
    given(store, [before, after].map(|session| Change::OpenSession(session.into()))).await;
    assert_eq!(end(store, ending(of_user)).await, [1, 2, 7]);
    assert_eq!(left(store).await, [3, 4, 5, 6, 8]);
}

pub async fn several_ends_in_one_transaction_tell_which_is_unfinished(store: &dyn Store) {
    inhabited(store).await;
    let end_of = |number, limit| {
        let of_user = all(EndedSessions::OfUser(user(HERE, number).id));
        Change::EndSessions(EndSessions { limit, ..ending(of_user) }.into())
    };
    let changes = vec![end_of(1, 9), Change::EndSession(SessionId([5; 16])), end_of(2, 1)];
    let mut outcome = store.commit(changes).await.unwrap();
    outcome.ended.sort_unstable();
    let places: Vec<usize> = outcome.unfinished.iter().map(|(index, _)| *index).collect();
    assert_eq!((outcome.ended.len(), places), (4, vec![2]), "{outcome:?}");
}

pub async fn a_refused_transaction_ends_nothing_and_tells_nothing(store: &dyn Store) {
    inhabited(store).await;
    let taken = account(HERE);
    let end = Change::EndSessions(ending(all(EndedSessions::All)).into());
    let other = vestibule_model::Account { id: id("another"), ..taken };
    misfit(store, [end, Change::PutAccount(other.into())]).await;
    assert_eq!(left(store).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(told(store).await, [0_u8; 0]);
}

pub async fn the_end_of_one_session_is_told_if_it_was_there(store: &dyn Store) {
    inhabited(store).await;
    let end = || vec![Change::EndSession(SessionId([1; 16]))];
    assert_eq!(store.commit(end()).await.unwrap().ended, [SessionId([1; 16])]);
    assert_eq!(store.commit(end()).await.unwrap(), Outcome::default());
}

/// Whether session 1 ends when it is to end unless it was used after a time, and whether that is told.
async fn unused_since(store: &dyn Store, last_used: Millis) -> (bool, usize) {
    let record = entry(&session(1, &user(HERE, 1))).into();
    let change = Change::EndIfUnusedSince { session: SessionId([1; 16]), last_used, entry: record };
    let outcome = store.commit(vec![change]).await.unwrap();
    (!outcome.ended.is_empty(), told(store).await.len())
}

pub async fn a_session_that_was_used_meanwhile_does_not_end_as_unused(store: &dyn Store) {
    let sessions = inhabited(store).await;
    let before = Millis::from_unix(sessions[0].last_used.as_unix() - 1);
    assert_eq!(unused_since(store, before).await, (false, 0));
    assert_eq!(left(store).await, [1, 2, 3, 4, 5, 6]);
}

pub async fn one_that_was_not_ends_and_is_told_once(store: &dyn Store) {
    let sessions = inhabited(store).await;
    assert_eq!(unused_since(store, sessions[0].last_used).await, (true, 1));
    assert_eq!(unused_since(store, sessions[0].last_used).await, (false, 1));
    assert_eq!(left(store).await, [2, 3, 4, 5, 6]);
}

/// What ends a session is told of it, so a deletion leaves that to whoever knows: they end by the same words as others.
pub async fn what_is_deleted_leaves_its_sessions_to_be_ended(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::PutApiKey(id(HERE), api_key(77).into())]).await;
    let deletions = [
        Change::DeleteApiKey(id(HERE), ApplicationId(77)),
        Change::DeleteUser(user(HERE, 1).id),
        Change::DeleteAccount(id(HERE)),
    ];
    for deletion in deletions {
        given(store, [deletion]).await;
        assert_eq!(left(store).await, [1, 2, 3, 4, 5, 6]);
    }
    let of_user = all(EndedSessions::OfUser(user(HERE, 1).id));
    let known = SessionSelector { account: Some(id(HERE)), ..of_user };
    assert_eq!(end(store, ending(known)).await, [1, 2]);
    assert_eq!(end(store, ending(all(EndedSessions::OfAccount(id(HERE))))).await, [3, 4]);
}

pub async fn the_walk_of_a_user_begins_behind_any_session_of_theirs(store: &dyn Store) {
    inhabited(store).await;
    let User { id: of, .. } = user(HERE, 2);
    let third = store.session(SessionId([3; 16])).await.unwrap().unwrap().number;
    let behind = Some(WalkPosition { user: of, session: third });
    let selector = SessionSelector { account: Some(id(HERE)), ..all(EndedSessions::OfUser(of)) };
    assert_eq!(commit(store, EndSessions { behind, ..ending(selector) }).await.ended, [SessionId([4; 16])]);
}
