//! Facts: what the sentinel keeps.

use vestibule_model::{Generation, Millis, Session, SessionId, SigningKey, SigningKeyId};

use super::samples::{HERE, account, session, user};
use super::{all, given, misfit, refused};
use crate::{Change, RefreshTokenUse, SealHolder, Store, StoreError};

fn key(id: i64) -> SigningKey {
    let later = Generation::FIRST.next().unwrap();
    SigningKey {
        id: SigningKeyId(id),
        created: Millis::from_unix(1_780_000_000_001 + id),
        used_from: Millis::from_unix(1_780_000_100_001 - id),
        sealed: [vestibule_model::seal_prefix(later).as_slice(), &[7; 40]].concat(),
    }
}

pub async fn signing_keys_are_read_back_in_the_order_of_their_ids(store: &dyn Store) {
    given(store, [2, 1].map(|id| Change::PutSigningKey(key(id).into()))).await;
    assert_eq!(store.signing_keys().await.unwrap(), [key(1), key(2)]);
}

pub async fn the_id_of_a_signing_key_is_taken_once(store: &dyn Store) {
    given(store, [Change::PutSigningKey(key(1).into())]).await;
    let other = SigningKey { created: Millis::EPOCH, ..key(1) };
    misfit(store, [Change::PutSigningKey(other.into())]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [key(1)]);
}

pub async fn a_signing_key_is_deleted(store: &dyn Store) {
    given(store, [1, 2].map(|id| Change::PutSigningKey(key(id).into()))).await;
    given(store, [1, 9].map(|id| Change::DeleteSigningKey(SigningKeyId(id)))).await;
    assert_eq!(store.signing_keys().await.unwrap(), [key(2)]);
}

pub async fn the_last_signing_key_is_not_deleted(store: &dyn Store) {
    given(store, [1, 2].map(|id| Change::PutSigningKey(key(id).into()))).await;
    misfit(store, [1, 2].map(|id| Change::DeleteSigningKey(SigningKeyId(id)))).await;
    assert_eq!(store.signing_keys().await.unwrap(), [key(1), key(2)]);
}

pub async fn a_signing_key_is_sealed_anew_and_keeps_its_generation_from_retiring(store: &dyn Store) {
    let sealed = |generation| [vestibule_model::seal_prefix(generation).as_slice(), &[8; 40]].concat();
    let (first, later) = (Generation::FIRST, Generation::FIRST.next().unwrap());
    let before = SigningKey { sealed: sealed(first), ..key(1) };
    let activate = Change::ActivateMasterKey { generation: later, check_value: [2; 32], at: Millis::EPOCH };
    given(store, [Change::PutSigningKey(before.clone().into()), activate]).await;
    assert_eq!(store.remains(first, Millis::EPOCH).await.unwrap().sealed_secrets, 1);
    let reseal = |old, new| Change::Reseal { holder: SealHolder::SigningKey(SigningKeyId(1)), old, new };
    given(store, [reseal(vec![1], vec![2])]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [before]);
    given(store, [reseal(sealed(first), sealed(later))]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [SigningKey { sealed: sealed(later), ..key(1) }]);
    assert_eq!(store.remains(first, Millis::EPOCH).await.unwrap().sealed_secrets, 0);
}

pub async fn what_the_sentinel_keeps_does_not_move_the_directory(store: &dyn Store) {
    let id = given_session(store).await;
    let before = store.directory().await.unwrap().sequence;
    given(store, [1, 2].map(|id| Change::PutSigningKey(key(id).into()))).await;
    given(store, [rotate(id, 1, 5)]).await;
    given(store, [Change::DeleteSigningKey(SigningKeyId(1))]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}

async fn given_session(store: &dyn Store) -> SessionId {
    let somebody = user(HERE, 1);
    let opened: Session = session(1, &somebody);
    let id = opened.id;
    given(store, [Change::PutAccount(account(HERE).into()), Change::PutUser(somebody.into())]).await;
    given(store, [Change::OpenSession(opened.into())]).await;
    id
}

fn rotate(session: SessionId, count: u32, at: i64) -> Change {
    Change::RotateRefreshToken { session, next: RefreshTokenUse { count, at: Millis::from_unix(at) } }
}

pub async fn refresh_tokens_rotate_one_after_the_other(store: &dyn Store) {
    let id = given_session(store).await;
    assert_eq!(store.refresh_token_use(id).await.unwrap(), None);
    for count in 1..=3 {
        given(store, [rotate(id, count, i64::from(count) * 10)]).await;
        let expected = RefreshTokenUse { count, at: Millis::from_unix(i64::from(count) * 10) };
        assert_eq!(store.refresh_token_use(id).await.unwrap(), Some(expected));
    }
    for count in [0, 1, 2, 3, 5, u32::MAX] {
        let error = refused(store, [rotate(id, count, 99)]).await;
        assert!(matches!(error, StoreError::AlreadyConsumed), "{count}: {error:?}");
    }
    assert_eq!(store.refresh_token_use(id).await.unwrap().unwrap().count, 3);
}

pub async fn s13_of_many_who_use_a_refresh_token_at_once_one_does(store: &dyn Store) {
    let id = given_session(store).await;
    let outcomes = all((0..8).map(|_| store.commit(vec![rotate(id, 1, 5)]))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

pub async fn rotations_are_forgotten_with_their_session(store: &dyn Store) {
    let id = given_session(store).await;
    given(store, [rotate(id, 1, 5), Change::EndSession(id)]).await;
    assert_eq!(store.refresh_token_use(id).await.unwrap(), None);
    let error = refused(store, [rotate(id, 2, 5)]).await;
    assert!(matches!(error, StoreError::AlreadyConsumed), "{error:?}");
    let error = refused(store, [rotate(id, 1, 5)]).await;
    assert!(matches!(error, StoreError::AlreadyConsumed), "{error:?}");
}

pub async fn a_rotation_that_is_refused_with_others_did_not_happen(store: &dyn Store) {
    let id = given_session(store).await;
    misfit(store, [rotate(id, 1, 5), Change::PutAccount(twin().into())]).await;
    assert_eq!(store.refresh_token_use(id).await.unwrap(), None);
}

/// Has the code of an account that is there.
fn twin() -> vestibule_model::Account {
    let there = account(HERE);
    vestibule_model::Account { code: there.code, ..account("twin") }
}
