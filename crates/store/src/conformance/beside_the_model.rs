//! Random commits on a store and on the model beside it: both must answer alike.
//!
//! Few accounts, names, numbers and sessions, so that values meet: most rounds have commits that are refused.

use std::mem::{Discriminant, discriminant};

use proptest::collection::vec;
use proptest::prelude::*;
use vestibule_model::{
    Account, AccountId, AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, ApiKey,
    ApplicationId, ApplicationToken, AuditPlace, AuditRecord, Generation, Millis, OauthClient,
    PasswordCredential, Population, RememberedAnswer, Session, SessionId, SessionReference, Superseded, User,
    UserId,
};

use super::audit::every;
use super::samples::{
    account, administration_token, agent, api_key, application_token, audit_record, digest, group, id,
    oauth_client, profile, session, skill, user,
};
use super::{all, every_session};
use crate::{
    ApplicationTouch, AuditQuery, Change, ChangedPart, DirectoryRows, DirectoryScope, EndRecords,
    EndSessions, EndedSessions, LastUse, MemoryStore, Outcome, Part, PartKind, Sequence, SessionNumber,
    SessionSelector, SessionsDecision, SessionsVersion, Store, StoreError, UserQuery, UserSessions,
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
    assert_eq!(found.accounts, expected.accounts);
    assert_same_sessions(store, model).await;
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
    assert_eq!(store.oldest_answer().await.unwrap(), model.oldest_answer().await.unwrap());
    assert_same_pages(store, model).await;
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
    let users = UserQuery { limit, ..UserQuery::of(id("a")) };
    for query in [
        users.clone(),
        UserQuery { name_prefix: Some("x".into()), behind: Some(user_id(1)), ..users.clone() },
        UserQuery { population: Some(Population::Agent), enabled: Some(true), ..users },
    ] {
        assert_eq!(store.users(query.clone()).await.unwrap(), model.users(query).await.unwrap());
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

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

fn scope() -> impl Strategy<Value = DirectoryScope> {
    prop_oneof![
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::Account)),
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::User)),
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::Skill)),
        name().prop_map(|account| DirectoryScope::part(account, Part::Account)),
        (1..4_i32).prop_map(|number| DirectoryScope::User(user_id(number))),
        (name(), 1..3_i64).prop_map(|(account, id)| DirectoryScope::part(account, Part::Group(id))),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (-1..3_i64, scope()).prop_map(|(at, scope)| Change::ExpectUnchanged {
            since: Sequence(at.min(0)),
            scopes: vec![scope],
        }),
        6 => (0..2_u8, 0..5_i64).prop_map(|(value, at)| Change::ConsumeOnce {
            value: [value; 32],
            expires: Millis::from_unix(at),
        }),
        1 => (0..5_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::ForgetConsumed { before: Millis::from_unix(before), limit }),
        1 => (0..20_u64, 0..20_u64).prop_map(|(keep, limit)| Change::TrimChanges { keep, limit }),
        4 => an_account().prop_map(|account| Change::PutAccount(account.into())),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutProfile(account, profile(id))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutGroup(account, group(id))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutSkill(account, skill(id))),
        6 => a_user().prop_map(|user| Change::PutUser(user.into())),
        2 => (name(), an_api_key()).prop_map(|(account, key)| Change::PutApiKey(account, key.into())),
        2 => (name(), a_client()).prop_map(|(account, client)| Change::PutOauthClient(account, client.into())),
        2 => (name(), a_token()).prop_map(|(account, token)| Change::PutApplicationToken(account, token.into())),
        2 => (1..5, hash(), 1..4_i64).prop_map(|(number, hash, credential_version)| Change::SetPassword {
            user: user_id(number),
            password: password(hash).into(),
            credential_version,
        }),
        1 => (1..5, hash(), hash())
            .prop_map(|(number, old, new)| Change::ReplacePasswordHash { user: user_id(number), old, new }),
        1 => (1..5, time()).prop_map(|(number, locked_at)| Change::SetLock { user: user_id(number), locked_at }),
        8 => a_session().prop_map(|session| Change::OpenSession(session.into())),
        6 => a_decision().prop_map(Change::DecideOnSessions),
        2 => (0..5_u8).prop_map(|byte| Change::EndSession(SessionId([byte; 16]))),
        1 => (0..5_u8, 0..3_i64, an_entry()).prop_map(|(byte, at, entry)| Change::EndIfUnusedSince {
            session: SessionId([byte; 16]),
            last_used: Millis::from_unix(at),
            entry: entry.into(),
        }),
        1 => (a_selector(), prop::option::of(0..5_u8)).prop_map(an_end_of_many),
        2 => vec((0..5_u64, 0..3_i64), 0..4).prop_map(last_uses),
        2 => vec((1..4_i64, 0..3_i64, 0..3_u64), 0..4).prop_map(application_touches),
        1 => deletion(),
        2 => administration(),
        1 => an_answer(),
        1 => (0..4_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::ForgetAnswers { before: Millis::from_unix(before), limit }),
        2 => an_entry().prop_map(|record| Change::Audit(record.into())),
        1 => (0..4_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::PruneAudit { before: Millis::from_unix(before), limit }),
    ]
}

fn a_decision() -> impl Strategy<Value = SessionsDecision> {
    let version = (0..3_i64, 0..2_i64, 0..2_i64).prop_map(|(user, account, installation)| SessionsVersion {
        user,
        account,
        installation,
    });
    (name(), 1..4, version, prop::option::of(0..5_u8)).prop_map(|(account, number, version, given)| {
        let given = given.map(|byte| SessionId([byte; 16]));
        SessionsDecision { account, user: user_id(number), version, given }
    })
}

fn a_selector() -> impl Strategy<Value = SessionSelector> {
    let sessions = prop_oneof![
        (1..4).prop_map(|number| EndedSessions::OfUser(user_id(number))),
        (1..4, 0..5_u8)
            .prop_map(|(number, byte)| EndedSessions::OfUserBut(user_id(number), SessionId([byte; 16]))),
        name().prop_map(EndedSessions::OfAccount),
        (1..5_u8).prop_map(
            |number| Generation::new(number).map_or(EndedSessions::All, EndedSessions::UnderMasterKey)
        ),
        Just(EndedSessions::All),
        (0..5_u8).prop_map(|byte| EndedSessions::AllBut(SessionId([byte; 16]))),
    ];
    let until = prop_oneof![3 => Just(i64::MAX), 1 => Just(0)];
    (sessions, prop::option::of(name()), until).prop_map(|(sessions, account, until)| SessionSelector {
        sessions,
        account,
        opened_until: Millis::from_unix(until),
    })
}

/// All that are selected, but for one of which nothing is told. They are told of in an order that is the store's: alike.
fn an_end_of_many((selector, stays): (SessionSelector, Option<u8>)) -> Change {
    let records = EndRecords::by(move |session| {
        (stays != Some(session.id.0[0]))
            .then(|| AuditRecord { user_name: Some("x".into()), ..audit_record(1) })
    });
    Change::EndSessions(EndSessions { selector, behind: None, limit: 100, records }.into())
}

fn deletion() -> impl Strategy<Value = Change> {
    let application = || (name(), (1..4_i64).prop_map(ApplicationId));
    prop_oneof![
        1 => name().prop_map(Change::DeleteAccount),
        2 => (1..5).prop_map(|number| Change::DeleteUser(user_id(number))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteProfile(account, id)),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteGroup(account, id)),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteSkill(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteApiKey(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteOauthClient(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteApplicationToken(account, id)),
    ]
}

fn administration() -> impl Strategy<Value = Change> {
    let token = || (1..4_i64).prop_map(AdministrationTokenId);
    prop_oneof![
        2 => (1..5, role()).prop_map(|(number, role)| {
            Change::PutAdministrator(Administrator { user: user_id(number), role })
        }),
        1 => (1..5).prop_map(|number| Change::DeleteAdministrator(user_id(number))),
        2 => (1..4_i64, 1..4, role()).prop_map(|(id, name, role)| {
            let token =
                AdministrationToken { name: format!("name {name}"), role, ..administration_token(id) };
            Change::PutAdministrationToken(token.into())
        }),
        1 => token().prop_map(Change::DeleteAdministrationToken),
        1 => (token(), 0..3_i64).prop_map(|(token, at)| Change::TouchAdministrationToken {
            token,
            last_used: Millis::from_unix(1_785_000_000_007 + at),
        }),
    ]
}

fn an_answer() -> impl Strategy<Value = Change> {
    (1..4_i64, 1..3_i64, 0..4_i64, 0..4_i64).prop_map(|(key, request, at, before)| {
        let (key, request, at) = (digest(key), digest(request), Millis::from_unix(at));
        let answer = RememberedAnswer { key, request, at, sealed: vec![1] };
        Change::RememberAnswer { answer: answer.into(), replaces_before: Millis::from_unix(before) }
    })
}

fn role() -> impl Strategy<Value = AdministratorRole> {
    prop_oneof![
        Just(AdministratorRole::Owner),
        name().prop_map(AdministratorRole::Administrator),
        prop::option::of(name()).prop_map(AdministratorRole::Auditor),
    ]
}

fn an_entry() -> impl Strategy<Value = AuditRecord> {
    let user = prop::option::of((1..3).prop_map(user_id));
    let session = prop::option::of((0..2_u8).prop_map(|byte| SessionReference([byte; 16])));
    (prop::option::of(name()), user, session, 0..4_i64).prop_map(|(account, user, session, at)| AuditRecord {
        at: Millis::from_unix(at),
        account,
        user,
        user_name: None,
        session,
        ..audit_record(at)
    })
}

fn name() -> impl Strategy<Value = AccountId> {
    prop::sample::select(&ACCOUNTS[..]).prop_map(id)
}

fn an_account() -> impl Strategy<Value = Account> {
    (prop::sample::select(&ACCOUNTS[..]), 0..6, 0..6).prop_map(|(name, code, number)| Account {
        code: format!("code {code}"),
        number,
        ..account(name)
    })
}

fn a_user() -> impl Strategy<Value = User> {
    let names = prop::sample::select(&["x", "X", "y", "z"][..]);
    let version = prop_oneof![5 => Just(1_i64), 1 => Just(2)];
    let parts =
        (name(), 1..5, 1..5, names, any::<bool>(), prop::bool::weighted(0.9), version, time(), hash());
    parts.prop_map(
        |(account, id, number, login_name, is_agent, enabled, credential_version, locked_at, hash)| {
            let base = agent(account.as_str(), id, login_name);
            let population = if is_agent { base.population } else { user("a", 1).population };
            let password = Some(password(hash)).filter(|_| number != 4);
            User { number, population, enabled, credential_version, locked_at, password, ..base }
        },
    )
}

fn an_api_key() -> impl Strategy<Value = ApiKey> {
    (1..4_i64, 1..4_i32).prop_map(|(id, app_key)| ApiKey { app_key: app_key.to_string(), ..api_key(id) })
}

fn a_client() -> impl Strategy<Value = OauthClient> {
    (1..4_i64, 1..4_i32)
        .prop_map(|(id, client)| OauthClient { client_id: client.to_string(), ..oauth_client(id) })
}

fn a_token() -> impl Strategy<Value = ApplicationToken> {
    let superseded = prop::option::of(
        (1..6_i64).prop_map(|of| Superseded { values: digest(of), until: Millis::from_unix(of) }),
    );
    (1..4_i64, 1..4, 1..4_i64, superseded, any::<bool>(), time(), 0..3_u64).prop_map(
        |(id, name, token, superseded, enabled, last_used, requests)| ApplicationToken {
            name: format!("name {name}"),
            token: digest(token),
            superseded,
            enabled,
            last_used,
            requests,
            ..application_token(id)
        },
    )
}

fn password(hash: String) -> PasswordCredential {
    PasswordCredential { hash, changed_at: Millis::EPOCH, history: Vec::new() }
}

fn a_session() -> impl Strategy<Value = Session> {
    let version = prop_oneof![5 => Just(1_i64), 1 => Just(2)];
    let account = prop_oneof![4 => Just(id("a")), 1 => name()];
    (0..5_u8, account, 1..4, version).prop_map(|(byte, account, number, credential_version)| {
        let user = User { credential_version, ..user(account.as_str(), number) };
        Session { last_used: Millis::from_unix(1), ..session(byte, &user) }
    })
}

fn last_uses(uses: Vec<(u64, i64)>) -> Change {
    let last_use = |(place, at)| LastUse { number: SessionNumber(place), at: Millis::from_unix(at) };
    Change::NoteLastUses(uses.into_iter().map(last_use).collect())
}

fn application_touches(touches: Vec<(i64, i64, u64)>) -> Change {
    let touch = |(id, at, requests)| ApplicationTouch {
        application: ApplicationId(id),
        last_used: Millis::from_unix(at),
        requests,
    };
    Change::TouchApplications(touches.into_iter().map(touch).collect())
}

fn user_id(number: i32) -> UserId {
    user("a", number).id
}

fn hash() -> impl Strategy<Value = String> {
    prop::sample::select(&["$one", "$two"][..]).prop_map(str::to_owned)
}

fn time() -> impl Strategy<Value = Option<Millis>> {
    prop::option::of((0..2_i64).prop_map(Millis::from_unix))
}

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
        let met = (fates[&None], moved, stale, misfits, consumed, opened);
        let refused_enough = moved > 50 && stale > 100 && misfits > 100 && consumed > 20;
        assert!(fates[&None] > 500 && refused_enough && opened > 50, "{met:?}");
    }
}
