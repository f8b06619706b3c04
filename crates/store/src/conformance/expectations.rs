//! Facts: a transaction that rests on something is refused exactly when that changed in between.

use super::samples::{ELSEWHERE, HERE, account, group, id, profile, skill, user};
use super::{all, given, refused};
use crate::{Change, DirectoryScope, Part, PartKind, Sequence, Store, StoreError};

async fn sequence(store: &dyn Store) -> Sequence {
    store.directory().await.unwrap().sequence
}

/// Two accounts, one of which has a user; the sequence after that.
async fn inhabited(store: &dyn Store) -> Sequence {
    let accounts = [HERE, ELSEWHERE].map(|name| Change::PutAccount(account(name).into()));
    given(store, accounts).await;
    given(store, [Change::PutUser(user(HERE, 1).into())]).await;
    sequence(store).await
}

fn expect(since: Sequence, scope: DirectoryScope) -> Change {
    Change::ExpectUnchanged { since, scopes: vec![scope] }
}

/// Whether a commit that rests on `scope` is refused when `change` came in between.
async fn meets(store: &dyn Store, change: Change, scope: DirectoryScope) -> bool {
    let since = sequence(store).await;
    given(store, [change]).await;
    let outcome = store.commit(vec![expect(since, scope), Change::Probe]).await;
    assert!(
        matches!(outcome, Ok(_) | Err(StoreError::DirectoryMoved)),
        "refused for another reason: {outcome:?}"
    );
    outcome.is_err()
}

pub async fn what_did_not_change_lets_pass(store: &dyn Store) {
    inhabited(store).await;
    let (here, elsewhere, user) = (id(HERE), id(ELSEWHERE), user(HERE, 1));
    let lock = Change::SetLock { user: user.id, locked_at: None };
    for (change, scope) in [
        (Change::PutGroup(here, group(1)), DirectoryScope::Kind(elsewhere, PartKind::Group)),
        (Change::PutGroup(here, group(1)), DirectoryScope::Kind(here, PartKind::Skill)),
        (Change::PutGroup(here, group(1)), DirectoryScope::part(here, Part::Group(2))),
        (Change::PutGroup(here, group(1)), DirectoryScope::part(here, Part::Account)),
        (Change::PutGroup(here, group(1)), DirectoryScope::part(here, Part::Skill(1))),
        (Change::PutUser(user.clone().into()), DirectoryScope::Kind(here, PartKind::Credentials)),
        (lock, DirectoryScope::Kind(here, PartKind::User)),
    ] {
        assert!(!meets(store, change.clone(), scope).await, "{change:?} {scope:?}");
    }
    let other = Change::PutUser(super::samples::user(HERE, 2).into());
    assert!(!meets(store, other, DirectoryScope::User(user.id)).await);
    let since = sequence(store).await;
    given(store, [Change::PutGroup(here, group(1))]).await;
    given(store, [Change::ExpectUnchanged { since, scopes: Vec::new() }, Change::Probe]).await;
}

pub async fn what_changed_refuses_in_every_scope_that_includes_it(store: &dyn Store) {
    inhabited(store).await;
    let here = id(HERE);
    for scope in [DirectoryScope::Kind(here, PartKind::Profile), DirectoryScope::part(here, Part::Profile(1))]
    {
        assert!(meets(store, Change::PutProfile(here, profile(1)), scope).await, "{scope:?}");
    }
}

pub async fn a_user_changes_with_what_logins_change(store: &dyn Store) {
    inhabited(store).await;
    let user = user(HERE, 1);
    for change in [
        Change::PutUser(user.clone().into()),
        Change::SetLock { user: user.id, locked_at: None },
        Change::DeleteUser(user.id),
    ] {
        assert!(meets(store, change.clone(), DirectoryScope::User(user.id)).await, "{change:?}");
    }
}

pub async fn an_account_that_was_deleted_is_in_every_scope_of_it(store: &dyn Store) {
    let here = id(HERE);
    for scope in [
        DirectoryScope::Kind(here, PartKind::Profile),
        DirectoryScope::part(here, Part::Profile(1)),
        DirectoryScope::part(here, Part::Account),
        DirectoryScope::User(user(HERE, 1).id),
    ] {
        given(store, [Change::PutAccount(account(HERE).into())]).await;
        assert!(meets(store, Change::DeleteAccount(here), scope).await, "{scope:?}");
    }
    given(store, [Change::PutAccount(account(HERE).into())]).await;
    let elsewhere = DirectoryScope::Kind(id(ELSEWHERE), PartKind::Profile);
    assert!(!meets(store, Change::DeleteAccount(here), elsewhere).await);
}

pub async fn an_expectation_is_of_the_time_before_the_commit(store: &dyn Store) {
    let since = inhabited(store).await;
    let put = |number| Change::PutSkill(id(HERE), skill(number));
    let skills = DirectoryScope::Kind(id(HERE), PartKind::Skill);
    given(store, [put(1), expect(since, skills), put(2)]).await;
}

pub async fn of_two_who_expect_the_same_one_wins(store: &dyn Store) {
    let since = inhabited(store).await;
    let scope = DirectoryScope::Kind(id(HERE), PartKind::Skill);
    let edit = |number| store.commit(vec![expect(since, scope), Change::PutSkill(id(HERE), skill(number))]);
    let results = all((1..=10).map(edit)).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results.iter().filter(|result| matches!(result, Err(StoreError::DirectoryMoved))).count();
    assert_eq!((won, lost), (1, 9), "{results:?}");
    assert_eq!(store.account(id(HERE)).await.unwrap().unwrap().skills.len(), 1);
}

pub async fn what_is_not_known_any_more_refuses(store: &dyn Store) {
    let since = inhabited(store).await;
    given(store, [Change::PutSkill(id(ELSEWHERE), skill(1)), Change::PutSkill(id(ELSEWHERE), skill(2))])
        .await;
    let here = DirectoryScope::Kind(id(HERE), PartKind::Skill);
    given(store, [expect(since, here), Change::TrimChanges { keep: 1, limit: 99 }]).await;
    let error = refused(store, [expect(since, here), Change::PutSkill(id(HERE), skill(1))]).await;
    assert!(matches!(error, StoreError::DirectoryMoved), "{error:?}");
}

pub async fn a_position_that_was_never_reached_refuses(store: &dyn Store) {
    let newest = inhabited(store).await;
    for since in [Sequence(newest.0 + 1), Sequence(newest.0 + 1_000), Sequence(-1)] {
        let here = DirectoryScope::Kind(id(HERE), PartKind::Skill);
        let error = refused(store, [expect(since, here), Change::PutSkill(id(HERE), skill(1))]).await;
        assert!(matches!(error, StoreError::DirectoryMoved), "{error:?}");
    }
}
