//! Authorization codes: everything that a client needs one for, sealed. Nothing of it is stored until it is used.
//!
//! A code carries the id of the session that it will open, so that a second use ends what the first opened.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{AccountId, Millis, OauthClient, SessionId};

use super::user_token::CodeGrant;
use crate::open::Once;
use crate::service::Auth;

/// How long a code counts (contract single-sign-on; RFC 6749 §4.1.2 has ten minutes at most).
pub const CODE_LIFE: Duration = Duration::from_mins(1);

/// The longest code that is looked at, in characters.
const LONGEST: usize = 8_192;

/// What a code stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    /// The id of the session that it opens.
    pub(super) session: [u8; 16],
    /// The page session of the user who agreed.
    pub(super) page: [u8; 16],
    /// The client that it was given to.
    pub(super) client: i64,
    pub(super) redirect_uri: String,
    /// Whether the client named that.
    pub(super) is_named: bool,
    pub(super) nonce: Option<String>,
    pub(super) scope: String,
    pub(super) challenge: Option<String>,
    /// Whether the user was asked.
    #[serde(default)]
    pub(super) has_consent: bool,
    /// Milliseconds since 1970.
    pub(super) issued: i64,
}

impl Code {
    /// Whether it was given to this client.
    pub(super) fn is_for(&self, client: &OauthClient) -> bool {
        self.client == client.id.0
    }

    /// Whether the client, as it is now, may have it: it may have lost the address since, or have to ask its users.
    pub(super) fn is_still_for(&self, client: &OauthClient) -> bool {
        let metadata = &client.metadata;
        metadata.redirect_uris.contains(&self.redirect_uri) && (self.has_consent || !metadata.consent)
    }

    /// Whether it counts at `now` for what the client shows with it.
    pub(super) fn counts(&self, grant: &CodeGrant, now: Millis) -> bool {
        let issued = Millis::from_unix(self.issued);
        issued <= now && now < issued.plus(CODE_LIFE) && self.fits(grant)
    }

    /// Whether the client shows with it what belongs to it, at whatever time. An address that was named has to be named again (RFC 6749
    /// §4.1.3); a verifier without a challenge is no better than a challenge without a verifier (RFC 9700 §4.8).
    pub(super) fn fits(&self, grant: &CodeGrant) -> bool {
        let is_address = match &grant.redirect_uri {
            Some(shown) => *shown == self.redirect_uri,
            None => !self.is_named,
        };
        let is_verified = match (&self.challenge, &grant.code_verifier) {
            (Some(challenge), Some(verifier)) => vestibule_crypto::pkce_matches(challenge, verifier),
            (None, None) => true,
            _ => false,
        };
        is_address && is_verified
    }

    /// That it counts once. The value says of what kind it is, and has the session's id, which is random and never given again.
    pub(super) fn once(&self) -> Once {
        let mut value = *b"oauth2 code, v1:................";
        value[16..].copy_from_slice(&self.session);
        Once { value, expires: Millis::from_unix(self.issued).plus(CODE_LIFE) }
    }

    pub(super) const fn session(&self) -> SessionId {
        SessionId(self.session)
    }

    pub(super) const fn page(&self) -> SessionId {
        SessionId(self.page)
    }
}

impl Auth {
    pub(super) fn seal_code(&self, account: AccountId, code: &Code) -> String {
        let plain = serde_json::to_vec(code).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(self.keys.sealer().seal(&*self.rng, &place(&account), &plain))
    }

    /// What a code stands for; None: it is not genuine, or of another account.
    pub(super) fn open_code(&self, account: AccountId, text: &str) -> Option<Code> {
        if text.len() > LONGEST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = self.keys.sealer().open(&place(&account), &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// What binds a code to its account. There is no such table: no stored secret passes for a code.
fn place(account: &AccountId) -> SealContext<'_> {
    SealContext { table: "authorization codes", column: "code", row: account.as_str().as_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> Code {
        Code {
            session: [7; 16],
            page: [8; 16],
            client: 5,
            redirect_uri: "https://app.example/back".into(),
            is_named: true,
            nonce: None,
            scope: String::new(),
            challenge: None,
            has_consent: false,
            issued: 1_000,
        }
    }

    fn grant(redirect_uri: Option<&str>) -> CodeGrant {
        CodeGrant {
            code: String::new(),
            redirect_uri: redirect_uri.map(str::to_owned),
            code_verifier: None,
            issuer: String::new(),
        }
    }

    fn counts(code: &Code, redirect_uri: Option<&str>) -> bool {
        code.counts(&grant(redirect_uri), Millis::from_unix(1_000))
    }

    #[test]
    fn x10_an_address_that_was_named_is_named_again_byte_by_byte() {
        let code = code();
        assert!(counts(&code, Some("https://app.example/back")));
        for other in
            ["https://app.example/back/", "https://app.example/Back", "https://app.example/back?", ""]
        {
            assert!(!counts(&code, Some(other)), "{other}");
        }
        assert!(!counts(&code, None));
        let unnamed = Code { is_named: false, ..code };
        assert!(counts(&unnamed, None) && counts(&unnamed, Some("https://app.example/back")));
        assert!(!counts(&unnamed, Some("https://other.example/")));
    }

    #[test]
    fn a_code_counts_for_a_minute() {
        let counts = |now| code().counts(&grant(Some("https://app.example/back")), Millis::from_unix(now));
        assert_eq!([999, 1_000, 60_999, 61_000].map(counts), [false, true, true, false]);
    }

    #[test]
    fn x9_challenge_and_verifier_stand_together_or_not_at_all() {
        // RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let counts = |challenge: Option<&str>, verifier: Option<&str>| {
            let code = Code { challenge: challenge.map(str::to_owned), ..code() };
            let code_verifier = verifier.map(str::to_owned);
            let grant = CodeGrant { code_verifier, ..grant(Some("https://app.example/back")) };
            code.counts(&grant, Millis::from_unix(1_000))
        };
        assert!(counts(Some(challenge), Some(verifier)));
        assert!(!counts(Some(challenge), None) && !counts(None, Some(verifier)));
        assert!(!counts(Some(challenge), Some(challenge)));
    }

    #[test]
    fn codes_of_two_sessions_are_two_values() {
        let other = Code { session: [9; 16], ..code() };
        assert_ne!(code().once().value, other.once().value);
        assert_eq!(code().once().value[16..], [7; 16]);
    }
}
