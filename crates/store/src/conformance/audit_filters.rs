//! Facts: entries are found, and counted, by everything that they can be asked for by.

use std::net::IpAddr;

use vestibule_model::{
    Actor, ActorKey, AdministrationTokenId, Application, ApplicationId, AuditAction, AuditReason,
    AuditRecord, AuditTarget, AuthenticationMethod, ConnectionId, Dialect, EndReason, EndedSession, Means,
    Millis, Refusal, RefusalId, SessionReference, TargetKey, TargetKind, UserId,
};

use super::audit::every;
use super::given;
use super::samples::{ELSEWHERE, HERE, bare_audit_record, id};
use crate::{AuditCount, AuditOrder, AuditQuery, Change, Store};

fn address(number: i64) -> IpAddr {
    if number % 4 == 3 { format!("2001:db8::{number}") } else { format!("192.0.2.{number}") }.parse().unwrap()
}

/// An entry of everything that one can be asked for by, different for each number. Every second is the end of a session.
pub fn varied_audit_record(number: i64) -> AuditRecord {
    let n = number.rem_euclid(1_000);
    let ends = n % 2 == 0;
    let user = UserId(n % 7);
    let session = EndedSession {
        opened: Millis::from_unix(n),
        opened_from: (n % 3 != 0).then(|| address(n % 8)),
        last_used: Millis::from_unix(n),
        opened_with: [
            Application::None,
            Application::ApiKey(ApplicationId(n % 5)),
            Application::Token(ApplicationId(9)),
        ][usize::try_from(n % 3).unwrap()],
        method: AuthenticationMethod::Password,
        dialect: Dialect::LivePerson,
    };
    AuditRecord {
        action: if ends { AuditAction::SessionEnded } else { AuditAction::LogInRefused },
        reason: (n % 11 != 0).then_some(if ends {
            AuditReason::Ended(
                [EndReason::LoggedOut, EndReason::Expired][usize::try_from(n / 2 % 2).unwrap()],
            )
        } else {
            AuditReason::Refused(Refusal::WrongPassword)
        }),
        account: (n % 5 != 0).then(|| id(if n % 3 == 0 { HERE } else { ELSEWHERE })),
        user: (n % 4 != 0).then_some(user),
        session: Some(SessionReference([u8::try_from(n % 251).unwrap(); 16])),
        actor: match n % 6 {
            0 | 1 => Actor::User { id: user, name: "same".into() },
            2 => Actor::User { id: UserId(n % 3), name: "other".into() },
            3 => Actor::AdministrationToken { id: AdministrationTokenId(n % 2), name: String::new() },
            4 => Actor::Connection { id: ConnectionId(n % 2), name: String::new() },
            _ => Actor::System,
        },
        means: if n % 3 == 0 { Means::ApiKey(ApplicationId(n % 4)) } else { Means::Password },
        address: (n % 6 != 5).then(|| address(n % 8)),
        target: (n % 9 == 0).then(|| AuditTarget {
            kind: if n % 2 == 0 { TargetKind::Profile } else { TargetKind::ApiKey },
            id: (n % 5).to_string(),
            name: String::new(),
        }),
        details: if ends {
            session.with_explanation(Some(r#"{"idle_ms":1}"#))
        } else {
            Some(format!(r#"{{"refusal":"{n:016x}"}}"#))
        },
        ..bare_audit_record(number)
    }
}

/// A question for each thing to ask by, for some together, and for what there is not.
pub fn varied_audit_queries() -> Vec<AuditQuery> {
    let all = AuditQuery::default;
    let at = |number: i64| Some(bare_audit_record(number).at);
    let target = |kind, id: &str| Some(TargetKey { kind, id: id.into() });
    let ended = |reason| Some(AuditReason::Ended(reason));
    let actor = |actor| AuditQuery { actor: Some(actor), ..all() };
    let of_ends = AuditQuery { action: Some(AuditAction::SessionEnded), ..all() };
    vec![
        all(),
        of_ends.clone(),
        AuditQuery { action: Some(AuditAction::Restored), ..all() },
        AuditQuery { account: Some(id(HERE)), ..all() },
        AuditQuery { not_account: Some(id(HERE)), ..all() },
        AuditQuery { not_account: Some(id("c")), user: Some(UserId(0)), ..all() },
        AuditQuery { user: Some(UserId(0)), ..all() },
        AuditQuery { user: Some(UserId(3)), account: Some(id(ELSEWHERE)), ..all() },
        AuditQuery { session: Some(SessionReference([7; 16])), ..all() },
        AuditQuery { session: Some(SessionReference([7; 16])), user: Some(UserId(0)), ..all() },
        AuditQuery { refusal: RefusalId::read("0000000000000011"), ..all() },
        actor(ActorKey::User(UserId(0))),
        actor(ActorKey::User(UserId(2))),
        actor(ActorKey::User(UserId(77))),
        actor(ActorKey::AdministrationToken(AdministrationTokenId(1))),
        actor(ActorKey::Connection(ConnectionId(0))),
        actor(ActorKey::System),
        actor(ActorKey::CommandLine),
        AuditQuery { user: Some(UserId(2)), ..actor(ActorKey::User(UserId(2))) },
        AuditQuery { application: Some(ApplicationId(0)), ..all() },
        AuditQuery { address: Some(address(1)), ..all() },
        AuditQuery { address: Some(address(3)), ..all() },
        AuditQuery { reason: ended(EndReason::Expired), ..all() },
        AuditQuery { reason: Some(AuditReason::Refused(Refusal::WrongPassword)), ..all() },
        AuditQuery { target: target(TargetKind::Profile, "0"), ..all() },
        AuditQuery { target: target(TargetKind::ApiKey, "0"), ..all() },
        AuditQuery { target: target(TargetKind::Skill, "0"), ..all() },
        AuditQuery { opened_from: Some(address(2)), ..all() },
        AuditQuery { opened_with: Some(ApplicationId(1)), ..all() },
        AuditQuery { opened_with: Some(ApplicationId(9)), opened_from: Some(address(2)), ..of_ends.clone() },
        AuditQuery { since: at(5), until: at(40), ..all() },
        AuditQuery { since: at(17), reason: ended(EndReason::LoggedOut), ..of_ends },
        AuditQuery { until: at(-5), ..all() },
        AuditQuery { since: at(9), until: at(9), ..all() },
        AuditQuery { until: Some(Millis::from_unix(i64::MIN)), ..all() },
    ]
}

pub async fn each_filter_finds_and_counts_what_it_wants(store: &dyn Store) {
    let records: Vec<AuditRecord> = (1..=60).map(varied_audit_record).collect();
    given(store, records.into_iter().map(|record| Change::Audit(record.into()))).await;
    let oldest_first = AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..AuditQuery::default() };
    let entries = every(store, oldest_first).await;
    for query in varied_audit_queries() {
        let wanted: Vec<_> = entries.iter().rev().filter(|entry| query.wants(entry)).cloned().collect();
        let count = AuditCount::Exact(wanted.len().try_into().unwrap());
        assert_eq!(store.count_audit(query.clone()).await.unwrap(), count, "{query:?}");
        assert_eq!(every(store, query.clone()).await, wanted, "{query:?}");
    }
}

pub async fn a_count_is_of_all_pages(store: &dyn Store) {
    assert_eq!(store.count_audit(AuditQuery::default()).await.unwrap(), AuditCount::Exact(0));
    given(store, (1..=5).map(|number| Change::Audit(bare_audit_record(number).into()))).await;
    let through = store.audit(AuditQuery { limit: 2, ..AuditQuery::default() }).await.unwrap().next;
    let query = AuditQuery { limit: 1, behind: through, ..AuditQuery::default() };
    for order in [AuditOrder::NewestFirst, AuditOrder::OldestFirst] {
        let count = store.count_audit(AuditQuery { order, ..query.clone() }).await.unwrap();
        assert_eq!(count, AuditCount::Exact(5));
        let count = store.count_audit(AuditQuery { order, through, ..query.clone() }).await.unwrap();
        assert_eq!(count, AuditCount::Exact(4));
    }
}

pub async fn indexing_changes_nothing_that_is_told(store: &dyn Store) {
    given(store, (1..=5).map(|number| Change::Audit(varied_audit_record(number).into()))).await;
    let (before, sequence) =
        (every(store, AuditQuery::default()).await, store.directory().await.unwrap().sequence);
    while store.commit(vec![Change::IndexAudit]).await.unwrap().more_to_index {}
    assert_eq!(every(store, AuditQuery::default()).await, before);
    assert_eq!(store.directory().await.unwrap().sequence, sequence);
}
