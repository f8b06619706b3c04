//! Creations that are asked for twice and done once, by the key that the caller gives them (Idempotency-Key).
//!
//! The answer is remembered in the commit of what was created, for a day: sealed, because it may hold a secret that is shown
//! once; caller, key and request as keyed hashes. A creation that was refused leaves nothing behind, and may be tried again
//! under the same key. That a key counts once is the store's to keep; what is under way is known here, so that the second of
//! two requests at once is told so and need not find out by failing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use vestibule_crypto::SealContext;
use vestibule_model::{Actor, Millis, RememberedAnswer, SecretDigest, sealed_under};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use super::audited_write::AuditedWrite;
use super::{Administration, AdministrationError, Caller, Scope};

/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// How many answers are forgotten in one commit, and in how many commits at a time.
const STEP: usize = 500;
const STEPS: usize = 20;

/// The field that errors name.
const FIELD: &str = "Idempotency-Key";

/// The answer to a creation, as its writer keeps it and is given it again: the engine seals it and does not look into it.
#[derive(Clone)]
pub struct StoredResponse(pub Zeroizing<Vec<u8>>);

/// A request under a key.
#[derive(Clone, Copy)]
pub struct IdempotentRequest<'a> {
    /// The caller's key.
    pub key: &'a str,
    /// Everything that makes the request what it is: method, target, body.
    pub request: &'a [u8],
}

/// What to do about a creation.
pub enum IdempotencyState {
    /// It is to be done.
    New(PendingCreation),
    /// It was done, and this was answered.
    Replay(StoredResponse),
}

/// A creation under way. Others under the same key are refused for as long as this lives.
pub struct PendingCreation(Option<InFlight>);

struct InFlight {
    name: Name,
    all: Arc<KeysInFlight>,
}

/// What a creation is remembered by: by the digests of these, under the generation of the master key that is in force then.
#[derive(Clone)]
struct Name {
    key: Vec<u8>,
    request: Vec<u8>,
}

/// How the thing that a creation makes is answered, so that the answer can be kept with it.
pub struct Idempotency<'a, T> {
    name: Option<Name>,
    answer: &'a (dyn Fn(&T) -> StoredResponse + Sync),
}

/// The keys of what is under way.
#[derive(Default)]
pub(super) struct KeysInFlight {
    keys: Mutex<HashSet<Vec<u8>>>,
    /// Rung when one is no longer.
    done: Notify,
}

impl PendingCreation {
    /// To be handed to whoever makes the thing.
    pub fn with_response<'a, T>(
        &self,
        answer: &'a (dyn Fn(&T) -> StoredResponse + Sync),
    ) -> Idempotency<'a, T> {
        Idempotency { name: self.0.as_ref().map(|creation| creation.name.clone()), answer }
    }
}

impl<T> Idempotency<'_, T> {
    /// What came under no key.
    pub fn none() -> Self {
        Self { name: None, answer: &|_| StoredResponse(Zeroizing::new(Vec::new())) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.all.keys().remove(&self.name.key);
        self.all.done.notify_waiters();
    }
}

impl KeysInFlight {
    fn keys(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a name; None: one of the same key is under way.
    fn enter(self: &Arc<Self>, name: &Name) -> Option<InFlight> {
        let is_first = self.keys().insert(name.key.clone());
        is_first.then(|| InFlight { name: name.clone(), all: Arc::clone(self) })
    }
}

impl AuditedWrite {
    /// Remembers with the changes how `made` is answered, if the request came under a key.
    pub(super) fn remembered_under<T>(
        mut self,
        administration: &Administration<'_>,
        caller: &Caller,
        idempotency: &Idempotency<'_, T>,
        made: &T,
    ) -> Self {
        if let Some(name) = &idempotency.name {
            self.changes.push(administration.remember(name, &(idempotency.answer)(made), caller.now));
        }
        self
    }
}

impl Administration<'_> {
    /// Begins a creation, which may come under a key. Asks for the right to it first: an answer is not given again to
    /// somebody who may not ask any more.
    pub async fn begin_creation(
        &self,
        caller: &Caller,
        scope: Scope,
        keyed: Option<IdempotentRequest<'_>>,
    ) -> Result<IdempotencyState, AdministrationError> {
        caller.require(scope)?;
        let Some(keyed) = keyed else { return Ok(IdempotencyState::New(PendingCreation(None))) };
        let under_way = || AdministrationError::Conflict(format!("{FIELD}: a request under it is under way"));
        let first = self.state().creations().enter(&Self::name_of(caller, keyed)).ok_or_else(under_way)?;
        self.creation_of(caller, first).await
    }

    /// The same for somebody who waits for a request under the same key that is under way: the second click on a button is answered
    /// as the first.
    pub async fn begin_creation_in_turn(
        &self,
        caller: &Caller,
        scope: Scope,
        keyed: IdempotentRequest<'_>,
    ) -> Result<IdempotencyState, AdministrationError> {
        caller.require(scope)?;
        let (name, creations) = (Self::name_of(caller, keyed), self.state().creations());
        let first = loop {
            let done = creations.done.notified();
            tokio::pin!(done);
            // From here on no end of another is missed.
            done.as_mut().enable();
            if let Some(first) = creations.enter(&name) {
                break first;
            }
            done.await;
        };
        self.creation_of(caller, first).await
    }

    /// What to do about a creation under a key of which no other is under way.
    async fn creation_of(
        &self,
        caller: &Caller,
        first: InFlight,
    ) -> Result<IdempotencyState, AdministrationError> {
        let request = first.name.request.clone();
        let keys = self.auth.keys.secrets().digests(&first.name.key);
        let first = PendingCreation(Some(first));
        let mut remembered = None;
        for key in keys {
            remembered = remembered.or(self.auth.store.answer(key).await?);
        }
        match remembered.filter(|answer| answer.at >= caller.now.minus(REMEMBERED)) {
            None => Ok(IdempotencyState::New(first)),
            Some(answer) if self.auth.keys.secrets().matches(&request, &answer.request) => {
                self.opened(&answer).map(IdempotencyState::Replay)
            }
            Some(_) => Err(AdministrationError::invalid(FIELD, "it was given to another request")),
        }
    }

    /// Forgets answers that are older than a day. Each call does a bounded amount of work.
    pub async fn forget_answers(&self, now: Millis) -> Result<(), StoreError> {
        let before = now.minus(REMEMBERED);
        for _ in 0..STEPS {
            if self.auth.store.oldest_answer().await?.is_none_or(|oldest| oldest >= before) {
                break;
            }
            self.auth.store.commit(vec![Change::ForgetAnswers { before, limit: STEP }]).await?;
        }
        Ok(())
    }

    /// The same key of two callers is two keys; an administrator who logs in anew is the same caller.
    fn name_of(caller: &Caller, keyed: IdempotentRequest<'_>) -> Name {
        let who = match &caller.actor {
            Actor::User { id, .. } => format!("user {id}"),
            Actor::AdministrationToken { id, .. } => format!("token {id}"),
            Actor::Unknown | Actor::Connection { .. } | Actor::CommandLine { .. } | Actor::System => {
                String::new()
            }
        };
        let part = |kind: &str, of: &[u8]| [kind.as_bytes(), b"\n", who.as_bytes(), b"\n", of].concat();
        Name {
            key: part("idempotency key", keyed.key.as_bytes()),
            request: part("idempotent request", keyed.request),
        }
    }

    fn remember(&self, name: &Name, answer: &StoredResponse, now: Millis) -> Change {
        // All under one generation: the master key may be rotated between them.
        let answer = loop {
            let (key, request) =
                (self.auth.keys.secrets().digest(&name.key), self.auth.keys.secrets().digest(&name.request));
            let sealed = self.auth.keys.sealer().seal(&*self.auth.rng, &seal_context(&key), &answer.0);
            if key.generation == request.generation && sealed_under(&sealed) == Some(key.generation) {
                break RememberedAnswer { key, request, at: now, sealed };
            }
        };
        Change::RememberAnswer { answer: Box::new(answer), replaces_before: now.minus(REMEMBERED) }
    }

    fn opened(&self, answer: &RememberedAnswer) -> Result<StoredResponse, AdministrationError> {
        let opened = self.auth.keys.sealer().open(&seal_context(&answer.key), &answer.sealed);
        let opened = opened.map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(StoredResponse(opened))
    }
}

const fn seal_context(key: &SecretDigest) -> SealContext<'_> {
    SealContext { table: "answers", column: "sealed", row: &key.tag }
}
