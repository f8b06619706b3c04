//! What every store must do, one fact per test. A backend runs all of it with [`conformance_suite!`]:
//!
//! ```ignore
//! vestibule_store::conformance_suite!(empty_store);
//! ```
//!
//! where `empty_store()` gives a smart pointer to a new and empty store: a `Box`, or something that also removes
//! the store's files. [`beside_the_model`] compares a backend with [`MemoryStore`](crate::MemoryStore) under random
//! changes; the facts say what is wrong, the comparison finds what no fact thought of.
//!
//! [`conformance_suite!`]: crate::conformance_suite

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "this is test code that other crates run"
)]

#[expect(missing_docs, reason = "a fact's name says it")]
pub mod administration;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod aged_traffic;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod answers;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod applications;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod audit;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod audit_filters;
mod audit_words;
pub mod beside_the_model;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod connections;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod consumed;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod credentials;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod deletion;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod directory;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod ends;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod expectations;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod federated_logins;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod followed_ends;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod gateway_rules;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod master_keys;
pub mod samples;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod second_factors;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod sentinel;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod sequence;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod session_versions;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod sessions;
mod suite;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod traffic;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod transactions;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod uniqueness;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod users;
#[expect(missing_docs, reason = "a fact's name says it")]
pub mod uses;

use std::future::poll_fn;
use std::task::Poll;

use vestibule_model::Session;

use crate::{Change, Store, StoreError, StoreFuture};

/// Commits what must be accepted.
async fn given(store: &dyn Store, changes: impl IntoIterator<Item = Change>) {
    store.commit(changes.into_iter().collect()).await.unwrap();
}

/// Every session that the store has, in the order of opening.
async fn every_session(store: &dyn Store) -> Vec<Session> {
    store.sessions(None, 1_000).await.unwrap().into_iter().map(|stored| stored.session).collect()
}

/// Commits what must be refused; gives the refusal.
async fn refused(store: &dyn Store, changes: impl IntoIterator<Item = Change>) -> StoreError {
    store.commit(changes.into_iter().collect()).await.unwrap_err()
}

/// Commits what must be refused because it does not fit what is stored.
async fn misfit(store: &dyn Store, changes: impl IntoIterator<Item = Change>) {
    let error = refused(store, changes).await;
    assert!(matches!(error, StoreError::Constraint(_)), "refused for another reason: {error:?}");
}

/// Waits for all of them at once, whatever runtime polls.
async fn all<T>(futures: impl IntoIterator<Item = StoreFuture<'_, T>>) -> Vec<Result<T, StoreError>> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        for (future, result) in waiting.iter_mut().filter(|(_, result)| result.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *result = Some(ready);
            }
        }
        if waiting.iter().all(|(_, result)| result.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, result)| result).collect()
}
