//! Random commits on a store and on the model beside it: both must answer alike.
//!
//! Few accounts, names, numbers and sessions, so that values meet: most rounds have commits that are refused.

mod random_changes;
mod random_traffic;

use std::mem::{Discriminant, discriminant};

use proptest::collection::vec;
use proptest::prelude::*;
use vestibule_model::{
    AccountId, ApplicationId, AuditPlace, ConnectionId, Day, Millis, Session, SessionReference, User, UserId,
};

use self::random_changes::{ACCOUNTS, change, user_id};
use super::audit::every;
use super::samples::{account, digest, id, user};
use super::{all, every_session};
use crate::{
    AuditQuery, Change, ChangedPart, DirectoryRows, FederatedLogins, LastUse, MemoryStore, Outcome, Part,
    Sequence, SessionNumber, SessionsVersion, Store, StoreError, TrafficQuery, UserSessions,
};

/// The changes of one commit. An expected sequence of 0 stands for the one at the beginning of the round, the number of a session
/// that was used for its place among those that the store has then.
pub type Commit = Vec<Change>;

/// Rounds of commits that are asked for at once. The first makes somebody who can open sessions.
pub fn rounds() -> impl Strategy<Value = Vec<Vec<Commit>>> {
    vec(vec(vec(change(), 0..4), 1..5), 1..14).prop_map(|mut rounds| {
        let somebody = User { credential_version: 1, ..user("a", 1) };
        let first = vec![Change::PutAccount(account("a").into()), Change::PutUser(somebody.into())];
        rounds.insert(0, vec![first]);
        rounds
    })
}

/// Commits everything to the store and to a model, and compares every answer. Gives the model.
pub async fn compare(store: &dyn Store, rounds: Vec<Vec<Commit>>) -> MemoryStore {
    let model = MemoryStore::new();
    for commits in rounds {
        let before = (sequence(store).await, sequence(&model).await);
        let expected = ask(&model, before.1, &commits).await;
        assert_eq!(ask(store, before.0, &commits).await, expected, "of {commits:#?}");
        assert_eq!(changed(store, before.0).await, changed(&model, before.1).await, "after {commits:#?}");
        assert_same(store, &model).await;
    }
    model
}

/// Whether both hold the same.
pub async fn assert_same(store: &dyn Store, model: &dyn Store) {
    let (found, expected) = (directory(store).await, directory(model).await);
    assert_eq!((found.accounts, found.gateway_rules), (expected.accounts, expected.gateway_rules));
    assert_same_sessions(store, model).await;
    assert_same_federated(store, model).await;
    assert_same_traffic(store, model).await;
    for name in ACCOUNTS {
        assert_eq!(store.account(id(name)).await.unwrap(), model.account(id(name)).await.unwrap());
    }
    assert_eq!(store.administrators().await.unwrap(), model.administrators().await.unwrap());
    assert_eq!(store.administration_tokens().await.unwrap(), model.administration_tokens().await.unwrap());
    for key in 1..4 {
        assert_eq!(store.answer(digest(key)).await.unwrap(), model.answer(digest(key)).await.unwrap());
    }
    let users: Vec<UserId> = (1..5).map(user_id).collect();
    for account in ACCOUNTS.map(id) {
        let logins = store.last_logins(account, users.clone()).await.unwrap();
        assert_eq!(logins, model.last_logins(account, users.clone()).await.unwrap());
        for user in &users {
            assert_eq!(of_user(store, account, *user).await, of_user(model, account, *user).await);
        }
        assert_eq!(store.last_uses(account).await.unwrap(), model.last_uses(account).await.unwrap());
    }
    let ids = (1..5).flat_map(|number| {
        let application = ApplicationId(number);
        let applications = [
            Part::ApiKey(application),
            Part::OauthClient(application),
            Part::ApplicationToken(application),
            Part::Connection(ConnectionId(number)),
        ];
        users.iter().copied().map(Part::User).chain(applications)
    });
    let ids: Vec<Part> = ids.collect();
    assert_eq!(store.deleted(ids.clone()).await.unwrap(), model.deleted(ids).await.unwrap());
    assert_eq!(store.oldest_answer().await.unwrap(), model.oldest_answer().await.unwrap());
    assert_same_pages(store, model).await;
}

/// Whether both have counted the same, and tell it alike a page at a time.
async fn assert_same_traffic(store: &dyn Store, model: &dyn Store) {
    for account in ACCOUNTS.map(|name| Some(id(name))).into_iter().chain([None]) {
        let overview = store.traffic_overview(account).await.unwrap();
        assert_eq!(overview, model.traffic_overview(account).await.unwrap());
        let (from, through) = (Day::from_number(20_784), Day::from_number(20_795));
        let mut query = TrafficQuery { account, application: None, from, through, after: None, limit: 2 };
        loop {
            let page = store.traffic(query).await.unwrap();
            assert_eq!(page, model.traffic(query).await.unwrap());
            query.after = page.last().map(|row| (row.source.application, row.period));
            if page.len() < query.limit {
                break;
            }
        }
    }
}

/// Whether both find the same sessions by logins at identity providers.
async fn assert_same_federated(store: &dyn Store, model: &dyn Store) {
    let connections = store.federated_connections().await.unwrap();
    assert_eq!(connections, model.federated_connections().await.unwrap());
    for connection in connections {
        for (subject, session_index) in [(None, None), (Some([1; 32]), None), (None, Some([1; 32]))] {
            let logins = FederatedLogins { connection, subject, session_index };
            assert_eq!(federated(store, logins).await, federated(model, logins).await);
        }
    }
}

async fn federated(store: &dyn Store, logins: FederatedLogins) -> Vec<Session> {
    let found = store.federated_sessions(logins, None, 100).await.unwrap();
    let numbers: Vec<SessionNumber> = found.iter().map(|stored| stored.number).collect();
    assert_eq!(store.federated_session_numbers(logins, None, 100).await.unwrap(), numbers);
    found.into_iter().map(|stored| stored.session).collect()
}

/// The sessions of a user without their numbers, which a store chooses, and their version.
async fn of_user(store: &dyn Store, account: AccountId, user: UserId) -> (Vec<Session>, SessionsVersion) {
    let UserSessions { sessions, version } = store.sessions_of_user(account, user).await.unwrap();
    (sessions.into_iter().map(|stored| stored.session).collect(), version)
}

/// Whether both answer alike what is asked for a page at a time.
async fn assert_same_pages(store: &dyn Store, model: &dyn Store) {
    let limit = 2;
    let account = Some(id("a"));
    let session = Some(SessionReference([1; 16]));
    for query in [
        AuditQuery { limit, ..AuditQuery::default() },
        AuditQuery { account, limit, ..AuditQuery::default() },
        AuditQuery { user: Some(user_id(1)), session, ..AuditQuery::default() },
        AuditQuery { since: Some(Millis::from_unix(2)), ..AuditQuery::default() },
        AuditQuery { through: Some(AuditPlace::in_first(3)), limit, ..AuditQuery::default() },
    ] {
        assert_eq!(every(store, query.clone()).await, every(model, query).await);
    }
}

/// Stores may number sessions otherwise, but in the same order.
async fn assert_same_sessions(store: &dyn Store, model: &dyn Store) {
    let sessions = every_session(store).await;
    assert_eq!(sessions, every_session(model).await);
    for (place, after) in numbers(store).await.into_iter().enumerate() {
        let page = store.sessions(Some(after), 2).await.unwrap();
        let page: Vec<Session> = page.into_iter().map(|stored| stored.session).collect();
        assert_eq!(page, sessions[place + 1..sessions.len().min(place + 3)]);
    }
}

async fn numbers(store: &dyn Store) -> Vec<SessionNumber> {
    store.sessions(None, 1_000).await.unwrap().iter().map(|stored| stored.number).collect()
}

/// Asks for all the commits at once; tells each one's fate, leaving out the words of refusals.
async fn ask(store: &dyn Store, now: Sequence, commits: &[Commit]) -> Vec<Result<Outcome, Fate>> {
    let numbers = numbers(store).await;
    let of = |place: SessionNumber| {
        let place = usize::try_from(place.0).unwrap();
        numbers.get(place).copied().unwrap_or(SessionNumber(1_000_000))
    };
    let at = |change: &Change| match change {
        Change::NoteLastUses(uses) => {
            let uses = uses.iter().map(|last_use| LastUse { number: of(last_use.number), ..*last_use });
            Change::NoteLastUses(uses.collect())
        }
        Change::ExpectUnchanged { since: Sequence(0), scopes } => {
            Change::ExpectUnchanged { since: now, scopes: scopes.clone() }
        }
        other => other.clone(),
    };
    let asked: Vec<_> = commits.iter().map(|commit| store.commit(commit.iter().map(at).collect())).collect();
    let outcome = |mut outcome: Outcome| {
        outcome.ended.sort_unstable();
        let walked = outcome.unfinished.iter_mut().map(|(_, walk)| &mut walk.session);
        outcome.opened.iter_mut().chain(walked).for_each(|number| *number = SessionNumber(0));
        outcome
    };
    let outcomes = all(asked).await.into_iter();
    outcomes.map(|result| result.map(outcome).map_err(|error| discriminant(&error))).collect()
}

async fn directory(store: &dyn Store) -> DirectoryRows {
    store.directory().await.unwrap()
}

async fn sequence(store: &dyn Store) -> Sequence {
    directory(store).await.sequence
}

async fn changed(store: &dyn Store, after: Sequence) -> (Vec<ChangedPart>, bool) {
    let changes = store.changes(after).await.unwrap();
    (changes.changed, changes.is_trimmed)
}

/// How a commit was refused.
type Fate = Discriminant<StoreError>;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// A comparison of stores that refuse everything, or nothing, would find little.
    #[tokio::test]
    async fn random_commits_meet_every_fate() {
        let (mut runner, mut fates, mut opened) = (TestRunner::deterministic(), HashMap::new(), 0);
        for _ in 0..200 {
            let model = MemoryStore::new();
            for commits in rounds().new_tree(&mut runner).unwrap().current() {
                let now = sequence(&model).await;
                ask(&model, now, &commits)
                    .await
                    .into_iter()
                    .for_each(|fate| *fates.entry(fate.err()).or_insert(0) += 1);
            }
            opened += model.sessions(None, 9).await.unwrap().len();
        }
        let refused = |error: &StoreError| fates.get(&Some(discriminant(error))).copied().unwrap_or(0);
        let moved = refused(&StoreError::DirectoryMoved);
        let stale = refused(&StoreError::StaleCredentials);
        let misfits = refused(&StoreError::Constraint(String::new()));
        let consumed = refused(&StoreError::AlreadyConsumed);
        let logged_out = refused(&StoreError::LoggedOut);
        let met = (fates[&None], moved, stale, misfits, consumed, logged_out, opened);
        let refused_enough = moved > 50 && stale > 100 && misfits > 100 && consumed > 20 && logged_out > 10;
        assert!(fates[&None] > 500 && refused_enough && opened > 50, "{met:?}");
    }
}
