//! Facts: which generation of the master key is in force, and what depends on each.

use vestibule_model::{
    AccountId, AdministrationToken, ApiKey, ApiKeyValues, ApplicationId, ApplicationToken, Generation,
    KeyState, Millis, OauthClient, RememberedAnswer, SecretDigest, Session, SessionId, Superseded,
    seal_prefix,
};

use super::samples::{
    HERE, account, administration_token, api_key, application_token, audit_record, digest, id, later,
    oauth_client, session, user,
};
use super::{given, misfit, refused};
use crate::{
    Change, Changed, ChangedPart, DigestHolder, DigestKind, DirectoryChanges, Part, Remains, SealHolder,
    Store, StoreError,
};

const FIRST: Generation = Generation::FIRST;

/// When what the facts are about happens.
const NOW: Millis = Millis::from_unix(1_790_000_000_000);

fn activate(generation: Generation) -> Change {
    Change::ActivateMasterKey { generation, check_value: [generation.number(); 32], at: NOW }
}

fn retire(generation: Generation) -> Change {
    Change::RetireMasterKey { generation, at: NOW }
}

async fn states(store: &dyn Store) -> Vec<(u8, KeyState)> {
    let records = store.master_keys().await.unwrap();
    records.into_iter().map(|record| (record.generation.number(), record.state)).collect()
}

async fn remains(store: &dyn Store, generation: Generation) -> Remains {
    store.remains(generation, NOW).await.unwrap()
}

/// Bytes that look like a secret sealed under a generation.
fn sealed(generation: Generation, byte: u8) -> Vec<u8> {
    [seal_prefix(generation), vec![byte; 40]].concat()
}

fn under(generation: Generation, number: i64) -> SecretDigest {
    SecretDigest { generation, ..digest(number) }
}

fn put_key(key: ApiKey) -> Change {
    Change::PutApiKey(id(HERE), key.into())
}

/// A key with both secrets sealed under a generation.
fn key_under(generation: Generation) -> ApiKey {
    ApiKey {
        sealed_secret: sealed(generation, 1),
        sealed_access_token_secret: sealed(generation, 2),
        superseded: None,
        ..api_key(1)
    }
}

async fn given_account(store: &dyn Store) -> AccountId {
    given(store, [Change::PutAccount(account(HERE).into())]).await;
    id(HERE)
}

pub async fn the_first_generation_is_active_at_first(store: &dyn Store) {
    assert_eq!(states(store).await, [(1, KeyState::Active)]);
    let records = store.master_keys().await.unwrap();
    assert_eq!((records[0].activated_at, records[0].retired_at), (None, None));
}

pub async fn a_generation_takes_the_place_of_the_one_before(store: &dyn Store) {
    given(store, [activate(later())]).await;
    assert_eq!(states(store).await, [(1, KeyState::Readable), (2, KeyState::Active)]);
    let records = store.master_keys().await.unwrap();
    assert_eq!((records[1].check_value, records[1].activated_at), ([2; 32], Some(NOW)));
}

pub async fn generations_may_be_left_out(store: &dyn Store) {
    let ninth = Generation::new(9).unwrap();
    given(store, [activate(ninth)]).await;
    assert_eq!(states(store).await, [(1, KeyState::Readable), (9, KeyState::Active)]);
}

pub async fn an_earlier_generation_or_the_same_is_not_activated(store: &dyn Store) {
    misfit(store, [activate(FIRST)]).await;
    given(store, [activate(Generation::new(9).unwrap())]).await;
    misfit(store, [activate(later())]).await;
    assert_eq!(states(store).await, [(1, KeyState::Readable), (9, KeyState::Active)]);
}

pub async fn a_refused_commit_rotates_nothing(store: &dyn Store) {
    misfit(store, [activate(later()), activate(FIRST)]).await;
    assert_eq!(states(store).await, [(1, KeyState::Active)]);
}

pub async fn an_expected_generation_that_is_not_active_refuses(store: &dyn Store) {
    given(store, [Change::ExpectMasterKey(FIRST)]).await;
    given(store, [activate(later())]).await;
    let error = refused(store, [Change::ExpectMasterKey(FIRST)]).await;
    assert!(matches!(error, StoreError::DirectoryMoved), "{error:?}");
    given(store, [Change::ExpectMasterKey(later())]).await;
}

pub async fn a_readable_generation_is_retired_when_nothing_remains(store: &dyn Store) {
    misfit(store, [retire(FIRST)]).await;
    misfit(store, [retire(later())]).await;
    given(store, [activate(later()), retire(FIRST)]).await;
    assert_eq!(states(store).await, [(1, KeyState::Retired), (2, KeyState::Active)]);
    let records = store.master_keys().await.unwrap();
    assert_eq!((records[0].retired_at, records[1].retired_at), (Some(NOW), None));
    misfit(store, [retire(FIRST)]).await;
}

pub async fn a_session_keeps_its_generation_from_retiring(store: &dyn Store) {
    given_account(store).await;
    let somebody = user(HERE, 1);
    let mut ids = [[9; 16]; 4];
    (ids[0][0], ids[1][0], ids[2][0], ids[3]) = (1, 2, 0, [0xff; 16]);
    let open = |id| Change::OpenSession(Session { id: SessionId(id), ..session(1, &somebody) }.into());
    given(store, [Change::PutUser(somebody.clone().into())]).await;
    given(store, ids.map(open)).await;
    given(store, [activate(later()), activate(Generation::new(255).unwrap())]).await;
    for generation in [FIRST, later(), Generation::new(255).unwrap()] {
        assert_eq!(remains(store, generation).await.sessions, 1, "{generation}");
    }
    misfit(store, [retire(FIRST)]).await;
    let second_form = SessionId::of(FIRST, [9; 14]);
    given(store, [open(second_form.0)]).await;
    assert_eq!(remains(store, FIRST).await.sessions, 2);
    given(store, [Change::EndSession(SessionId(ids[0]))]).await;
    misfit(store, [retire(FIRST)]).await;
    given(store, [Change::EndSession(second_form), retire(FIRST)]).await;
    assert_eq!(remains(store, FIRST).await, Remains::default());
}

pub async fn a_sealed_secret_keeps_its_generation_from_retiring(store: &dyn Store) {
    let account = given_account(store).await;
    let half = ApiKey { sealed_secret: sealed(later(), 1), ..key_under(FIRST) };
    given(store, [put_key(half.clone()), activate(later())]).await;
    assert_eq!(
        [remains(store, FIRST).await.sealed_secrets, remains(store, later()).await.sealed_secrets],
        [1, 1]
    );
    misfit(store, [retire(FIRST)]).await;
    let key = half.id;
    given(
        store,
        [Change::Reseal {
            holder: SealHolder::ApiKey(account, key),
            old: sealed(FIRST, 2),
            new: sealed(later(), 2),
        }],
    )
    .await;
    assert_eq!(store.account(account).await.unwrap().unwrap().api_keys, [key_under(later())]);
    given(store, [retire(FIRST)]).await;
}

pub async fn a_secret_that_was_changed_is_not_sealed_anew(store: &dyn Store) {
    let account = given_account(store).await;
    let key = ApiKey { sealed_secret: sealed(FIRST, 7), ..key_under(FIRST) };
    given(store, [put_key(key.clone())]).await;
    let before = store.directory().await.unwrap();
    let reseal = |account, key| Change::Reseal {
        holder: SealHolder::ApiKey(account, key),
        old: sealed(FIRST, 1),
        new: sealed(later(), 1),
    };
    let elsewhere = Change::Reseal {
        holder: SealHolder::ApiKey("nowhere".parse().unwrap(), key.id),
        old: sealed(FIRST, 7),
        new: sealed(later(), 7),
    };
    given(store, [reseal(account, key.id), reseal(account, ApplicationId(404)), elsewhere]).await;
    assert_eq!(store.directory().await.unwrap(), before);
}

pub async fn an_answer_keeps_its_generation_from_retiring(store: &dyn Store) {
    let answer = |number, generation| RememberedAnswer {
        key: under(generation, number),
        request: under(generation, 9),
        at: NOW,
        sealed: sealed(generation, 3),
    };
    let remember = |answer: RememberedAnswer| Change::RememberAnswer {
        answer: answer.into(),
        replaces_before: Millis::EPOCH,
    };
    given(store, [remember(answer(1, FIRST)), remember(answer(2, later())), activate(later())]).await;
    assert_eq!([remains(store, FIRST).await.answers, remains(store, later()).await.answers], [1, 1]);
    assert_eq!(store.answer(under(later(), 2)).await.unwrap(), Some(answer(2, later())));
    misfit(store, [retire(FIRST)]).await;
    given(store, [Change::ForgetAnswers { before: NOW.plus(std::time::Duration::from_millis(1)), limit: 1 }])
        .await;
    given(store, [retire(FIRST)]).await;
}

pub async fn the_answers_of_one_generation_are_forgotten(store: &dyn Store) {
    given(store, [activate(later())]).await;
    for (number, generation) in [(1, FIRST), (2, later()), (3, FIRST)] {
        let (key, request, at) = (under(generation, number), under(generation, 9), NOW);
        let answer = RememberedAnswer { key, request, at, sealed: sealed(generation, 3) };
        let (answer, replaces_before) = (answer.into(), Millis::EPOCH);
        given(store, [Change::RememberAnswer { answer, replaces_before }]).await;
    }
    given(store, [Change::ForgetAnswersUnder(FIRST), retire(FIRST)]).await;
    assert_eq!([remains(store, FIRST).await.answers, remains(store, later()).await.answers], [0, 1]);
    for (generation, number, is_there) in [(FIRST, 1, false), (later(), 2, true), (FIRST, 3, false)] {
        assert_eq!(store.answer(under(generation, number)).await.unwrap().is_some(), is_there, "{number}");
    }
}

fn holder(kind: DigestKind, id: i64, account: Option<AccountId>, name: &str) -> DigestHolder {
    DigestHolder { kind, id, account, name: name.into() }
}

/// One of each kind whose secret is kept under the first generation, and whose digests they are.
async fn given_holders(store: &dyn Store) -> [(DigestHolder, SecretDigest); 3] {
    let account = given_account(store).await;
    let token = ApplicationToken { token: under(FIRST, 1), superseded: None, ..application_token(1) };
    let client = OauthClient { secret: under(FIRST, 2), superseded: None, ..oauth_client(2) };
    let of_administration = AdministrationToken { secret: under(FIRST, 3), ..valid_token(3) };
    let names = (token.name.clone(), client.name.clone(), of_administration.name.clone());
    let changes = [
        Change::PutApplicationToken(account, token.into()),
        Change::PutOauthClient(account, client.into()),
        Change::PutAdministrationToken(of_administration.into()),
    ];
    given(store, changes).await;
    [
        (holder(DigestKind::ApplicationToken, 1, Some(account), &names.0), under(FIRST, 1)),
        (holder(DigestKind::OauthClient, 2, Some(account), &names.1), under(FIRST, 2)),
        (holder(DigestKind::AdministrationToken, 3, None, &names.2), under(FIRST, 3)),
    ]
}

fn valid_token(id: i64) -> AdministrationToken {
    AdministrationToken {
        expires: NOW.plus(std::time::Duration::from_millis(1)),
        revoked: None,
        ..administration_token(id)
    }
}

pub async fn digests_keep_their_generation_from_retiring_and_are_named(store: &dyn Store) {
    let holders = given_holders(store).await;
    given(store, [activate(later())]).await;
    let found = remains(store, FIRST).await;
    assert_eq!((found.digests, found.holders), (3, holders.clone().map(|(holder, _)| holder).to_vec()));
    for (holder, old) in holders {
        misfit(store, [retire(FIRST)]).await;
        let new = SecretDigest { tag: [old.tag[0] ^ 0x55; 32], generation: later() };
        given(store, [Change::RedoDigest { holder, old, new }]).await;
    }
    let account = store.account(id(HERE)).await.unwrap().unwrap();
    assert_eq!(account.application_tokens[0].token.generation, later());
    assert_eq!(account.oauth_clients[0].secret.generation, later());
    assert_eq!(store.administration_tokens().await.unwrap()[0].secret.generation, later());
    assert_eq!(remains(store, later()).await.digests, 3);
    given(store, [retire(FIRST)]).await;
}

pub async fn superseded_secrets_keep_their_generation_from_retiring_too(store: &dyn Store) {
    let account = given_account(store).await;
    let until = NOW;
    let superseded = |number| Some(Superseded { values: under(FIRST, number), until });
    let token =
        ApplicationToken { token: under(later(), 1), superseded: superseded(2), ..application_token(1) };
    let client = OauthClient { secret: under(later(), 3), superseded: superseded(4), ..oauth_client(2) };
    let values = ApiKeyValues {
        sealed_secret: sealed(FIRST, 8),
        access_token: "5e0f3b".into(),
        sealed_access_token_secret: sealed(later(), 9),
    };
    let key = ApiKey { superseded: Some(Superseded { values, until }), ..key_under(later()) };
    let holders = [
        (holder(DigestKind::ApplicationToken, 1, Some(account), &token.name), under(FIRST, 2)),
        (holder(DigestKind::OauthClient, 2, Some(account), &client.name), under(FIRST, 4)),
    ];
    given(store, [Change::PutApplicationToken(account, token.into())]).await;
    given(store, [Change::PutOauthClient(account, client.into()), put_key(key), activate(later())]).await;
    let found = remains(store, FIRST).await;
    assert_eq!((found.sealed_secrets, found.digests), (1, 2));
    assert_eq!(found.holders, holders.clone().map(|(holder, _)| holder).to_vec());
    for (holder, old) in holders {
        let new = SecretDigest { tag: [old.tag[0] ^ 0x55; 32], generation: later() };
        given(store, [Change::RedoDigest { holder, old, new }]).await;
    }
    misfit(store, [retire(FIRST)]).await;
    let key = ApplicationId(1);
    given(
        store,
        [Change::Reseal {
            holder: SealHolder::ApiKey(account, key),
            old: sealed(FIRST, 8),
            new: sealed(later(), 8),
        }],
    )
    .await;
    let rows = store.account(account).await.unwrap().unwrap();
    assert_eq!(rows.application_tokens[0].superseded.unwrap().values.generation, later());
    assert_eq!(rows.oauth_clients[0].superseded.unwrap().values.generation, later());
    assert_eq!(rows.api_keys[0].superseded.as_ref().unwrap().values.sealed_secret, sealed(later(), 8));
    given(store, [retire(FIRST)]).await;
}

pub async fn a_secret_that_was_changed_is_not_redone(store: &dyn Store) {
    let holders = given_holders(store).await;
    let before = (store.directory().await.unwrap(), store.administration_tokens().await.unwrap());
    for (holder, _) in holders {
        given(store, [Change::RedoDigest { holder, old: under(FIRST, 404), new: under(later(), 5) }]).await;
    }
    let after = (store.directory().await.unwrap(), store.administration_tokens().await.unwrap());
    assert_eq!(after, before);
}

pub async fn administration_tokens_that_work_no_more_keep_nothing(store: &dyn Store) {
    let expired = AdministrationToken { expires: NOW, ..valid_token(1) };
    let revoked = AdministrationToken { revoked: Some(Millis::EPOCH), ..valid_token(2) };
    let tokens =
        [expired, revoked].map(|token| AdministrationToken { secret: under(FIRST, token.id.0), ..token });
    given(store, [Change::PutAccount(account(HERE).into())]).await;
    given(store, tokens.map(|token| Change::PutAdministrationToken(token.into()))).await;
    given(store, [activate(later())]).await;
    assert_eq!(remains(store, FIRST).await, Remains::default());
    given(store, [retire(FIRST)]).await;
}

pub async fn what_is_sealed_or_redone_is_followed_as_a_change_of_the_directory(store: &dyn Store) {
    let [(token, old), ..] = given_holders(store).await;
    given(store, [put_key(key_under(FIRST))]).await;
    let before = store.directory().await.unwrap().sequence;
    let (account, key) = (id(HERE), ApplicationId(1));
    given(
        store,
        [Change::Reseal {
            holder: SealHolder::ApiKey(account, key),
            old: sealed(FIRST, 1),
            new: sealed(later(), 1),
        }],
    )
    .await;
    let between = store.changes(before).await.unwrap();
    assert_eq!(parts(&between), [Part::ApiKey(key)]);
    let token_id = token.id;
    given(store, [Change::RedoDigest { holder: token, old, new: under(later(), 77) }]).await;
    let after = store.changes(between.sequence).await.unwrap();
    assert_eq!(parts(&after), [Part::ApplicationToken(ApplicationId(token_id))]);
}

fn parts(changes: &DirectoryChanges) -> Vec<Part> {
    let part = |changed: &ChangedPart| match changed.changed {
        Changed::OfAccount { part, .. } => Some(part),
        Changed::GatewayRules => None,
    };
    changes.changed.iter().filter_map(part).collect()
}

pub async fn rotations_do_not_move_the_directory(store: &dyn Store) {
    let before = store.directory().await.unwrap().sequence;
    given(store, [activate(later()), retire(FIRST)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}

pub async fn a_generation_verifies_the_audit_while_entries_of_it_are_there(store: &dyn Store) {
    let write = || Change::Audit(audit_record(1).into());
    assert!(!remains(store, FIRST).await.verifies_audit);
    given(store, [write()]).await;
    given(store, [activate(later()), write()]).await;
    assert!(remains(store, FIRST).await.verifies_audit && remains(store, later()).await.verifies_audit);
    given(store, [Change::PruneAudit { before: Millis::from_unix(i64::MAX), limit: 1 }]).await;
    assert!(!remains(store, FIRST).await.verifies_audit);
    assert!(remains(store, later()).await.verifies_audit);
}
