//! An attempt to log in at an identity provider that began here: kept by the browser alone, sealed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{AccountId, Millis};
use zeroize::Zeroizing;

use super::connection_test::TestId;
use crate::log_in::LoginScope;
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
    /// The test that it is for; None: it is a login.
    #[serde(default)]
    test: Option<String>,
    expires: Millis,
}

/// What an attempt is made for.
#[derive(Clone, Copy, Debug)]
pub struct AttemptFor<'a> {
    /// The account.
    pub account: AccountId,
    /// The connection, by its name.
    pub connection: &'a str,
    /// Where the browser wants to go on; dropped if it is longer than is kept.
    pub wanted: Option<&'a str>,
    /// The test that it is for; None: it is a login.
    pub test: Option<TestId>,
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

    /// The name of the attempt that a state of OpenID Connect may be of.
    pub fn key_of_state(state: &str) -> Option<&str> {
        state.get(..KEY).filter(|key| Self::is_key(key))
    }

    /// The account and the connection's name.
    pub fn place(&self) -> (AccountId, &str) {
        (self.account, &self.connection)
    }

    /// The test that it is for; None: it is a login.
    pub fn test(&self) -> Option<TestId> {
        TestId::read(self.test.as_deref()?)
    }

    /// Whether it is for a test. Then it is no login, whatever becomes of the test.
    pub const fn is_test(&self) -> bool {
        self.test.is_some()
    }

    /// The id of a request of SAML: a name, so it begins with no digit.
    pub fn request_id(&self) -> String {
        format!("_{}", self.id)
    }
}

impl Auth {
    /// A new attempt at a connection of users, and what the browser keeps of it.
    pub fn begin_attempt(&self, wanted: AttemptFor<'_>, now: Millis) -> (FederatedAttempt, String) {
        self.begin_attempt_in(LoginScope::Public, wanted, now)
    }

    /// The attempt that a browser keeps by this name; None: it is none of this account, of another connection, of administrators, or
    /// over. `connection` is the name of the one that is meant; None: any of the account.
    pub fn attempt_of(
        &self,
        account: AccountId,
        connection: Option<&str>,
        key: &str,
        kept: &str,
        now: Millis,
    ) -> Option<FederatedAttempt> {
        self.attempt_in(LoginScope::Public, (account, connection), key, kept, now)
    }

    /// A new attempt that counts in this scope and in no other.
    pub(crate) fn begin_attempt_in(
        &self,
        scope: LoginScope,
        AttemptFor { account, connection, wanted, test }: AttemptFor<'_>,
        now: Millis,
    ) -> (FederatedAttempt, String) {
        let attempt = FederatedAttempt {
            account,
            connection: connection.to_owned(),
            id: self.random_hex(),
            nonce: self.random_hex(),
            verifier: self.random_hex(),
            wanted: wanted.filter(|wanted| wanted.len() <= LONGEST_WANTED).map(ToOwned::to_owned),
            test: test.map(|test| test.to_string()),
            expires: now.plus(ATTEMPT_LASTS),
        };
        let text = Zeroizing::new(serde_json::to_vec(&attempt).unwrap_or_default());
        let sealed = self.keys.sealer().seal(&*self.rng, &context(scope, attempt.key()), &text);
        (attempt, URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The attempt that was begun in this scope and is kept by this name.
    pub(crate) fn attempt_in(
        &self,
        scope: LoginScope,
        (account, connection): (AccountId, Option<&str>),
        key: &str,
        kept: &str,
        now: Millis,
    ) -> Option<FederatedAttempt> {
        let sealed = URL_SAFE_NO_PAD.decode(kept).ok()?;
        let text = self.keys.sealer().open(&context(scope, key), &sealed).ok()?;
        let attempt: FederatedAttempt = serde_json::from_slice(&text).ok()?;
        let is_meant = connection.is_none_or(|name| attempt.connection == name);
        (attempt.account == account && is_meant && now < attempt.expires).then_some(attempt)
    }

    fn random_hex(&self) -> String {
        let halves = [self.random_bytes::<16>(), self.random_bytes::<16>()].map(u128::from_be_bytes);
        format!("{:032x}{:032x}", halves[0], halves[1])
    }
}

/// No attempt is taken for another, nor in another scope, nor for anything else that is sealed.
const fn context(scope: LoginScope, key: &str) -> SealContext<'_> {
    let column = match scope {
        LoginScope::Public | LoginScope::Unsolicited | LoginScope::Logout => "attempt",
        LoginScope::Administration => "attempt_of_administrator",
    };
    SealContext { table: "federated_attempts", column, row: key.as_bytes() }
}
