//! Facts: whoever follows the entries about ends learns of each session that ended, once, and in the order of the ends.

use vestibule_model::{AuditAction, AuditPlace, Millis, Session};

use super::audit::every;
use super::ends::entry;
use super::given;
use super::samples::{HERE, account, id, session, user};
use crate::{AuditOrder, AuditQuery, Change, EndRecords, EndSessions, EndedSessions, SessionSelector, Store};

/// Sessions 1 to 9 of somebody.
async fn nine(store: &dyn Store) -> Vec<Session> {
    let somebody = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(somebody.clone().into())]).await;
    let sessions: Vec<Session> = (1..=9).map(|byte| session(byte, &somebody)).collect();
    given(store, sessions.iter().cloned().map(|session| Change::OpenSession(session.into()))).await;
    sessions
}

/// The ends behind a place, with their places; a page is small.
async fn ends_behind(store: &dyn Store, behind: Option<AuditPlace>) -> Vec<(AuditPlace, u8)> {
    let query = AuditQuery {
        action: Some(AuditAction::SessionEnded),
        order: AuditOrder::OldestFirst,
        behind,
        limit: 2,
        ..AuditQuery::default()
    };
    let entries = every(store, query).await;
    entries.iter().filter_map(|entry| Some((entry.place, entry.record.session?.0[0]))).collect()
}

pub async fn ends_of_every_kind_are_followed_by_their_entries(store: &dyn Store) {
    let sessions = nine(store).await;
    let of_one = |number: usize| {
        let session = &sessions[number - 1];
        [Change::EndSession(session.id), Change::Audit(entry(session).into())]
    };
    given(store, of_one(5)).await;
    let (session, last_used) = (sessions[1].id, Millis::from_unix(i64::MAX));
    given(store, [Change::EndIfUnusedSince { session, last_used, entry: entry(&sessions[1]).into() }]).await;
    let followed = ends_behind(store, None).await;
    assert_eq!(followed.iter().map(|(_, byte)| *byte).collect::<Vec<_>>(), [5, 2]);

    given(store, of_one(9)).await;
    let selector = SessionSelector {
        sessions: EndedSessions::OfAccount(id(HERE)),
        account: None,
        opened_until: Millis::from_unix(i64::MAX),
    };
    let records = EndRecords::by(|session| Some(entry(session)));
    let many = EndSessions { selector, behind: None, limit: 100, records };
    given(store, [Change::EndSessions(many.into())]).await;
    let later = ends_behind(store, followed.last().map(|(place, _)| *place)).await;
    let mut bytes: Vec<u8> = later.iter().map(|(_, byte)| *byte).collect();
    assert_eq!(bytes.remove(0), 9);
    bytes.sort_unstable();
    assert_eq!(bytes, [1, 3, 4, 6, 7, 8]);
    assert_eq!(ends_behind(store, later.last().map(|(place, _)| *place)).await, []);
}

pub async fn an_end_that_is_not_committed_is_not_followed(store: &dyn Store) {
    let sessions = nine(store).await;
    let (session, last_used) = (sessions[0].id, Millis::from_unix(i64::MIN));
    given(store, [Change::EndIfUnusedSince { session, last_used, entry: entry(&sessions[0]).into() }]).await;
    let refused = vec![
        Change::EndSession(session),
        Change::Audit(entry(&sessions[0]).into()),
        Change::OpenSession(sessions[1].clone().into()),
    ];
    assert!(store.commit(refused).await.is_err());
    assert_eq!(ends_behind(store, None).await, []);
}
