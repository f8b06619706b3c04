//! ID tokens: every check, in order (OpenID Connect Core §3.1.3.7).

use std::time::Duration;

use jsonwebtoken::crypto::verify;
use jsonwebtoken::{DecodingKey, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use vestibule_model::{Claim, Issued, Millis, Signature, Statement, Utc, told};

use crate::base64url;
use crate::jwks::Keys;
use crate::refusal::{LONGEST_TOLD, MOST_TOLD, Refusal};
use crate::report::{Check, Report};

/// The longest token, in bytes. One with a hundred groups has some eight thousand.
const LONGEST: usize = 32 * 1024;

/// The types that an ID token may say it has, in lower case. Access tokens and logout tokens are signed by the same keys.
const TYPES: [&str; 1] = ["jwt"];

/// The longest subject, in characters (OpenID Connect Core §2).
const LONGEST_SUBJECT: usize = 255;

/// Algorithms that count: asymmetric ones. With HMAC the key would be a secret that clients know, or a key that everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 7518 §3.1 says what they are")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
    ];

    /// Its name (RFC 7518 §3.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// The algorithm of this name; None: it is none that counts.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Ps384 => jsonwebtoken::Algorithm::PS384,
            Self::Ps512 => jsonwebtoken::Algorithm::PS512,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
        }
    }
}

/// One audience, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// Whom it names; unique at the issuer and never given twice.
    #[serde(default)]
    pub sub: String,
    /// For which clients.
    pub aud: Audience,
    /// Until when it counts, in seconds since 1970.
    pub exp: f64,
    /// When it was made, in seconds since 1970.
    pub iat: f64,
    /// From when on it counts, in seconds since 1970.
    pub nbf: Option<f64>,
    /// To which client it was given.
    pub azp: Option<String>,
    /// That of the attempt.
    pub nonce: Option<String>,
    /// The session at the provider, for a logout that comes from there.
    pub sid: Option<String>,
    /// Whatever else it says.
    #[serde(flatten)]
    pub others: Map<String, Value>,
    /// What of the token is used once: the SHA-256 of what is signed. Not of the whole: a signature by an elliptic curve can be
    /// written in two ways.
    #[serde(skip)]
    pub signed: [u8; 32],
}

impl Claims {
    /// When it was made, by the provider's clock.
    pub fn issued(&self) -> Millis {
        millis(self.iat)
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match name {
            "sub" => Some(&self.sub),
            other => self.others.get(other)?.as_str(),
        }
    }
}

impl Statement for Claims {
    fn told(&self) -> Vec<Claim> {
        let text = |name: &str, value: &str| Claim::new(name, vec![value.to_owned()]);
        let time = |name: &str, seconds: f64| Claim {
            time: Some(millis(seconds)),
            ..text(name, &seconds.to_string())
        };
        let fixed = [
            Some(text("iss", &self.iss)),
            Some(text("sub", &self.sub)),
            Some(Claim::new("aud", self.aud.all().to_vec())),
            self.azp.as_deref().map(|party| text("azp", party)),
            Some(time("iat", self.iat)),
            self.nbf.map(|from| time("nbf", from)),
            Some(time("exp", self.exp)),
            self.sid.as_deref().map(|session| text("sid", session)),
        ];
        let other = |(name, value): (&String, &Value)| {
            let one = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let several = value.as_array().map(|values| values.iter().map(one).collect());
            Claim::new(name, several.unwrap_or_else(|| vec![one(value)]))
        };
        fixed.into_iter().flatten().chain(self.others.iter().map(other)).collect()
    }
}

/// What a token says of whose it is, before anything is verified: a choice between connections, and nothing to believe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Hint {
    /// Who made it, as it says.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// For which clients, as it says.
    #[serde(rename = "aud")]
    pub audience: Audience,
}

impl Hint {
    /// Reads it; None: it cannot be read, and so neither can the token.
    pub fn of(token: &str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&base64url::decode(payload)?).ok()
    }
}

/// How an ID token has to be.
#[derive(Clone, Copy, Debug)]
pub struct IdToken<'a> {
    /// The connection's issuer, letter by letter.
    pub issuer: &'a str,
    /// The connection's client id.
    pub client_id: &'a str,
    /// The algorithms of the connection.
    pub algorithms: &'a [Algorithm],
    /// The nonce of this browser's attempt; None: there was no browser, and the token may have any.
    pub nonce: Option<&'a str>,
    /// By how much the clocks may differ.
    pub clock_skew: Duration,
}

impl IdToken<'_> {
    /// Looks at a token.
    pub fn examine(&self, token: &str, keys: &Keys, now: Millis) -> Report {
        let mut report = Report::default();
        if let Some(claims) =
            signed(token, keys, Kind { algorithms: self.algorithms, types: &TYPES }, &mut report)
        {
            check_issuer(&claims, self.issuer, &mut report);
            check_audience(&claims, self.client_id, &mut report);
            report.counts_until = Some(check_time(&claims, self.clock_skew, now, &mut report));
            let is_that = self.nonce.is_none_or(|nonce| claims.nonce.as_deref() == Some(nonce));
            report.note(Check::Nonce, "", (!is_that).then_some(Refusal::Nonce));
            if claims.others.contains_key("events") {
                report.note(Check::Form, "", Some(Refusal::Type("events".to_owned())));
            }
            let is_named = (1..=LONGEST_SUBJECT).contains(&claims.sub.chars().count());
            report.note(Check::Subject, claims.sub.clone(), (!is_named).then_some(Refusal::NoSubject));
            report.claims = Some(claims);
        }
        report
    }
}

pub(crate) fn check_issuer(claims: &Claims, issuer: &str, report: &mut Report) {
    let refusal = (claims.iss != issuer)
        .then(|| Refusal::Issuer { found: told(&claims.iss, LONGEST_TOLD), expected: issuer.to_owned() });
    report.note(Check::Issuer, claims.iss.clone(), refusal);
}

/// The client has to be among the audiences; of several, it has to be the one that the token was given to.
pub(crate) fn check_audience(claims: &Claims, client_id: &str, report: &mut Report) {
    let all = claims.aud.all();
    let expected = client_id.to_owned();
    let refusal = if !all.iter().any(|one| one == client_id) {
        let found = all.iter().take(MOST_TOLD).map(|one| told(one, LONGEST_TOLD)).collect();
        Some(Refusal::Audience { found, expected })
    } else if claims.azp.as_deref().map_or(all.len() > 1, |party| party != client_id) {
        let found = claims.azp.as_ref().map(|party| told(party, LONGEST_TOLD));
        Some(Refusal::AuthorizedParty { found, expected })
    } else {
        None
    };
    report.note(Check::Audience, all.join(", "), refusal);
}

/// Answers until when the token counts.
pub(crate) fn check_time(claims: &Claims, skew: Duration, now: Millis, report: &mut Report) -> Millis {
    let issued = Issued { at: claims.issued(), now, skew_s: skew.as_secs() };
    let until = millis(claims.exp);
    let late = (now >= until.plus(skew)).then_some(Refusal::Late { until, issued });
    let early =
        |claim, from: Millis| (from > now.plus(skew)).then_some(Refusal::Early { claim, from, issued });
    let from = claims.nbf.and_then(|from| early("nbf", millis(from)));
    let made = early("iat", issued.at);
    let found = format!("made at {}, ends at {}", Utc(issued.at), Utc(until));
    report.note(Check::Time, found, late.or(from).or(made));
    until.plus(skew)
}

/// A number of seconds (RFC 7519 §2, `NumericDate`).
#[expect(clippy::cast_possible_truncation, reason = "what is beyond the end of time is the end of time")]
fn millis(seconds: f64) -> Millis {
    // As a number that is no number becomes 0, a token that says so has ended.
    Millis::from_unix((seconds * 1_000.0) as i64)
}

/// What kind of token is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Kind<'a> {
    /// By which it may be signed.
    pub(crate) algorithms: &'a [Algorithm],
    /// What it may say it is, in lower case; it may say nothing.
    pub(crate) types: &'a [&'a str],
}

/// What a token says, if a key of the provider signed it by an algorithm of the connection.
pub(crate) fn signed(token: &str, keys: &Keys, kind: Kind<'_>, report: &mut Report) -> Option<Claims> {
    match verified(token, keys, kind, report) {
        Ok(claims) => Some(claims),
        Err((check, refusal)) => {
            report.note(check, "", Some(refusal));
            None
        }
    }
}

fn verified(
    token: &str,
    keys: &Keys,
    Kind { algorithms, types }: Kind<'_>,
    report: &mut Report,
) -> Result<Claims, (Check, Refusal)> {
    let malformed = |why| (Check::Form, Refusal::Malformed(why));
    if token.len() > LONGEST {
        return Err(malformed("it is too long"));
    }
    if token.split('.').count() != 3 {
        return Err(malformed("it has not three parts"));
    }
    let algorithm = algorithm_of(token).ok_or_else(|| malformed("its header cannot be read"))?;
    report.note(Check::Form, format!("{} bytes", token.len()), None);
    // By its name: what the library does not know is refused in the same words.
    let ours = Algorithm::read(&algorithm).filter(|ours| algorithms.contains(ours));
    let Some(ours) = ours else {
        let expected = algorithms.iter().map(|algorithm| algorithm.name()).collect();
        return Err((
            Check::Algorithm,
            Refusal::Algorithm { found: told(&algorithm, LONGEST_TOLD), expected },
        ));
    };
    let header = decode_header(token).map_err(|_| malformed("its header cannot be read"))?;
    if let Some(other) = header.typ.filter(|typ| !types.contains(&&*typ.to_ascii_lowercase())) {
        return Err((Check::Form, Refusal::Type(told(&other, LONGEST_TOLD))));
    }
    if header.crit.is_some() {
        return Err((Check::Algorithm, Refusal::CriticalHeader));
    }
    report.note(Check::Algorithm, algorithm, None);

    let key_id = header.kid;
    let refusal = signature_refusal(token, keys, key_id.as_deref(), ours);
    let key_id = key_id.unwrap_or_default();
    report.signatures.push(Signature {
        element: "token".to_owned(),
        algorithm: ours.name().to_owned(),
        verified_by: refusal.is_none().then(|| key_id.clone()),
        flaw: refusal.as_ref().map(ToString::to_string),
    });
    if let Some(refusal) = refusal {
        return Err((Check::Signature, refusal));
    }
    report.note(Check::Signature, key_id, None);
    claims_of(token).ok_or_else(|| malformed("claims are missing or of another type"))
}

/// Why the signature does not count; None: a key of the provider made it.
fn signature_refusal(
    token: &str,
    keys: &Keys,
    key_id: Option<&str>,
    algorithm: Algorithm,
) -> Option<Refusal> {
    let mut candidates = keys.candidates(key_id, algorithm).peekable();
    if candidates.peek().is_none() {
        return Some(Refusal::UnknownKey(key_id.map(|id| told(id, LONGEST_TOLD))));
    }
    (!candidates.any(|key| is_by(token, key, algorithm))).then_some(Refusal::Signature)
}

/// The name of the algorithm that a token says it has.
fn algorithm_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    let header = crate::base64url::decode(token.split('.').next()?)?;
    serde_json::from_slice::<Header>(&header).ok().map(|header| header.alg)
}

/// Whether this key made the signature.
fn is_by(token: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    verify(signature, message.as_bytes(), key, algorithm.of_library()).unwrap_or(false)
}

/// The claims, which count if the signature is right.
fn claims_of(token: &str) -> Option<Claims> {
    let claims = crate::base64url::decode(token.split('.').nth(1)?)?;
    let (message, _) = token.rsplit_once('.')?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Some(Claims { signed: Sha256::digest(message).into(), ..claims })
}
