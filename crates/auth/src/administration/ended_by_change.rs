//! How many live sessions a change would end: for whoever is asked whether it is meant.
//!
//! The rule that ends them ([`crate::eligibility`]) is asked about what sessions rest on as it would be. Sessions are gone through only
//! where something is different that they may rest on.

use std::collections::HashMap;

use vestibule_model::{Account, AccountId, Application, ApplicationId, Session, User, UserId};
use vestibule_store::{Part, PartRow, StoreError};

use super::account_resources::{AccountResource, present};
use super::live_sessions::SessionFilter;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::{may_go_on, rest_alike};

impl Administration<'_> {
    /// How many live sessions would end if an account became this one.
    pub async fn sessions_ended_by_change(
        &self,
        caller: &Caller,
        after: &Account,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::ReadAccount(after.id))?;
        let entry = self.account_entry(after.id)?;
        if rest_alike(&entry.account, after) {
            return Ok(0);
        }
        let parts = vec![(Part::Account, Some(PartRow::Account(after.clone().into())))];
        self.count_ended(caller, &entry, parts, None).await
    }

    /// How many would end if the one of its kind and id that an account has became this one.
    pub async fn sessions_ended_by_resource<P: AccountResource>(
        &self,
        caller: &Caller,
        account: AccountId,
        after: &P,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let Some((application, row)) = present::<P>(&entry, after.id())?.rested_on(after) else {
            return Ok(0);
        };
        let parts = part_of(application).map(|part| (part, Some(row))).into_iter().collect();
        self.count_ended(caller, &entry, parts, Some(&[application])).await
    }

    /// How many would end if the applications of this id were gone.
    pub(super) async fn sessions_ended_without(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ApplicationId,
    ) -> Result<usize, AdministrationError> {
        let entry = self.account_entry(account)?;
        let applications = entry.applications_of_id(id);
        let parts = applications.iter().filter_map(|one| part_of(*one)).map(|part| (part, None)).collect();
        self.count_ended(caller, &entry, parts, Some(&applications)).await
    }

    /// Those of an account that might not go on if its parts were these; of those that were opened with these applications, or of
    /// all.
    async fn count_ended(
        &self,
        caller: &Caller,
        entry: &AccountEntry,
        parts: Vec<(Part, Option<PartRow>)>,
        of: Option<&[Application]>,
    ) -> Result<usize, AdministrationError> {
        let facts = entry.facts_as(parts, self.auth.keys.sealer());
        let facts = facts.map_err(|error| StoreError::Unavailable(error.into()))?;
        let application = of.and_then(|of| of.first()?.id());
        let wanted =
            SessionFilter { account: Some(entry.account.id), application, ..SessionFilter::default() };
        let may_rest = |session: &Session| of.is_none_or(|of| of.contains(&session.application));
        let (mut users, mut ended) = (HashMap::<UserId, UserEntry>::new(), 0);
        self.visit_live_sessions(caller, &wanted, |live| {
            let session = live.session();
            if may_rest(&session) {
                let user = users.entry(session.user);
                let user = user.or_insert_with(|| UserEntry::new(&facts, User::clone(&live.holder)));
                ended += usize::from(!may_go_on(user, (&session).into(), session.address, caller.now));
            }
        })
        .await?;
        Ok(ended)
    }
}

/// The part of its account that an application is.
const fn part_of(application: Application) -> Option<Part> {
    match application {
        Application::None => None,
        Application::ApiKey(id) => Some(Part::ApiKey(id)),
        Application::OauthClient(id) => Some(Part::OauthClient(id)),
        Application::Token(id) => Some(Part::ApplicationToken(id)),
    }
}
