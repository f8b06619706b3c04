//! An attempt to log in at an identity provider that began here: kept by the browser alone, sealed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{AccountId, Millis};
use zeroize::Zeroizing;

use crate::service::Auth;

/// How long an attempt may take: somebody looks for a phone and a password.
pub const ATTEMPT_LASTS: std::time::Duration = std::time::Duration::from_mins(10);

/// The longest place to go on to that is kept, in bytes: several attempts are sent with every request.
const LONGEST_WANTED: usize = 1_024;

/// How long the name of an attempt is, in characters.
const KEY: usize = 16;

/// An attempt. Nothing of it is known to anybody but this service and, as far as it is sent there, the identity provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedAttempt {
    account: AccountId,
    connection: String,
    /// Beyond guessing, in hexadecimal digits: the request's id of SAML, the state of OpenID Connect.
    pub id: String,
    /// That of the ID token.
    pub nonce: String,
    /// By which the code is exchanged.
    pub verifier: String,
    /// Where the browser goes on.
    pub wanted: Option<String>,
    expires: Millis,
}

impl FederatedAttempt {
    /// The name by which the browser keeps it: several attempts stand side by side.
    pub fn key(&self) -> &str {
        self.id.get(..KEY).unwrap_or_default()
    }

    /// Whether the text may be the name of an attempt.
    pub fn is_key(text: &str) -> bool {
        text.len() == KEY && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    }

    /// The id of a request of SAML: a name, so it begins with no digit.
    pub fn request_id(&self) -> String {
        format!("_{}", self.id)
    }
}

impl Auth {
    /// A new attempt at a connection, and what the browser keeps of it. Where somebody wants to go on is dropped if it is longer
    /// than is kept.
    pub fn begin_attempt(
        &self,
        account: AccountId,
        connection: &str,
        wanted: Option<&str>,
        now: Millis,
    ) -> (FederatedAttempt, String) {
        let attempt = FederatedAttempt {
            account,
            connection: connection.to_owned(),
            id: self.random_hex(),
            nonce: self.random_hex(),
            verifier: self.random_hex(),
            wanted: wanted.filter(|wanted| wanted.len() <= LONGEST_WANTED).map(ToOwned::to_owned),
            expires: now.plus(ATTEMPT_LASTS),
        };
        let text = Zeroizing::new(serde_json::to_vec(&attempt).unwrap_or_default());
        let sealed = self.keys.sealer().seal(&*self.rng, &context(attempt.key()), &text);
        (attempt, URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The attempt that a browser keeps by this name; None: it is none of this service, of another connection, or over.
    pub fn attempt_of(
        &self,
        account: AccountId,
        connection: &str,
        key: &str,
        kept: &str,
        now: Millis,
    ) -> Option<FederatedAttempt> {
        let sealed = URL_SAFE_NO_PAD.decode(kept).ok()?;
        let text = self.keys.sealer().open(&context(key), &sealed).ok()?;
        let attempt: FederatedAttempt = serde_json::from_slice(&text).ok()?;
        let is_it = attempt.account == account && attempt.connection == connection && now < attempt.expires;
        is_it.then_some(attempt)
    }

    fn random_hex(&self) -> String {
        let halves = [self.random_bytes::<16>(), self.random_bytes::<16>()].map(u128::from_be_bytes);
        format!("{:032x}{:032x}", halves[0], halves[1])
    }
}

/// No attempt is taken for another, nor for anything else that is sealed.
const fn context(key: &str) -> SealContext<'_> {
    SealContext { table: "federated_attempts", column: "attempt", row: key.as_bytes() }
}
