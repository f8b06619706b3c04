//! The keys that the sentinel signs its tokens with, and the threads that sign.
//!
//! Owns them in memory as they were read last. Which of them signs and which are shown follows from their times
//! ([`SigningKey`]); here they are made, followed, and deleted when the last token of one is over.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::verify;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Serialize;
use tokio::sync::Mutex as AsyncMutex;
use vestibule_crypto::{PublicNumbers, SealContext, Sealer, SigningError, SigningPair};
use vestibule_model::{
    Actor, AuditAction, AuditRecord, Audited, Clock, Means, Millis, Rng, SigningKey, SigningKeyId,
    difference, sealed_under,
};
use vestibule_store::{Change, SealHolder, Store, StoreError};

use crate::administration::ten_digits;
use crate::directory::SealedSecret;
use crate::master_keys::KeyMaterial;
use crate::work_pool::{Limits, Overloaded, WorkPool, WorkPoolGauges};

/// How many tokens may wait to be signed.
const QUEUE_LENGTH: usize = 1_000;

/// How long one may wait.
const QUEUE_DEADLINE: Duration = Duration::from_secs(5);

/// How long a key is published before it signs: whoever keeps the key set for a while has it by then.
const PUBLISHED_BEFORE_USE: Duration = Duration::from_hours(1);

/// A key with its pair opened.
struct UsableKey {
    key: SigningKey,
    pair: Arc<SigningPair>,
}

/// The keys.
pub(crate) struct SigningKeys {
    store: Arc<dyn Store>,
    sealer: Sealer,
    rng: Arc<dyn Rng>,
    pool: WorkPool<()>,
    /// As they were read last, by id.
    keys: RwLock<Arc<Vec<UsableKey>>>,
    /// One at a time reads or makes them.
    turn: AsyncMutex<()>,
}

/// A key as key sets show it (RFC 7517).
#[derive(Clone, Debug, Serialize)]
pub struct PublishedKey {
    kty: &'static str,
    #[serde(rename = "use")]
    used_for: &'static str,
    alg: &'static str,
    kid: String,
    n: String,
    e: String,
}

/// Why a token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The queue of tokens is full.
    #[error("the queue of tokens to be signed is full")]
    Overloaded,
    /// The library did not do it.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// There was no key, and none could be stored.
    #[error("there is no signing key, and none could be stored")]
    Store(#[from] StoreError),
}

impl From<Overloaded> for SignError {
    fn from(Overloaded: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl SigningKeys {
    /// Starts the threads. The keys come with [`Self::follow`].
    pub(crate) fn start(
        store: &Arc<dyn Store>,
        keys: &KeyMaterial,
        rng: &Arc<dyn Rng>,
        clock: &Arc<dyn Clock>,
    ) -> std::io::Result<Self> {
        let limits = Limits {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            queue_length: QUEUE_LENGTH,
            queue_deadline: QUEUE_DEADLINE,
            told_together: 1,
        };
        let pool = WorkPool::start("sign", limits, Arc::clone(clock), || ())?;
        Ok(Self {
            store: Arc::clone(store),
            sealer: keys.sealer().clone(),
            rng: Arc::clone(rng),
            pool,
            keys: RwLock::default(),
            turn: AsyncMutex::default(),
        })
    }

    /// What the threads tell about themselves.
    pub(crate) fn gauges(&self) -> Arc<WorkPoolGauges> {
        self.pool.gauges()
    }

    fn keys(&self) -> Arc<Vec<UsableKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn records(&self) -> Vec<SigningKey> {
        self.keys().iter().map(|usable| usable.key.clone()).collect()
    }

    /// The secrets of the keys, as sealing them anew needs.
    pub(crate) fn secrets(&self) -> Vec<SealedSecret> {
        let secret = |key: SigningKey| SealedSecret {
            holder: SealHolder::SigningKey(key.id),
            column: "sealed",
            sealed: key.sealed,
        };
        self.records().into_iter().map(secret).collect()
    }

    /// Reads the keys as they are stored, by this process or another.
    pub(crate) async fn follow(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.read().await
    }

    /// With the turn.
    async fn read(&self) -> Result<(), StoreError> {
        let stored = self.store.signing_keys().await?;
        let known = self.keys();
        if known.iter().map(|usable| &usable.key).eq(&stored) {
            return Ok(());
        }
        let usable = stored.into_iter().filter_map(|key| {
            let same = known.iter().find(|known| known.key.sealed == key.sealed);
            let pair = same.map(|same| Arc::clone(&same.pair)).or_else(|| self.open(&key))?;
            Some(UsableKey { key, pair })
        });
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(usable.collect());
        Ok(())
    }

    /// One that cannot be opened is passed over: another one can be made, and the tokens that it signed end within the hour.
    fn open(&self, key: &SigningKey) -> Option<Arc<SigningPair>> {
        let row = key.id.0.to_be_bytes();
        let opened = self.sealer.open(&place(&row), &key.sealed);
        let pair = opened
            .map_err(|error| error.to_string())
            .and_then(|der| SigningPair::from_pkcs8(&der).map_err(|error| error.to_string()));
        pair.inspect_err(|error| tracing::error!(key = %key.id, error, "a signing key cannot be used"))
            .ok()
            .map(Arc::new)
    }

    /// Makes the first key, if there is none that can be used, and deletes those of which nobody needs the last token any more.
    pub(crate) async fn keep(&self, now: Millis) -> Result<(), SignError> {
        self.ensure(now).await?;
        let _turn = self.turn.lock().await;
        let keys = self.records();
        let over: Vec<&SigningKey> = keys.iter().filter(|key| key.is_over(&keys, now)).collect();
        if over.is_empty() {
            return Ok(());
        }
        let changes = over.into_iter().flat_map(|key| {
            let entry = entry(AuditAction::Deleted, key, difference(Some(key), None), now);
            [Change::DeleteSigningKey(key.id), entry]
        });
        self.store.commit(changes.collect()).await?;
        self.read().await.map_err(SignError::Store)
    }

    /// Makes the first key, if there is none that can be used.
    pub(crate) async fn ensure(&self, now: Millis) -> Result<(), SignError> {
        if !self.keys().is_empty() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        self.read().await?;
        if !self.keys().is_empty() {
            return Ok(());
        }
        let key = self.make(now, now).await?;
        let told = entry(AuditAction::Created, &key, difference(None, Some(&key)), now);
        let expected = expected_master_key(&key).into_iter();
        self.store.commit(expected.chain([Change::PutSigningKey(key.into()), told]).collect()).await?;
        self.read().await.map_err(SignError::Store)
    }

    /// A new key that is stored nowhere yet, and is not used before others have had the time to see it.
    pub(crate) async fn make_next(&self, now: Millis) -> Result<SigningKey, SignError> {
        self.make(now, now.plus(PUBLISHED_BEFORE_USE)).await
    }

    async fn make(&self, now: Millis, used_from: Millis) -> Result<SigningKey, SignError> {
        let der = self.pool.run(|()| SigningPair::generate().and_then(|pair| pair.to_pkcs8())).await??;
        let id = SigningKeyId(ten_digits(&*self.rng));
        let sealed = self.sealer.seal(&*self.rng, &place(&id.0.to_be_bytes()), &der);
        Ok(SigningKey { id, created: now, used_from, sealed })
    }

    /// Every key that somebody may still need, for whoever verifies tokens.
    pub(crate) fn published(&self) -> Vec<PublishedKey> {
        let published = |usable: &UsableKey| {
            let PublicNumbers { modulus, exponent } = usable.pair.public();
            PublishedKey {
                kty: "RSA",
                used_for: "sig",
                alg: "RS256",
                kid: usable.key.id.to_string(),
                n: URL_SAFE_NO_PAD.encode(modulus),
                e: URL_SAFE_NO_PAD.encode(exponent),
            }
        };
        self.keys().iter().map(published).collect()
    }

    /// The claims of a token, if one of the keys signed it that are not over.
    pub(crate) fn verified(&self, token: &str, now: Millis) -> Option<Vec<u8>> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != Algorithm::RS256 {
            return None;
        }
        let keys = self.keys();
        let id = header.kid?;
        let usable = keys.iter().find(|usable| usable.key.id.to_string() == id)?;
        if usable.key.is_over(&self.records(), now) {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let PublicNumbers { modulus, exponent } = usable.pair.public();
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        let is_right = verify(signature, message.as_bytes(), &key, Algorithm::RS256).ok()?;
        let (_, claims) = message.split_once('.')?;
        is_right.then(|| URL_SAFE_NO_PAD.decode(claims).ok())?
    }

    /// A token of these claims, which are an object of JSON.
    pub(crate) async fn sign(&self, claims: &impl Serialize, now: Millis) -> Result<String, SignError> {
        self.ensure(now).await?;
        let keys = self.keys();
        let records = self.records();
        let signing = SigningKey::signing(&records, now).map(|key| key.id);
        let usable = keys.iter().find(|usable| Some(usable.key.id) == signing);
        let usable = usable.ok_or(SigningError::Signature)?;
        let header = format!(r#"{{"alg":"RS256","kid":"{}","typ":"JWT"}}"#, usable.key.id);
        let claims = serde_json::to_vec(claims).map_err(|_| SigningError::Signature)?;
        let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let pair = Arc::clone(&usable.pair);
        self.pool
            .run(move |()| {
                let signature = pair.sign(token.as_bytes())?;
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature, &mut token);
                Ok(token)
            })
            .await?
    }
}

/// What binds a sealed key to its place.
const fn place(row: &[u8; 8]) -> SealContext<'_> {
    SealContext { table: "signing_keys", column: "sealed", row }
}

/// The entry about a key that the service made or deleted by itself.
fn entry(
    action: AuditAction,
    key: &SigningKey,
    (before, after): (Option<String>, Option<String>),
    now: Millis,
) -> Change {
    let target = Some(key.audit_target());
    let record = AuditRecord::new(now, action, Actor::System, Means::System);
    Change::Audit(Box::new(AuditRecord { target, before, after, ..record }))
}

/// The generation of the master key that a key is sealed under has to be in force when it is stored.
pub(crate) fn expected_master_key(key: &SigningKey) -> Option<Change> {
    sealed_under(&key.sealed).map(Change::ExpectMasterKey)
}
