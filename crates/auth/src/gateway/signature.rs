//! Requests that API keys sign (contract liveperson §3; RFC 5849): whose key it is, whether the signature is right, and that it
//! counts once.
//!
//! `vestibule_oauth1` reads and verifies. What is decided here is which key a consumer key names, and what becomes of its uses.

use std::cell::Cell;
use std::sync::Arc;

use vestibule_model::{AccountState, Application, Millis};
use vestibule_oauth1::{Problem, Signed, TOLERANCE, Verified, Window};

use super::decision::{Decision, HeldRequest, Unauthenticated};
use super::nonces::NotConsumed;
use super::principal::{ApplicationMethod, ApplicationPrincipal, Principal};
use super::rule::CompiledRule;
use crate::authorize::Live;
use crate::directory::{AccountEntry, UsableApiKey};
use crate::eligibility::is_among;
use crate::service::Auth;
use crate::traffic::Caller;

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
        let found = self.signing_account(rule, held, signed, now);
        let found = found.as_deref().and_then(|entry| Some((entry, entry.api_key(signed.consumer_key())?)));
        let in_use = found
            .filter(|(entry, usable)| entry.account.state == AccountState::Enabled && usable.key.enabled);
        let single_use = verify(signed, in_use.map(|(_, usable)| usable), now)
            .and_then(|verified| verified.single_use(Window::around(now).since(self.nonces.start())));
        let (single_use, (entry, usable)) = match (single_use, in_use) {
            (Ok(single_use), Some(key)) => (single_use, key),
            (Err(problem), _) => return Decision::Refused(Unauthenticated::Signature(problem)),
            // Nothing is verified without a key.
            (Ok(_), None) => return Decision::Refused(Unauthenticated::Nobody),
        };
        let application = Application::ApiKey(usable.key.id);
        // Only now it is known that it is whom it says.
        caller.set(Caller::application(entry.account.id, application));
        if self.shows_a_session(held) {
            return Decision::Refused(Unauthenticated::SeveralHolders);
        }
        let principal =
            ApplicationPrincipal { account: entry, application, method: ApplicationMethod::ApiKeySignature };
        let is_from_there = is_among(&usable.key.addresses, held.shown.address);
        if let Some(objection) = rule.objection_to_application(&principal, is_from_there, held.target) {
            return Decision::Forbidden(objection);
        }
        // Consumer keys are unique within an account alone, and the application's id everywhere.
        let value = (principal.application, &single_use.value);
        match self.nonces.consume_once(value, single_use.expires, now) {
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

    /// The account whose key is named: the one that the target names, if it does; of several, one that the rule names; of several
    /// still, the one whose key has the token.
    fn signing_account(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        signed: &Signed,
        now: Millis,
    ) -> Option<Arc<AccountEntry>> {
        let mut holders = self.directory.with_api_key(signed.consumer_key());
        if let Some(named) = held.shown.account {
            holders.retain(|entry| entry.account.id.as_str() == named);
        }
        if holders.len() > 1 && holders.iter().any(|entry| rule.is_for_account(entry.account.id)) {
            holders.retain(|entry| rule.is_for_account(entry.account.id));
        }
        if holders.len() > 1 {
            holders.retain(|entry| {
                entry.api_key(signed.consumer_key()).is_some_and(|key| key.has_token(signed.token(), now))
            });
        }
        if holders.len() == 1 { holders.pop() } else { None }
    }

    /// Whether a session that may be used is shown beside what proves an application: nobody could tell whose request it is.
    pub(super) fn shows_a_session(&self, held: &HeldRequest<'_>) -> bool {
        let lives =
            |live: &mut Live<'_>, shown_by| self.may_be_shown(live, shown_by, &held.shown).then_some(());
        let mut credentials = held.shown.credentials.iter();
        credentials.any(|credential| {
            self.find(credential, held.shown.now, |live| lives(live, credential.kind())).is_some()
        })
    }
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
