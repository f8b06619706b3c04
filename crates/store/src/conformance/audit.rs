//! Facts: entries of the audit are written with their transaction, stay as they are, are read in pages, and leave from
//! the beginning only.

use vestibule_model::{
    Actor, AdministrationTokenId, AuditAction, AuditEntry, AuditPlace, AuditReason, AuditRecord, AuditTarget,
    ConnectionId, Dialect, Millis, RefusalId, SessionReference, TargetKind, User, UserId,
};

use super::audit_words::{ACTIONS, ENDS, MEANS, REFUSALS, TARGETS};
use super::samples::{ELSEWHERE, HERE, account, audit_record, bare_audit_record, id, session, skill, user};
use super::{given, misfit};
use crate::{AuditOrder, AuditPage, AuditQuery, Change, Store};

fn audit(record: AuditRecord) -> Change {
    Change::Audit(record.into())
}

async fn written(store: &dyn Store, records: impl IntoIterator<Item = AuditRecord>) {
    given(store, records.into_iter().map(audit)).await;
}

fn oldest_first() -> AuditQuery {
    AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..AuditQuery::default() }
}

/// Every entry that the question wants, page by page.
pub(super) async fn every(store: &dyn Store, mut query: AuditQuery) -> Vec<AuditEntry> {
    let mut all = Vec::new();
    loop {
        let AuditPage { entries, next } = store.audit(query.clone()).await.unwrap();
        assert!(entries.len() <= query.bounded_limit());
        all.extend(entries);
        query.behind = next;
        if next.is_none() {
            return all;
        }
    }
}

async fn sequences(store: &dyn Store, query: AuditQuery) -> Vec<i64> {
    every(store, query).await.iter().map(|entry| entry.place.number).collect()
}

async fn records(store: &dyn Store) -> Vec<AuditRecord> {
    every(store, oldest_first()).await.into_iter().map(|entry| entry.record).collect()
}

pub async fn a_new_store_has_no_entries(store: &dyn Store) {
    assert_eq!(store.audit(AuditQuery::default()).await.unwrap(), AuditPage::default());
}

pub async fn an_entry_is_read_back(store: &dyn Store) {
    let expected = [audit_record(1), bare_audit_record(2)];
    written(store, expected.clone()).await;
    assert_eq!(records(store).await, expected);
}

/// An entry about the user of this number, by the system.
fn about(number: i32) -> AuditRecord {
    AuditRecord { user: Some(user(HERE, number).id), ..bare_audit_record(1) }
}

async fn names(store: &dyn Store) -> Vec<Option<String>> {
    records(store).await.into_iter().map(|record| record.user_name).collect()
}

pub async fn an_entry_about_a_user_bears_the_name_they_have_then(store: &dyn Store) {
    let jane = user(HERE, 1);
    let renamed = User { login_name: "renamed".into(), ..jane.clone() };
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(jane.clone().into())]).await;
    written(store, [about(1), about(404), bare_audit_record(2)]).await;
    given(store, [Change::PutUser(renamed.into()), audit(about(1))]).await;
    let renamed = Some("renamed".to_owned());
    assert_eq!(names(store).await, [Some(jane.login_name), None, None, renamed]);
}

pub async fn an_entry_may_say_the_name_itself(store: &dyn Store) {
    let user = about(404).user.unwrap();
    let named = AuditRecord { user_name: Some("said".into()), ..about(404) };
    let own = AuditRecord { actor: Actor::User { id: user, name: "own".into() }, ..about(404) };
    let other = AuditRecord { actor: Actor::User { id: UserId(7), name: "other".into() }, ..about(404) };
    written(store, [named, own, other]).await;
    assert_eq!(names(store).await, [Some("said".to_owned()), Some("own".to_owned()), None]);
}

pub async fn the_entry_of_a_deletion_bears_the_name_of_who_is_gone(store: &dyn Store) {
    let jane = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(jane.clone().into())]).await;
    let target = AuditTarget { kind: TargetKind::User, id: jane.id.to_string(), name: "jane".into() };
    let told = AuditRecord { target: Some(target), ..about(1) };
    given(store, [Change::DeleteUser(jane.id), audit(told)]).await;
    assert_eq!(names(store).await, [Some("jane".to_owned())]);
}

pub async fn every_action_and_reason_is_read_back(store: &dyn Store) {
    let expected: Vec<AuditRecord> = ACTIONS
        .iter()
        .map(|action| (*action, None))
        .chain(ENDS.iter().map(|end| (AuditAction::SessionEnded, Some(AuditReason::Ended(*end)))))
        .chain(REFUSALS.iter().map(|why| (AuditAction::LogInRefused, Some(AuditReason::Refused(*why)))))
        .map(|(action, reason)| AuditRecord { action, reason, ..bare_audit_record(1) })
        .collect();
    written(store, expected.clone()).await;
    assert_eq!(records(store).await, expected);
}

pub async fn every_actor_means_and_target_is_read_back(store: &dyn Store) {
    let actors = [
        Actor::Unknown,
        Actor::User { id: UserId(i64::MIN), name: String::new() },
        Actor::AdministrationToken { id: AdministrationTokenId(7), name: "deploy".into() },
        Actor::Connection { id: ConnectionId(7), name: "adfs".into() },
        Actor::CommandLine { name: "root".into() },
        Actor::System,
    ];
    let target = |kind| AuditTarget { kind, id: "é".into(), name: String::new() };
    let expected: Vec<AuditRecord> = actors
        .map(|actor| AuditRecord { actor, ..bare_audit_record(1) })
        .into_iter()
        .chain(MEANS.map(|means| AuditRecord { means, ..bare_audit_record(2) }))
        .chain(TARGETS.map(|kind| AuditRecord { target: Some(target(kind)), ..bare_audit_record(3) }))
        .collect();
    written(store, expected.clone()).await;
    assert_eq!(records(store).await, expected);
}

pub async fn text_and_numbers_at_their_ends_are_read_back_from_the_audit(store: &dyn Store) {
    let odd = AuditRecord {
        at: Millis::from_unix(i64::MIN),
        until: Some(Millis::from_unix(i64::MAX)),
        count: u32::MAX,
        before: Some(String::new()),
        after: Some("\u{1f511}\"'\n\u{7f}".into()),
        details: Some("{}".repeat(10_000)),
        dialect: Some(Dialect::LivePerson),
        address: Some("2001:db8::17".parse().unwrap()),
        ..bare_audit_record(1)
    };
    written(store, [odd.clone()]).await;
    assert_eq!(records(store).await, [odd]);
}

pub async fn entries_are_numbered_from_one_without_a_gap(store: &dyn Store) {
    written(store, (0..3).map(bare_audit_record)).await;
    written(store, (3..5).map(bare_audit_record)).await;
    assert_eq!(sequences(store, oldest_first()).await, [1, 2, 3, 4, 5]);
}

pub async fn a_refused_commit_leaves_no_entry_and_no_gap(store: &dyn Store) {
    written(store, [bare_audit_record(1)]).await;
    misfit(store, [audit(bare_audit_record(2)), Change::PutSkill(id(HERE), skill(1))]).await;
    written(store, [bare_audit_record(3)]).await;
    let entries = every(store, oldest_first()).await;
    let found: Vec<_> = entries.into_iter().map(|entry| (entry.place.number, entry.record)).collect();
    assert_eq!(found, [(1, bare_audit_record(1)), (2, bare_audit_record(3))]);
}

pub async fn an_entry_is_written_with_its_change(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())]).await;
    given(store, [Change::OpenSession(session(1, &user).into()), audit(audit_record(1))]).await;
    let stale = session(2, &super::samples::user(HERE, 404));
    let refused = super::refused(store, [Change::OpenSession(stale.into()), audit(audit_record(2))]).await;
    assert!(matches!(refused, crate::StoreError::StaleCredentials), "{refused:?}");
    assert_eq!(records(store).await, [audit_record(1)]);
}

pub async fn the_audit_does_not_move_the_directory(store: &dyn Store) {
    let before = store.directory().await.unwrap().sequence;
    written(store, [audit_record(1)]).await;
    given(store, [Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 9 }]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}

pub async fn the_newest_come_first_unless_asked_otherwise(store: &dyn Store) {
    written(store, (0..4).map(bare_audit_record)).await;
    let limit = 9;
    assert_eq!(sequences(store, AuditQuery { limit, ..AuditQuery::default() }).await, [4, 3, 2, 1]);
}

pub async fn the_pages_of_an_audit_are_every_entry_once(store: &dyn Store) {
    written(store, (0..7).map(bare_audit_record)).await;
    for limit in [0, 1, 2, 3, 7, 8] {
        assert_eq!(sequences(store, AuditQuery { limit, ..oldest_first() }).await, [1, 2, 3, 4, 5, 6, 7]);
        let newest_first = AuditQuery { limit, ..AuditQuery::default() };
        assert_eq!(sequences(store, newest_first).await, [7, 6, 5, 4, 3, 2, 1]);
    }
}

pub async fn a_page_begins_behind_any_place(store: &dyn Store) {
    written(store, (0..4).map(bare_audit_record)).await;
    for (behind, newest_first, oldest) in
        [(i64::MIN, vec![], vec![1, 2, 3, 4]), (2, vec![1], vec![3, 4]), (i64::MAX, vec![4, 3, 2, 1], vec![])]
    {
        let behind = Some(AuditPlace::in_first(behind));
        assert_eq!(sequences(store, AuditQuery { behind, ..oldest_first() }).await, oldest);
        let query = AuditQuery { behind, limit: 9, ..AuditQuery::default() };
        assert_eq!(sequences(store, query).await, newest_first);
    }
}

pub async fn what_was_written_later_than_an_entry_is_left_out(store: &dyn Store) {
    written(store, (0..4).map(bare_audit_record)).await;
    for (through, expected) in [
        (i64::MIN, vec![]),
        (1, vec![1]),
        (3, vec![1, 2, 3]),
        (4, vec![1, 2, 3, 4]),
        (i64::MAX, vec![1, 2, 3, 4]),
    ] {
        let through = Some(AuditPlace::in_first(through));
        for limit in [1, 9] {
            assert_eq!(sequences(store, AuditQuery { through, limit, ..oldest_first() }).await, expected);
            let mut newest_first =
                sequences(store, AuditQuery { through, limit, ..AuditQuery::default() }).await;
            newest_first.reverse();
            assert_eq!(newest_first, expected);
        }
    }
}

pub async fn a_page_is_bounded_whatever_is_asked_for(store: &dyn Store) {
    written(store, (0..1_100).map(bare_audit_record)).await;
    let page = store.audit(AuditQuery { limit: usize::MAX, ..oldest_first() }).await.unwrap();
    assert_eq!(page.entries.len(), AuditQuery::MAX_LIMIT);
    assert_eq!(page.next, Some(AuditPlace::in_first(1_000)));
}

/// Entries of two accounts, users, sessions, actions, one after the other in time.
async fn mixed(store: &dyn Store) {
    let record = |number: i64| {
        let odd = number % 2 == 1;
        AuditRecord {
            account: Some(id(if number % 4 < 2 { HERE } else { ELSEWHERE })),
            user: Some(UserId(number % 3)),
            session: odd.then_some(SessionReference([u8::from(number > 6); 16])),
            action: if odd { AuditAction::LoggedIn } else { AuditAction::Changed },
            ..bare_audit_record(number)
        }
    };
    written(store, (1..=12).map(record)).await;
}

pub async fn entries_of_an_account_are_found(store: &dyn Store) {
    mixed(store).await;
    let query = AuditQuery { account: Some(id(HERE)), ..oldest_first() };
    assert_eq!(sequences(store, query).await, [1, 4, 5, 8, 9, 12]);
}

pub async fn entries_about_a_user_are_found_with_and_without_the_account(store: &dyn Store) {
    mixed(store).await;
    let query = AuditQuery { user: Some(UserId(1)), ..oldest_first() };
    assert_eq!(sequences(store, query.clone()).await, [1, 4, 7, 10]);
    let query = AuditQuery { account: Some(id(HERE)), ..query };
    assert_eq!(sequences(store, query).await, [1, 4]);
}

pub async fn entries_about_a_session_are_found(store: &dyn Store) {
    mixed(store).await;
    let query = AuditQuery { session: Some(SessionReference([0; 16])), ..oldest_first() };
    assert_eq!(sequences(store, query.clone()).await, [1, 3, 5]);
    assert_eq!(sequences(store, AuditQuery { order: AuditOrder::NewestFirst, ..query }).await, [5, 3, 1]);
}

pub async fn entries_of_an_action_are_found(store: &dyn Store) {
    mixed(store).await;
    let query = AuditQuery { action: Some(AuditAction::LoggedIn), ..oldest_first() };
    assert_eq!(sequences(store, query).await, [1, 3, 5, 7, 9, 11]);
}

pub async fn the_entry_about_a_refusal_is_found_by_its_id(store: &dyn Store) {
    let told = |number: i64, refusal: &str| AuditRecord {
        action: AuditAction::LogInRefused,
        ..telling(number, refusal)
    };
    let (one, other) = ("00000000000000a1", "00000000000000a2");
    written(store, [told(1, one), told(2, other), bare_audit_record(3)]).await;
    assert_eq!(sequences(store, of_refusal(other)).await, [2]);
    assert_eq!(sequences(store, of_refusal("00000000000000a3")).await, [0; 0]);
}

/// An entry whose details name a refusal.
fn telling(number: i64, refusal: &str) -> AuditRecord {
    let details = Some(format!(r#"{{"connection":"idp","refusal":"{refusal}"}}"#));
    AuditRecord { details, ..bare_audit_record(number) }
}

fn of_refusal(refusal: &str) -> AuditQuery {
    AuditQuery { refusal: RefusalId::read(refusal), ..oldest_first() }
}

pub async fn the_entry_about_a_refusal_is_found_among_many_others(store: &dyn Store) {
    let refused = |number: i64| {
        let action = if number % 2 == 0 { AuditAction::LogInRefused } else { AuditAction::LogOutRefused };
        AuditRecord { action, ..telling(number, &format!("{number:016x}")) }
    };
    let others = |numbers: std::ops::Range<i64>| numbers.map(bare_audit_record);
    written(store, others(1..2_600)).await;
    written(store, [refused(2_600), refused(2_601)]).await;
    written(store, others(2_602..5_200)).await;
    written(store, [refused(5_200)]).await;
    for number in [2_600, 2_601, 5_200] {
        let query = of_refusal(&format!("{number:016x}"));
        assert_eq!(sequences(store, query.clone()).await, [number]);
        assert_eq!(sequences(store, AuditQuery { order: AuditOrder::NewestFirst, ..query }).await, [number]);
    }
    assert_eq!(sequences(store, of_refusal(&format!("{:016x}", 2_602))).await, [0; 0]);
}

pub async fn only_entries_about_refusals_tell_of_one(store: &dyn Store) {
    let refusal = "00000000000000a1";
    let of = |action| AuditRecord { action, ..telling(1, refusal) };
    written(store, AuditAction::ALL.into_iter().map(of)).await;
    let found = every(store, of_refusal(refusal)).await;
    let found: Vec<AuditAction> = found.into_iter().map(|entry| entry.record.action).collect();
    assert_eq!(found, [AuditAction::LogInRefused, AuditAction::LogOutRefused]);
}

pub async fn entries_of_a_span_of_time_are_found(store: &dyn Store) {
    mixed(store).await;
    let at = |number: i64| Some(Millis::from_unix(1_780_000_000_000 + number));
    let query = |since, until| AuditQuery { since, until, ..oldest_first() };
    assert_eq!(sequences(store, query(at(3), at(6))).await, [3, 4, 5]);
    assert_eq!(sequences(store, query(at(11), None)).await, [11, 12]);
    assert_eq!(sequences(store, query(None, at(3))).await, [1, 2]);
    assert_eq!(sequences(store, query(at(6), at(3))).await, [0; 0]);
}

pub async fn entries_written_while_the_clock_was_wrong_are_found_by_their_time(store: &dyn Store) {
    written(store, [5, 1, 9, 2, 7].map(bare_audit_record)).await;
    let at = |number: i64| Some(Millis::from_unix(1_780_000_000_000 + number));
    let query = AuditQuery { since: at(2), until: at(8), ..oldest_first() };
    assert_eq!(sequences(store, query).await, [1, 4, 5]);
}

pub async fn conditions_have_to_be_met_together(store: &dyn Store) {
    mixed(store).await;
    let query = AuditQuery {
        account: Some(id(HERE)),
        session: Some(SessionReference([0; 16])),
        action: Some(AuditAction::LoggedIn),
        until: Some(Millis::from_unix(1_780_000_000_005)),
        ..oldest_first()
    };
    assert_eq!(sequences(store, query).await, [1]);
}

pub async fn what_is_old_is_pruned(store: &dyn Store) {
    written(store, (1..=5).map(bare_audit_record)).await;
    let before = Millis::from_unix(1_780_000_000_004);
    given(store, [Change::PruneAudit { before, limit: 100 }]).await;
    assert_eq!(sequences(store, oldest_first()).await, [4, 5]);
}

pub async fn no_more_is_pruned_than_asked_for(store: &dyn Store) {
    written(store, (1..=5).map(bare_audit_record)).await;
    let before = Millis::from_unix(i64::MAX);
    given(store, [Change::PruneAudit { before, limit: 2 }]).await;
    assert_eq!(sequences(store, oldest_first()).await, [3, 4, 5]);
}

pub async fn only_the_beginning_is_pruned(store: &dyn Store) {
    written(store, [1, 9, 2, 3].map(bare_audit_record)).await;
    let before = Millis::from_unix(1_780_000_000_005);
    given(store, [Change::PruneAudit { before, limit: 100 }]).await;
    assert_eq!(sequences(store, oldest_first()).await, [2, 3, 4]);
}

pub async fn numbers_go_on_after_everything_was_pruned(store: &dyn Store) {
    written(store, (1..=3).map(bare_audit_record)).await;
    let prune = Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 100 };
    given(store, [prune.clone()]).await;
    given(store, [prune, audit(bare_audit_record(4))]).await;
    assert_eq!(sequences(store, oldest_first()).await, [4]);
}

pub async fn a_refused_commit_prunes_nothing(store: &dyn Store) {
    written(store, (1..=3).map(bare_audit_record)).await;
    let prune = Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 2 };
    misfit(store, [prune, audit(bare_audit_record(4)), Change::PutSkill(id(HERE), skill(1))]).await;
    assert_eq!(sequences(store, oldest_first()).await, [1, 2, 3]);
}
