//! Events for gateways that keep answers, as administrators see them.

use super::{Administration, AdministrationError, Caller, Scope};
use crate::feed::{EventStream, EventWriter, EventsError, FeedScope};

impl Administration<'_> {
    /// The events of the accounts that the caller may see, behind the event of this id if that is known.
    pub async fn events(
        &self,
        caller: &Caller,
        behind: Option<&str>,
    ) -> Result<(EventStream, EventWriter), AdministrationError> {
        let scope = seen_by(caller)?;
        self.auth.loaded().await;
        self.auth.events_of_administrator(scope, caller, behind).map_err(|error| match error {
            EventsError::Full(_) | EventsError::Starting | EventsError::Client(_) => {
                AdministrationError::Overloaded
            }
        })
    }

    /// Whether they may still see what they saw.
    pub(crate) async fn may_still_see_events(&self, caller: &Caller) -> bool {
        let mut caller = caller.clone();
        caller.now = self.auth.clock.now();
        self.expect_eligible(&caller).await.is_ok()
    }
}

/// As sessions are seen.
fn seen_by(caller: &Caller) -> Result<FeedScope, AdministrationError> {
    if let Some(account) = caller.role.account() {
        caller.require(Scope::ReadAccount(account))?;
        return Ok(FeedScope::Account(account));
    }
    caller.require(Scope::ReadInstallation)?;
    let sees_administrators = caller.require(Scope::ReadAccount(super::administrators_account())).is_ok();
    Ok(if sees_administrators { FeedScope::All } else { FeedScope::AllButAdministrators })
}
