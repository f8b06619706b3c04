//! The decision: does a rule let whoever shows this through?

use super::rule::{Asking, CompiledRule, Objection};
use crate::authorize::{CredentialKind, Granted, Live, Showing};
use crate::service::Auth;

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<R> {
    /// They are let through.
    Granted(R),
    /// Nothing that is shown and accepted opens a session that may be used: nobody knows who it is.
    Refused,
    /// Their session lives, and the rule is not for them.
    Forbidden(Objection),
}

impl Auth {
    /// What `work` makes of the rule of the gate of this name; None: there is none. A change of the rules waits meanwhile, so `work`
    /// must be quick.
    pub fn with_gateway_rule<R>(&self, name: &str, work: impl FnOnce(&CompiledRule) -> R) -> Option<R> {
        self.directory.with_rules(|rules| rules.compiled(name).map(work))
    }

    /// What a rule says of whoever holds the session that this shows, `target` being what they ask for, as the client sent it. What
    /// `grant` answers is as of [`Auth::authorize`], and so is what else is done: but nothing is kept alive or counted of
    /// somebody who is not let through.
    pub fn decide<R>(
        &self,
        rule: &CompiledRule,
        target: Option<&str>,
        shown: Showing<'_>,
        grant: impl Fn(Granted<'_>) -> R,
    ) -> Decision<R> {
        // Before a session is locked.
        let has_path = rule.has_path(target);
        let decide = |live: &mut Live<'_>, shown_by: CredentialKind| {
            if !self.may_be_shown(live, &shown) {
                return None;
            }
            let (user, application) = (&*live.entry.holder, live.entry.application());
            let asking = Asking { user, application, address: shown.address };
            if let Some(objection) = rule.objection(&asking, has_path) {
                return Some(Err(objection));
            }
            Self::note_use(live, shown.now);
            Some(Ok(grant(self.granted(live, shown_by, shown.now))))
        };
        match self.with_shown(&shown, decide) {
            Some(Ok(granted)) => Decision::Granted(granted),
            Some(Err(objection)) => Decision::Forbidden(objection),
            None => Decision::Refused,
        }
    }
}
