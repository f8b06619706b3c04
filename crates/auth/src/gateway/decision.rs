//! The decision: does a rule let whoever shows this through?

use vestibule_model::GatewayCredential;
use vestibule_oauth1::{Problem, Request};

use super::principal::Principal;
use super::rule::{Asking, CompiledRule, Objection};
use crate::authorize::{CredentialKind, Live, Showing};
use crate::service::Auth;

/// A request that a gateway holds, as far as it is known.
#[derive(Clone, Copy)]
pub struct HeldRequest<'a> {
    /// Its target, as the client sent it; None: it is not known.
    pub target: Option<&'a str>,
    /// All of it that may be signed; None: that is not known, or of no matter to the rule.
    pub signable: Option<Request<'a>>,
    /// What else shows who it is.
    pub shown: Showing<'a>,
}

/// What a check comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<R> {
    /// They are let through.
    Granted(R),
    /// Nobody knows who it is.
    Refused(Unauthenticated),
    /// It is known who it is, and the rule is not for them.
    Forbidden(Objection),
    /// It cannot be remembered that this request counts once.
    Overloaded,
}

/// Why nobody knows who it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Nothing that is shown and accepted opens a session that may be used.
    #[error("nothing that is shown and accepted opens a session that may be used")]
    Nobody,
    /// The request is signed, and that does not count.
    #[error(transparent)]
    Signature(Problem),
    /// The request is an application's, and shows a session that may be used beside it.
    #[error("the request is an application's by its signature or token, and shows a session of a user")]
    SeveralHolders,
}

impl Auth {
    /// What `work` makes of the rule of the gate of this name; None: there is none. A change of the rules waits meanwhile, so `work`
    /// must be quick.
    pub fn with_gateway_rule<R>(&self, name: &str, work: impl FnOnce(&CompiledRule) -> R) -> Option<R> {
        self.directory.with_rules(|rules| rules.compiled(name).map(work))
    }

    /// What a rule says of whoever sent a request. What `grant` answers is as of [`Auth::authorize`], and so is what else is done:
    /// but nothing is kept alive, counted or consumed of somebody who is not let through.
    pub fn decide<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        let signed =
            held.signable.filter(|_| rule.takes(GatewayCredential::Signature)).map(|request| request.read());
        match signed {
            None | Some(Ok(None)) => match self.shown_client(rule, held) {
                Some(client) => self.decide_client(rule, held, &client, grant),
                None => self.decide_session(rule, held, grant),
            },
            Some(Ok(Some(signed))) => self.decide_signed(rule, held, &signed, grant),
            Some(Err(problem)) => Decision::Refused(Unauthenticated::Signature(problem)),
        }
    }

    fn decide_session<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        let shown = &held.shown;
        // Before a session is locked.
        let has_path = rule.has_path(held.target);
        let decide = |live: &mut Live<'_>, shown_by: CredentialKind| {
            if !self.may_be_shown(live, shown_by, shown) {
                return None;
            }
            let (user, application) = (&*live.entry.holder, live.entry.application());
            let asking = Asking { user, application, address: shown.address };
            if let Some(objection) = rule.objection(&asking, has_path) {
                return Some(Err(objection));
            }
            Self::note_use(live, shown.now);
            Some(Ok(grant(Principal::Session(self.granted(live, shown_by, shown.now)))))
        };
        match self.with_shown(shown, decide) {
            Some(Ok(granted)) => Decision::Granted(granted),
            Some(Err(objection)) => Decision::Forbidden(objection),
            None => Decision::Refused(Unauthenticated::Nobody),
        }
    }
}
