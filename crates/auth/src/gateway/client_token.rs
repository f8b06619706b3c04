//! Tokens that OAuth clients got in their own name (`app/token`): they let the client through, and no user.

use vestibule_model::GatewayCredential;

use super::decision::{Decision, HeldRequest, Unauthenticated};
use super::principal::{ApplicationMethod, ApplicationPrincipal, Principal};
use super::rule::CompiledRule;
use crate::sentinel::ShownClientToken;
use crate::service::Auth;

impl Auth {
    /// The client whose token is shown, if the rule takes such, whether or not it may still be used. What else a bearer may be is decided as any other.
    pub(super) fn shown_client(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
    ) -> Option<ShownClientToken> {
        let bearer = held.shown.credentials.bearer.filter(|_| rule.takes(GatewayCredential::ClientToken))?;
        // A token is signed, in three parts, and no bearer of a session has a dot.
        bearer.contains('.').then(|| self.client_named_by(bearer, held.shown.now))?
    }

    /// What a rule says of a client that shows its token, if nothing else shows another holder.
    pub(super) fn decide_client<R>(
        &self,
        rule: &CompiledRule,
        held: &HeldRequest<'_>,
        client: &ShownClientToken,
        grant: impl Fn(Principal<'_>) -> R,
    ) -> Decision<R> {
        if held.shown.account.is_some_and(|named| named != client.account().as_str()) {
            return Decision::Refused(Unauthenticated::OtherAccount);
        }
        if self.shows_another(held) {
            return Decision::Refused(Unauthenticated::SeveralHolders);
        }
        let principal = ApplicationPrincipal {
            account: client.facts(),
            application: client.application(),
            method: ApplicationMethod::OauthClientToken,
        };
        let is_from_there = client.is_allowed_from(held.shown.address);
        match rule.objection_to_application(&principal, is_from_there, held.target) {
            Some(objection) => Decision::Forbidden(objection),
            None => Decision::Granted(grant(Principal::Application(principal))),
        }
    }
}
