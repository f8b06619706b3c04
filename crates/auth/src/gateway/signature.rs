//! Requests that API keys sign (contract liveperson §3; RFC 5849): whose key it is, whether the signature is right, and that it
//! counts once.
//!
//! `vestibule_oauth1` reads and verifies. What is decided here is which key a consumer key names, and what becomes of its uses.

use std::cell::Cell;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use vestibule_model::{AccountId, AccountState, Application, Millis};
use vestibule_oauth1::{Problem, Signed, TOLERANCE, Verified, Window};
use vestibule_store::StoreError;

use super::decision::{Decision, HeldRequest, SignedUse, Stored, Unauthenticated};
use super::nonces::NotConsumed;
use super::principal::{ApplicationMethod, ApplicationPrincipal, Principal};
use super::rule::CompiledRule;
use crate::authorize::{Credential, Live};
use crate::directory::{AccountEntry, UsableApiKey};
use crate::eligibility::is_among;
use crate::open::Once;
use crate::service::Auth;
use crate::traffic::Caller;

/// Accounts with a key of a name.
type Holders = Vec<Arc<AccountEntry>>;

impl Auth {
    /// What a rule says of a request that is signed. It counts if it is let through, and if nothing else shows another holder.
    pub(super) fn decide_signed<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        signed: &Signed,
        caller: &Cell<Caller>,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        let now = held.shown.now;
        let window = Window::around(now).since(self.nonces.start());
        let (usable, disabled) = self.holders(held, signed);
        let found = signing_key(rule, usable, signed, now);
        let found = found.and_then(|(entry, verified)| Ok((entry, verified.single_use(window)?)));
        let (entry, single_use) = match found {
            Ok(found) => found,
            Err(problem) => {
                // Whoever still signs by a key that is disabled is known by it, and refused as anybody.
                if let Ok((entry, _)) = signing_key(rule, disabled, signed, now)
                    && let Some(key) = entry.api_key(signed.consumer_key())
                {
                    caller.set(Caller::application(entry.account.id, Application::ApiKey(key.key.id)));
                }
                return Decision::Refused(Unauthenticated::Signature(problem));
            }
        };
        // It was found by it.
        let Some(usable) = entry.api_key(signed.consumer_key()) else {
            return Decision::Refused(Unauthenticated::Nobody);
        };
        let application = Application::ApiKey(usable.key.id);
        // Only now it is known that it is whom it says.
        caller.set(Caller::application(entry.account.id, application));
        if self.shows_another(held) {
            return Decision::Refused(Unauthenticated::SeveralHolders);
        }
        let principal =
            ApplicationPrincipal { account: &entry, application, method: ApplicationMethod::ApiKeySignature };
        let is_from_there = is_among(&usable.key.addresses, held.shown.address);
        if let Some(objection) = rule.objection_to_application(&principal, is_from_there, held.target) {
            return Decision::Forbidden(objection);
        }
        let account = entry.account.id;
        if self.outlives_the_process(signed.timestamp(), now) {
            match held.stored {
                Stored::Not => {
                    let value = stored_digest(account, &single_use.value);
                    return Decision::ToBeStored(SignedUse(Once { value, expires: single_use.expires }));
                }
                Stored::Before => return Decision::Refused(Unauthenticated::Signature(Problem::NonceUsed)),
                Stored::Failed => return Decision::Unavailable,
                Stored::Consumed => {}
            }
        }
        match self.nonces.consume_once(account, &single_use.value, single_use.expires, now) {
            Ok(()) => Decision::Granted(grant(Principal::Application(principal))),
            Err(NotConsumed::Full) => Decision::Overloaded,
            Err(NotConsumed::Before) => Decision::Refused(Unauthenticated::Signature(Problem::NonceUsed)),
            Err(NotConsumed::Forgotten(before)) => {
                let window = Window::around(now).since(before.minus(TOLERANCE));
                let problem = window.check(signed.timestamp()).err().unwrap_or(Problem::NonceUsed);
                Decision::Refused(Unauthenticated::Signature(problem))
            }
        }
    }

    /// Whether a request may still count after a restart, or may have been used before the present start: memory alone does not do.
    /// What was used before the start, and is not older than it, was ahead of the clock then, by the tolerance at most.
    fn outlives_the_process(&self, timestamp: Millis, now: Millis) -> bool {
        timestamp > now || timestamp <= self.nonces.start().plus(TOLERANCE)
    }

    /// Consumes in the store what [`Decision::ToBeStored`] names, and says what to decide with.
    pub async fn store_signed_use(&self, SignedUse(once): SignedUse) -> Stored {
        match self.store.commit(vec![once.into()]).await {
            Ok(_) => Stored::Consumed,
            Err(StoreError::AlreadyConsumed) => Stored::Before,
            Err(error) => {
                tracing::warn!(%error, "the use of a signed request cannot be stored");
                Stored::Failed
            }
        }
    }

    /// The accounts that have a key of the name that is signed with, of the target's account, if it names one: those where it may be used,
    /// and the others.
    fn holders(&self, held: &HeldRequest<'_>, signed: &Signed) -> (Holders, Holders) {
        let name = signed.consumer_key();
        let mut holders = self.directory.with_api_key(name);
        holders.retain(|entry| held.shown.account.is_none_or(|named| entry.account.id.as_str() == named));
        holders.into_iter().partition(|entry| {
            let is_enabled = entry.api_key(name).is_some_and(|usable| usable.key.enabled);
            is_enabled && entry.account.state == AccountState::Enabled
        })
    }

    /// Whether beside what proves an application there is a session that may be used, since nobody could tell whose request it is; or
    /// a bearer of ours that has ended, since its holder has logged out.
    pub(super) fn shows_another(&self, held: &HeldRequest<'_>) -> bool {
        let lives =
            |live: &mut Live<'_>, shown_by| self.may_be_shown(live, shown_by, &held.shown).then_some(());
        held.shown.credentials.iter().any(|credential| {
            matches!(credential, Credential::Bearer(bearer) if self.is_genuine_bearer(bearer))
                || self.find(credential, held.shown.now, |live| lives(live, credential.kind())).is_some()
        })
    }
}

/// The account of these whose key signed; where the rule names some of several, of those. Whoever has a key of the same name elsewhere
/// changes nothing for who signs with theirs.
fn signing_key<'a>(
    rule: &CompiledRule,
    mut holders: Holders,
    signed: &'a Signed,
    now: Millis,
) -> Result<(Arc<AccountEntry>, Verified<'a>), Problem> {
    let name = signed.consumer_key();
    narrow(&mut holders, |entry| rule.is_for_account(entry.account.id));
    narrow(&mut holders, |entry| {
        entry.api_key(name).is_some_and(|usable| usable.has_token(signed.token(), now))
    });
    if holders.is_empty() {
        // The same work for nobody.
        return Err(signed.verify(None).err().unwrap_or(Problem::ConsumerKeyUnknown));
    }
    let (mut right, mut refused) = (Vec::new(), Problem::ConsumerKeyUnknown);
    for entry in holders {
        match verify(signed, entry.api_key(name), now) {
            Ok(verified) => right.push((entry, verified)),
            Err(problem) => refused = most_telling(refused, problem),
        }
    }
    match right.pop() {
        None => Err(refused),
        // Nobody could tell whose it is.
        Some(_) if !right.is_empty() => Err(Problem::ConsumerKeyUnknown),
        Some(found) => Ok(found),
    }
}

/// Leaves of several those that are so, if any is.
fn narrow(holders: &mut Vec<Arc<AccountEntry>>, are: impl Fn(&AccountEntry) -> bool) {
    if holders.len() > 1 && holders.iter().any(|entry| are(entry)) {
        holders.retain(|entry| are(entry));
    }
}

/// What is stored of a use: of this account alone, whose consumer key and token it has.
fn stored_digest(account: AccountId, value: &[u8]) -> [u8; 32] {
    let digest = Sha256::new_with_prefix(b"signed request\0");
    digest.chain_update(account.as_str()).chain_update([0]).chain_update(value).finalize().into()
}

/// Whether one of the sets of values that work signed the request.
fn verify<'a>(signed: &'a Signed, key: Option<&UsableApiKey>, now: Millis) -> Result<Verified<'a>, Problem> {
    let Some(key) = key else { return signed.verify(None) };
    let mut refused = Problem::ConsumerKeyUnknown;
    for values in key.values_at(now) {
        // What is no text, nobody can have been given.
        match signed.verify(values.secrets().as_ref()) {
            Ok(verified) => return Ok(verified),
            Err(problem) => refused = most_telling(refused, problem),
        }
    }
    Err(refused)
}

/// Of what two sets of values refuse: that the signature is wrong says more than that it names the other set.
fn most_telling(one: Problem, other: Problem) -> Problem {
    if one == Problem::SignatureInvalid { one } else { other }
}
