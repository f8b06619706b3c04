//! Which application somebody proves to be, and by which of its secrets: the present ones, or those before them while both
//! work.
//!
//! A set of values is right as a whole or not at all: one value of each set proves nothing. Both sets are compared for every
//! application, also for one that has a single set, so that the work tells nothing.

use std::sync::Arc;

use vestibule_crypto::constant_time_eq;
use vestibule_model::{
    Application, ApplicationToken, Millis, OauthClient, SecretDigest, SecretVersion, Superseded,
};
use vestibule_store::DigestKind;

use crate::directory::{AccountFacts, UsableApiKey};
use crate::log_in::ApplicationCredentials;
use crate::service::Auth;

/// What an application was recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) application: Application,
    /// Which of its secrets.
    pub(crate) secret_version: SecretVersion,
    /// When those stop working; None: they are the present ones.
    pub(crate) until: Option<Millis>,
}

/// The two sets of values that an application may have.
struct Sets<'a, const N: usize> {
    present: [&'a [u8]; N],
    /// As long as they work.
    before: Option<[&'a [u8]; N]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Present,
    Before,
}

impl Proof {
    /// Of a user who logs in without an application.
    pub(crate) const NONE: Self =
        Self { application: Application::None, secret_version: SecretVersion(0), until: None };

    /// Of a client that proves itself by no secret.
    pub(crate) const fn of_public(client: &OauthClient) -> Self {
        let application = Application::OauthClient(client.id);
        Self { application, secret_version: client.secret_version, until: None }
    }

    fn of<V>(
        which: Which,
        application: Application,
        present: SecretVersion,
        superseded: Option<&Superseded<V>>,
    ) -> Self {
        match which {
            Which::Present => Self { application, secret_version: present, until: None },
            Which::Before => Self {
                application,
                secret_version: present.before(),
                until: superseded.map(|before| before.until),
            },
        }
    }
}

impl<const N: usize> Sets<'_, N> {
    /// Which of the sets is shown: `shown` has what is to be compared with each of them.
    fn which(&self, shown: [[&[u8]; N]; 2], equal: &impl Fn(&[u8], &[u8]) -> bool) -> Option<Which> {
        let is_whole = |set: [&[u8]; N], shown: [&[u8]; N]| {
            set.into_iter().zip(shown).fold(true, |right, (value, shown)| equal(value, shown) & right)
        };
        let present = is_whole(self.present, shown[0]);
        let before = is_whole(self.before.unwrap_or(self.present), shown[1]) & self.before.is_some();
        match (present, before) {
            (true, _) => Some(Which::Present),
            (false, true) => Some(Which::Before),
            (false, false) => None,
        }
    }
}

impl Auth {
    /// The application whose values these are.
    pub(crate) fn recognise(
        self: &Arc<Self>,
        entry: Option<&AccountFacts>,
        credentials: &ApplicationCredentials,
        now: Millis,
    ) -> Option<Proof> {
        let by_client = self.recognise_client(entry, &credentials.app_key, &credentials.secret, now);
        let key = entry.and_then(|entry| entry.api_key(&credentials.app_key));
        let shown = [&*credentials.secret, &credentials.access_token, &*credentials.access_token_secret];
        let by_key = key_proof(key, shown.map(String::as_bytes), now, &constant_time_eq);
        by_client.or(by_key)
    }

    /// The OAuth client whose id and secret these are. That of a public client proves nothing.
    pub(crate) fn recognise_client(
        self: &Arc<Self>,
        entry: Option<&AccountFacts>,
        client_id: &str,
        secret: &str,
        now: Millis,
    ) -> Option<Proof> {
        let secret = secret.as_bytes();
        let digests = self.keys.secrets().digests(secret);
        let client = entry.and_then(|entry| entry.oauth_client(client_id));
        let proof = client_proof(client, &digests, now, &constant_time_eq)?;
        let (entry, client) = (entry?, client.filter(|client| !client.metadata.public)?);
        let (kind, account) = (DigestKind::OauthClient, Some(entry.account.id));
        client
            .digests()
            .filter(|digest| digests.contains(digest))
            .for_each(|digest| self.redo_digest(kind, client.id.0, account, digest, secret));
        Some(proof)
    }

    /// What an application token proves, also one that may not be used ([`crate::eligibility::token_may_log_in`]). As many digests and look-ups whatever it is.
    pub(crate) fn proof_by_token(
        self: &Arc<Self>,
        entry: &AccountFacts,
        text: &str,
        now: Millis,
    ) -> Option<Proof> {
        let digests = self.keys.secrets().digests(text.as_bytes()).into_iter();
        let found = digests.fold(None, |found, digest| {
            entry.application_token(&digest).map(|token| (token, digest)).or(found)
        });
        let (token, digest) = found?;
        let proof = token_proof(token, &digest, now)?;
        let (kind, account) = (DigestKind::ApplicationToken, Some(entry.account.id));
        self.redo_digest(kind, token.id.0, account, digest, text.as_bytes());
        Some(proof)
    }
}

/// The digest among these that is to be compared with one that is kept: under the same generation of the master key. Where
/// there is none, because that generation is retired, one that is no digest of anything.
fn under_that_of<'a>(shown: &'a [SecretDigest], kept: Option<&SecretDigest>) -> &'a [u8] {
    let same = shown.iter().find(|shown| kept.is_some_and(|kept| kept.generation == shown.generation));
    same.map_or(&[0; 32], |digest| &digest.tag)
}

fn key_proof(
    key: Option<&UsableApiKey>,
    shown: [&[u8]; 3],
    now: Millis,
    equal: &impl Fn(&[u8], &[u8]) -> bool,
) -> Option<Proof> {
    let superseded = key.and_then(|usable| usable.superseded.as_ref()).filter(|before| before.counts(now));
    let sets = Sets {
        present: key.map_or([&[][..]; 3], |usable| usable.values.in_order()),
        before: superseded.map(|before| before.values.in_order()),
    };
    let which = sets.which([shown, shown], equal);
    let usable = key?;
    let application = Application::ApiKey(usable.key.id);
    Some(Proof::of(which?, application, usable.key.secret_version, superseded))
}

fn client_proof(
    client: Option<&OauthClient>,
    shown: &[SecretDigest],
    now: Millis,
    equal: &impl Fn(&[u8], &[u8]) -> bool,
) -> Option<Proof> {
    let superseded = client.and_then(|client| client.superseded.as_ref()).filter(|before| before.counts(now));
    let sets = Sets {
        present: [client.map_or(&[0xff; 32][..], |client| &client.secret.tag)],
        before: superseded.map(|before| [&before.values.tag[..]]),
    };
    let of_present = under_that_of(shown, client.map(|client| &client.secret));
    let of_before = under_that_of(shown, superseded.map(|before| &before.values));
    let which = sets.which([[of_present], [of_before]], equal);
    let client = client?;
    Some(Proof::of(which?, Application::OauthClient(client.id), client.secret_version, superseded))
}

/// What the token with this digest, which was found by it, proves; None: the digest is one that does not work any more.
pub(crate) fn token_proof(token: &ApplicationToken, shown: &SecretDigest, now: Millis) -> Option<Proof> {
    let superseded = token.superseded.as_ref().filter(|before| before.counts(now));
    let sets =
        Sets { present: [&token.token.tag[..]], before: superseded.map(|before| [&before.values.tag[..]]) };
    let which = sets.which([[&shown.tag]; 2], &constant_time_eq)?;
    Some(Proof::of(which, Application::Token(token.id), token.secret_version, superseded))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use vestibule_model::{ApplicationId, ClientMetadata, Generation};

    use super::*;

    const PRESENT: [&[u8]; 3] = [b"secret", b"token", b"token secret"];
    const BEFORE: [&[u8]; 3] = [b"Secret", b"Token", b"Token secret"];

    fn which(before: Option<[&[u8]; 3]>, shown: [&[u8]; 3]) -> Option<Which> {
        Sets { present: PRESENT, before }.which([shown; 2], &constant_time_eq)
    }

    #[test]
    fn each_set_is_recognised_as_a_whole() {
        assert_eq!(which(Some(BEFORE), PRESENT), Some(Which::Present));
        assert_eq!(which(Some(BEFORE), BEFORE), Some(Which::Before));
        assert_eq!(which(None, PRESENT), Some(Which::Present));
        assert_eq!(which(None, BEFORE), None);
    }

    #[test]
    fn s4_values_of_two_sets_prove_nothing() {
        for mixed in 1..7_u8 {
            let shown =
                [0, 1, 2].map(|index| if mixed & (1 << index) == 0 { PRESENT } else { BEFORE }[index]);
            assert_eq!(which(Some(BEFORE), shown), None, "{mixed:03b}");
        }
    }

    fn client(given: bool) -> OauthClient {
        let superseded = Superseded { values: SecretDigest::from([6; 32]), until: Millis::from_unix(100) };
        OauthClient {
            id: ApplicationId(5),
            client_id: "web".into(),
            secret: SecretDigest::from([7; 32]),
            secret_version: SecretVersion(3),
            superseded: Some(superseded).filter(|_| given),
            name: "Web".into(),
            enabled: true,
            privileges: Vec::new(),
            addresses: Vec::new(),
            metadata: ClientMetadata::default(),
        }
    }

    /// The bytes that are compared, whoever is asked about.
    fn compared(work: impl Fn(&dyn Fn(&[u8], &[u8]) -> bool)) -> Vec<usize> {
        let seen = Cell::new(Vec::new());
        work(&|left, right| {
            let mut before = seen.take();
            before.push(right.len());
            seen.set(before);
            constant_time_eq(left, right)
        });
        seen.take()
    }

    #[test]
    fn l5_it_is_the_same_work_with_and_without_a_set_before_and_for_nobody() {
        let now = Millis::from_unix(99);
        let work = |client: Option<&OauthClient>, shown: u8| {
            compared(|equal| {
                client_proof(client, &[SecretDigest::from([shown; 32])], now, &equal);
            })
        };
        let (with, without) = (client(true), client(false));
        for client in [None, Some(&with), Some(&without)] {
            for shown in [5, 6, 7] {
                assert_eq!(work(client, shown), [32, 32], "{shown}");
            }
        }
        let of_key = compared(|equal| {
            key_proof(None, PRESENT, now, &equal);
        });
        assert_eq!(of_key.len(), 6);
    }

    #[test]
    fn a_digest_is_compared_with_one_of_its_own_generation_alone() {
        let later =
            |byte| SecretDigest { generation: Generation::FIRST.next().unwrap(), ..[byte; 32].into() };
        let of = |secret| OauthClient { secret, ..client(false) };
        let is_proved = |client: &OauthClient, shown: &[SecretDigest]| {
            client_proof(Some(client), shown, Millis::EPOCH, &constant_time_eq).is_some()
        };
        let shown = [later(8), SecretDigest::from([7; 32])];
        assert!(is_proved(&of([7; 32].into()), &shown) && is_proved(&of(later(8)), &shown));
        assert!(!is_proved(&of(later(7)), &shown) && !is_proved(&of([8; 32].into()), &shown));
        assert!(!is_proved(&of(later(8)), &shown[1..]), "its generation is retired");
    }

    #[test]
    fn the_secret_before_is_recognised_until_its_end_and_says_when_that_is() {
        let proof = |shown: u8, now: i64| {
            let now = Millis::from_unix(now);
            let proof =
                client_proof(Some(&client(true)), &[SecretDigest::from([shown; 32])], now, &constant_time_eq);
            proof.map(|proof| (proof.secret_version.0, proof.until.map(Millis::as_unix)))
        };
        assert_eq!([99, 100].map(|now| proof(6, now)), [Some((2, Some(100))), None]);
        assert_eq!([99, 100].map(|now| proof(7, now)), [Some((3, None)); 2]);
    }
}
