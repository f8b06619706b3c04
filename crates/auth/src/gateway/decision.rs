//! The decision: does a rule let whoever shows this through?

use std::cell::Cell;

use vestibule_model::{GatewayCredential, TrafficOutcome};
use vestibule_oauth1::{Problem, Request};

use super::principal::Principal;
use super::rule::{Asking, CompiledRule, Objection};
use crate::authorize::{CredentialKind, Live, NoHolder, Showing, not_known};
use crate::open::Once;
use crate::sentinel::ShownClientToken;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

/// A request that a gateway holds, as far as it is known.
#[derive(Clone, Copy)]
pub struct HeldRequest<'a> {
    /// Its target, as the client sent it; None: it is not known.
    pub target: Option<&'a str>,
    /// All of it that may be signed; None: that is not known, or of no matter to the rule.
    pub signable: Option<Request<'a>>,
    /// What became of [`Decision::ToBeStored`].
    pub stored: Stored,
    /// What else shows who it is.
    pub shown: Showing<'a>,
}

/// What the store says of the use of a signed request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stored {
    /// It was not asked.
    #[default]
    Not,
    /// It is consumed now.
    Consumed,
    /// It was consumed before.
    Before,
    /// It cannot tell.
    Failed,
}

/// The use of a signed request, to be consumed by [`Auth::store_signed_use`].
#[derive(Clone, Copy, Debug)]
pub struct SignedUse(pub(super) Once);

impl<'a> HeldRequest<'a> {
    fn route(&self) -> Route<'a> {
        self.target.map_or(Route::CHECK, Route::Target)
    }
}

/// What a check comes to.
#[derive(Clone, Debug)]
pub enum Decision<R> {
    /// They are let through.
    Granted(R),
    /// Nobody knows who it is.
    Refused(Unauthenticated),
    /// It is known who it is, and the rule is not for them.
    Forbidden(Objection),
    /// It cannot be remembered that this request counts once: too much is.
    Overloaded,
    /// The store cannot tell whether this request has counted.
    Unavailable,
    /// They will be let through, if the use is not stored yet: it is to be stored, and decided once more with what became of it.
    /// Nothing is done or counted until then.
    ToBeStored(SignedUse),
}

/// Why nobody knows who it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Nothing that is shown and accepted opens a session that may be used.
    #[error("nothing that is shown and accepted opens a session that may be used")]
    Nobody,
    /// Sessions are shown, and the rule takes none of the credentials that show them.
    #[error("the rule takes none of the credentials that are shown")]
    NotTaken,
    /// Whoever it is, the target names another account.
    #[error("the target names another account than that of whoever asks")]
    OtherAccount,
    /// The request is signed, and that does not count.
    #[error(transparent)]
    Signature(Problem),
    /// It shows sessions of different users that may be used; or it is an application's, and shows such a session besides.
    #[error("the request shows more than one holder: users, or an application and a user")]
    SeveralHolders,
}

impl Auth {
    /// What `work` makes of the rule of the gate of this name; None: there is none. A change of the rules waits meanwhile, so `work`
    /// must be quick.
    pub fn with_gateway_rule<R>(&self, name: &str, work: impl FnOnce(&CompiledRule) -> R) -> Option<R> {
        self.directory.with_rules(|rules| rules.compiled(name).map(work))
    }

    /// What a rule says of whoever sent a request. What `grant` answers is as of [`Auth::authorize`], and so is what else is done:
    /// but nothing is kept alive or consumed of somebody who is not let through.
    pub fn decide<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        let signed =
            held.signable.filter(|_| rule.takes(GatewayCredential::Signature)).map(|request| request.read());
        let caller = Cell::new(Caller::UNKNOWN);
        let decision = match signed {
            None | Some(Ok(None)) => {
                let client = self.shown_client(rule, held);
                if let Some(client) = &client {
                    caller.set(Caller::application(client.account(), client.application()));
                }
                // That of one which may not be used any more counts as absent.
                match client.filter(ShownClientToken::may_be_used) {
                    Some(client) => self.decide_client(rule, held, &client, grant),
                    None => self.decide_session(rule, held, &caller, grant),
                }
            }
            Some(Ok(Some(signed))) => self.decide_signed(rule, held, &signed, &caller, grant),
            Some(Err(problem)) => Decision::Refused(Unauthenticated::Signature(problem)),
        };
        let outcome = match &decision {
            Decision::Granted(_) => TrafficOutcome::Allowed,
            Decision::Refused(Unauthenticated::Nobody) => not_known(&held.shown),
            Decision::Refused(
                Unauthenticated::NotTaken | Unauthenticated::OtherAccount | Unauthenticated::Signature(_),
            ) => TrafficOutcome::InvalidCredential,
            Decision::Refused(Unauthenticated::SeveralHolders) => TrafficOutcome::Contradictory,
            Decision::Forbidden(objection) => (*objection).into(),
            Decision::Overloaded => TrafficOutcome::TooManyRequests,
            Decision::Unavailable => TrafficOutcome::Unavailable,
            Decision::ToBeStored(_) => return decision,
        };
        self.count_shown(held.route(), caller.get(), outcome, &held.shown);
        decision
    }

    /// Counts a request that a gateway holds and of which nothing can be decided, because it is not clear what it says.
    pub fn count_unclear(&self, target: Option<&str>, shown: Showing<'_>) {
        let held = HeldRequest { target, signable: None, stored: Stored::Not, shown };
        self.count_shown(held.route(), Caller::UNKNOWN, TrafficOutcome::Contradictory, &held.shown);
    }

    fn decide_session<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        caller: &Cell<Caller>,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        let shown = &held.shown;
        // Before a session is locked.
        let to_target = rule.objection_to_target(held.target);
        let decide = |live: &mut Live<'_>, shown_by: CredentialKind| {
            caller.set(Caller::live(live));
            if !self.may_be_shown(live, shown_by, shown) {
                return None;
            }
            let (user, application) = (&*live.entry.holder, live.entry.application());
            let asking = Asking { user, application, address: shown.address };
            if let Some(objection) = rule.objection(&asking, to_target) {
                return Some(Err(objection));
            }
            Self::note_use(live, shown.now);
            Some(Ok(grant(Principal::Session(self.granted(live, shown_by, shown.now)))))
        };
        match self.with_shown(shown, decide) {
            Ok(Ok(granted)) => Decision::Granted(granted),
            Ok(Err(objection)) => Decision::Forbidden(objection),
            Err(NoHolder::Nobody) => Decision::Refused(self.why_nobody(shown)),
            Err(NoHolder::Several) => Decision::Refused(Unauthenticated::SeveralHolders),
        }
    }

    /// Why nothing that is shown counts, for the log.
    fn why_nobody(&self, shown: &Showing<'_>) -> Unauthenticated {
        let mut ranked = shown.credentials.ranked(shown.accepted).peekable();
        if ranked.peek().is_some() && ranked.all(|(_, is_accepted)| !is_accepted) {
            return Unauthenticated::NotTaken;
        }
        let of_any = Showing { account: None, ..*shown };
        let lives = |live: &mut Live<'_>, shown_by| self.may_be_shown(live, shown_by, &of_any).then_some(());
        if shown.account.is_some() && self.with_shown(&of_any, lives).is_ok() {
            return Unauthenticated::OtherAccount;
        }
        Unauthenticated::Nobody
    }
}
