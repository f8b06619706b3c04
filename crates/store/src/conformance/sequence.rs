//! Facts: those who follow the directory learn of every change of it, and of nothing else.

use vestibule_model::{ApplicationId, ConnectionId, Millis, SessionId};

use super::samples::{
    ELSEWHERE, HERE, account, api_key, application_token, group, id, oauth_client, profile, saml_connection,
    session, skill, user,
};
use super::{given, misfit};
use crate::{
    ApplicationTouch, Change, Changed, ChangedPart, DirectoryChanges, LastUse, Part, PartRow, Sequence, Store,
};

fn put_account(name: &str) -> Change {
    Change::PutAccount(account(name).into())
}

async fn sequence(store: &dyn Store) -> Sequence {
    store.directory().await.unwrap().sequence
}

/// What changed, without how it is now.
async fn changed(store: &dyn Store, after: Sequence) -> Vec<Changed> {
    store.changes(after).await.unwrap().changed.iter().map(|part| part.changed).collect()
}

pub async fn a_new_store_has_not_changed(store: &dyn Store) {
    let changes = store.changes(Sequence::default()).await.unwrap();
    assert_eq!(changes, DirectoryChanges::default());
}

pub async fn every_change_of_a_directory_moves_it(store: &dyn Store) {
    let (here, user) = (id(HERE), user(HERE, 1));
    let password = Box::new(user.password.clone().unwrap());
    let hash = password.hash.clone();
    let changes = [
        put_account(HERE),
        Change::PutProfile(here, profile(1)),
        Change::PutGroup(here, group(1)),
        Change::PutSkill(here, skill(1)),
        Change::PutUser(user.clone().into()),
        Change::PutApiKey(here, api_key(1).into()),
        Change::PutOauthClient(here, oauth_client(1).into()),
        Change::PutApplicationToken(here, application_token(1).into()),
        Change::ReplacePasswordHash { user: user.id, old: hash, new: "new".into() },
        Change::SetLock { user: user.id, locked_at: None },
        Change::SetPassword { user: user.id, password, credential_version: user.credential_version + 1 },
    ];
    for change in changes {
        let before = sequence(store).await;
        given(store, [change.clone()]).await;
        assert!(sequence(store).await > before, "unmoved by {change:?}");
        let accounts: Vec<_> = changed(store, before).await.iter().map(|one| one.in_account()).collect();
        assert_eq!(accounts, [Some(here)], "{change:?}");
    }
}

pub async fn sessions_do_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    let session = session(1, &user);
    let number = store.commit(vec![Change::OpenSession(session.into())]).await.unwrap().opened[0];
    let at = Millis::from_unix(i64::MAX);
    given(store, [Change::NoteLastUses(vec![LastUse { number, at }])]).await;
    given(store, [Change::EndSession(SessionId([1; 16]))]).await;
    assert_eq!(sequence(store).await, before);
    assert_eq!(changed(store, before).await, []);
}

pub async fn the_use_of_an_application_does_not_move_it(store: &dyn Store) {
    let token = Change::PutApplicationToken(id(HERE), application_token(1).into());
    given(store, [put_account(HERE), token]).await;
    let before = sequence(store).await;
    let last_used = Millis::from_unix(i64::MAX);
    let touch = ApplicationTouch { application: ApplicationId(1), last_used, requests: 1 };
    given(store, [Change::TouchApplications(vec![touch])]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_refused_commit_does_not_move_it(store: &dyn Store) {
    given(store, [put_account(HERE)]).await;
    let before = sequence(store).await;
    misfit(store, [Change::PutSkill(id(HERE), skill(1)), Change::PutSkill(id(ELSEWHERE), skill(1))]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_lock_that_changes_nothing_does_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    given(store, [Change::SetLock { user: user.id, locked_at: user.locked_at }]).await;
    given(store, [Change::SetLock { user: vestibule_model::UserId(404), locked_at: None }]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn a_hash_that_is_not_replaced_does_not_move_it(store: &dyn Store) {
    let user = user(HERE, 1);
    given(store, [put_account(HERE), Change::PutUser(user.clone().into())]).await;
    let before = sequence(store).await;
    let other = Change::ReplacePasswordHash { user: user.id, old: "other".into(), new: "new".into() };
    given(store, [other]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn the_directory_is_read_with_its_sequence(store: &dyn Store) {
    for number in 1..=5 {
        given(store, [put_account(HERE), Change::PutSkill(id(HERE), skill(number))]).await;
        let directory = store.directory().await.unwrap();
        let changes = store.changes(directory.sequence).await.unwrap();
        let nothing = DirectoryChanges { sequence: directory.sequence, ..DirectoryChanges::default() };
        assert_eq!(changes, nothing);
    }
}

/// One of everything that an account has, with what tells it.
fn one_of_each() -> Vec<(Change, Part, PartRow)> {
    let (here, user) = (id(HERE), user(HERE, 1));
    vec![
        (put_account(HERE), Part::Account, PartRow::Account(account(HERE).into())),
        (Change::PutProfile(here, profile(1)), Part::Profile(1), PartRow::Profile(profile(1))),
        (Change::PutGroup(here, group(2)), Part::Group(2), PartRow::Group(group(2))),
        (Change::PutSkill(here, skill(3)), Part::Skill(3), PartRow::Skill(skill(3))),
        (Change::PutUser(user.clone().into()), Part::User(user.id), PartRow::User(user.into())),
        (
            Change::PutApiKey(here, api_key(4).into()),
            Part::ApiKey(ApplicationId(4)),
            PartRow::ApiKey(api_key(4).into()),
        ),
        (
            Change::PutOauthClient(here, oauth_client(5).into()),
            Part::OauthClient(ApplicationId(5)),
            PartRow::OauthClient(oauth_client(5).into()),
        ),
        (
            Change::PutApplicationToken(here, application_token(6).into()),
            Part::ApplicationToken(ApplicationId(6)),
            PartRow::ApplicationToken(application_token(6).into()),
        ),
        (
            Change::PutConnection(here, saml_connection(7).into()),
            Part::Connection(ConnectionId(7)),
            PartRow::Connection(saml_connection(7).into()),
        ),
    ]
}

pub async fn every_part_is_named_as_it_is(store: &dyn Store) {
    for (change, part, row) in one_of_each() {
        let before = sequence(store).await;
        given(store, [change.clone()]).await;
        let expected =
            ChangedPart { changed: Changed::OfAccount { account: id(HERE), part }, row: Some(row) };
        assert_eq!(store.changes(before).await.unwrap().changed, [expected], "{change:?}");
    }
}

pub async fn a_part_that_is_gone_is_named_without_a_row(store: &dyn Store) {
    given(store, one_of_each().into_iter().map(|(change, ..)| change)).await;
    let here = id(HERE);
    for (change, part) in [
        (Change::DeleteProfile(here, 1), Part::Profile(1)),
        (Change::DeleteGroup(here, 2), Part::Group(2)),
        (Change::DeleteSkill(here, 3), Part::Skill(3)),
        (Change::DeleteUser(user(HERE, 1).id), Part::User(user(HERE, 1).id)),
        (Change::DeleteApiKey(here, ApplicationId(4)), Part::ApiKey(ApplicationId(4))),
        (Change::DeleteOauthClient(here, ApplicationId(5)), Part::OauthClient(ApplicationId(5))),
        (Change::DeleteApplicationToken(here, ApplicationId(6)), Part::ApplicationToken(ApplicationId(6))),
        (Change::DeleteConnection(here, ConnectionId(7)), Part::Connection(ConnectionId(7))),
    ] {
        let before = sequence(store).await;
        given(store, [change.clone()]).await;
        let expected = ChangedPart { changed: Changed::OfAccount { account: here, part }, row: None };
        assert_eq!(store.changes(before).await.unwrap().changed, [expected], "{change:?}");
        given(store, [change]).await;
        assert_eq!(changed(store, before).await.len(), 1, "what is not there is not deleted");
    }
}

pub async fn a_part_of_another_account_is_not_told(store: &dyn Store) {
    let before = sequence(store).await;
    given(store, [put_account(HERE), put_account(ELSEWHERE), Change::PutSkill(id(ELSEWHERE), skill(1))])
        .await;
    let expected = [(HERE, Part::Account), (ELSEWHERE, Part::Account), (ELSEWHERE, Part::Skill(1))]
        .map(|(account, part)| Changed::OfAccount { account: id(account), part });
    let mut changed = changed(store, before).await;
    // By account, in the order of the store; the parts of each in their own.
    changed.sort_by_key(|changed| changed.in_account() != Some(id(HERE)));
    assert_eq!(changed, expected);
}

pub async fn what_logins_change_is_named_as_such(store: &dyn Store) {
    let user = user(ELSEWHERE, 1);
    let password = user.password.clone().unwrap();
    let replace =
        Change::ReplacePasswordHash { user: user.id, old: password.hash.clone(), new: "new".into() };
    let credential_version = user.credential_version + 1;
    given(store, [put_account(HERE), put_account(ELSEWHERE), Change::PutUser(user.clone().into())]).await;
    for change in [
        Change::SetLock { user: user.id, locked_at: None },
        replace,
        Change::SetPassword { user: user.id, password: password.into(), credential_version },
    ] {
        let before = sequence(store).await;
        given(store, [change.clone()]).await;
        let now = store.user(user.id).await.unwrap().unwrap();
        let expected = ChangedPart {
            changed: Changed::credentials(id(ELSEWHERE), user.id),
            row: Some(PartRow::User(now.into())),
        };
        assert_eq!(store.changes(before).await.unwrap().changed, [expected], "{change:?}");
    }
}

pub async fn a_part_changed_twice_is_named_once(store: &dyn Store) {
    given(store, [put_account(HERE)]).await;
    let before = sequence(store).await;
    given(store, [Change::PutSkill(id(HERE), skill(1)), Change::PutSkill(id(HERE), skill(1))]).await;
    given(store, [Change::PutSkill(id(HERE), skill(1))]).await;
    assert_eq!(
        changed(store, before).await,
        [Changed::OfAccount { account: id(HERE), part: Part::Skill(1) }]
    );
}

pub async fn an_account_that_was_deleted_stands_for_its_parts(store: &dyn Store) {
    given(store, one_of_each().into_iter().map(|(change, ..)| change)).await;
    let before = sequence(store).await;
    given(store, [Change::PutSkill(id(HERE), skill(7)), Change::DeleteAccount(id(HERE))]).await;
    assert_eq!(changed(store, before).await, [Changed::everything(id(HERE))]);
    given(store, [put_account(HERE), Change::PutSkill(id(HERE), skill(8))]).await;
    let expected = ChangedPart { changed: Changed::everything(id(HERE)), row: None };
    assert_eq!(store.changes(before).await.unwrap().changed, [expected]);
}

pub async fn many_parts_are_named_as_the_account_with_everything_in_it(store: &dyn Store) {
    given(store, [put_account(HERE), put_account(ELSEWHERE)]).await;
    let before = sequence(store).await;
    given(store, (0..2_000).map(|number| Change::PutSkill(id(HERE), skill(number)))).await;
    given(store, [Change::PutSkill(id(ELSEWHERE), skill(1))]).await;
    let mut changed = changed(store, before).await;
    changed.sort_unstable_by_key(|changed| changed.in_account() != Some(id(HERE)));
    let elsewhere = Changed::OfAccount { account: id(ELSEWHERE), part: Part::Skill(1) };
    assert_eq!(changed, [Changed::everything(id(HERE)), elsewhere]);
}

/// An account whose skills 1 to 5 were put one after the other; the sequences after each.
async fn five_skills(store: &dyn Store) -> [Sequence; 5] {
    given(store, [put_account(HERE)]).await;
    let mut sequences = [Sequence::default(); 5];
    for (number, after) in (1..).zip(&mut sequences) {
        given(store, [Change::PutSkill(id(HERE), skill(number))]).await;
        *after = sequence(store).await;
    }
    sequences
}

fn skills<const N: usize>(numbers: [i64; N]) -> [Changed; N] {
    numbers.map(|number| Changed::OfAccount { account: id(HERE), part: Part::Skill(number) })
}

pub async fn changes_are_trimmed_oldest_first(store: &dyn Store) {
    let after = five_skills(store).await;
    // The account, and one skill: four are over, and no more than two are forgotten.
    given(store, [Change::TrimChanges { keep: 2, limit: 2 }]).await;
    assert_eq!(changed(store, after[0]).await, skills([2, 3, 4, 5]));
    given(store, [Change::TrimChanges { keep: 2, limit: 99 }]).await;
    assert_eq!(changed(store, after[2]).await, skills([4, 5]));
    assert_eq!(sequence(store).await, after[4]);
    given(store, [Change::TrimChanges { keep: 0, limit: 99 }]).await;
    assert_eq!((sequence(store).await, changed(store, after[4]).await), (after[4], vec![]));
    given(store, [Change::PutSkill(id(HERE), skill(6))]).await;
    assert_eq!(changed(store, after[4]).await, skills([6]));
}

pub async fn who_followed_no_further_than_what_is_trimmed_is_told(store: &dyn Store) {
    let after = five_skills(store).await;
    given(store, [Change::TrimChanges { keep: 2, limit: 99 }]).await;
    let mut told = Vec::new();
    for after in after {
        let changes = store.changes(after).await.unwrap();
        assert!(!changes.is_trimmed || changes.changed.is_empty(), "{changes:?}");
        told.push(changes.is_trimmed);
    }
    assert_eq!(told, [true, true, false, false, false]);
    given(store, [Change::TrimChanges { keep: 0, limit: 99 }]).await;
    assert!(store.changes(after[3]).await.unwrap().is_trimmed);
    assert!(!store.changes(after[4]).await.unwrap().is_trimmed);
}

pub async fn a_position_that_was_never_reached_is_told(store: &dyn Store) {
    let [.., last] = five_skills(store).await;
    assert!(store.changes(Sequence(last.0 + 1)).await.unwrap().is_trimmed);
    assert!(store.changes(Sequence(-1)).await.unwrap().is_trimmed);
}
