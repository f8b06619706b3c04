//! Other secrets for API keys, OAuth clients and application tokens: the new ones work at once, those before them until the
//! end of an overlap. Id, and what bots are tied to, stay.
//!
//! The one place that says what may be renewed when. How long an overlap may be, and when it is over, the model says.

use std::error::Error as _;
use std::time::Duration;

use vestibule_model::{
    AccountId, Actor, ApiKey, ApplicationToken, AuditAction, AuditRecord, LONGEST_OVERLAP, Means, Millis,
    OauthClient, Superseded, difference,
};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use super::account_resources::{AccountResource, present};
use super::applications::WithSecrets;
use super::audited_write::{AuditDetails, AuditedWrite};
use super::named::AccountResourceId;
use super::rests_on::rests_on;
use super::values::ApplicationValue;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::{AccountEntry, seal_api_key};
use crate::service::Auth;

/// For how long the secrets before the new ones go on working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap(Duration);

impl Overlap {
    /// A day: what is deployed every night has had its turn.
    pub const USUAL: Self = Self(Duration::from_hours(24));

    /// So many seconds; 0 ends the old secrets, and the sessions that rest on them, at once. `field` is named if there are too
    /// many.
    pub fn of_seconds(seconds: u64, field: &'static str) -> Result<Self, AdministrationError> {
        let overlap = Duration::from_secs(seconds);
        if overlap <= LONGEST_OVERLAP {
            return Ok(Self(overlap));
        }
        let reason = format!("{} seconds, which are 90 days, at most", LONGEST_OVERLAP.as_secs());
        Err(AdministrationError::invalid(field, reason))
    }

    /// How many seconds it has.
    pub const fn seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// When it is over; None: there is none.
    fn end(self, now: Millis) -> Option<Millis> {
        (!self.0.is_zero()).then(|| now.plus(self.0))
    }
}

impl Default for Overlap {
    fn default() -> Self {
        Self::USUAL
    }
}

/// A kind of application whose secrets can be renewed; N of its values are secrets.
pub trait Renewable<const N: usize>: AccountResource {
    /// The overlap with the secrets before the present ones, if those are still kept.
    fn overlap(&self) -> Option<Superseded<()>>;

    /// Without those.
    #[must_use]
    fn without_superseded(self) -> Self;

    /// With new secrets, which are in clear beside it. Those that it has work until `until`; None: no more.
    fn renewed(&self, auth: &Auth, account: &AccountEntry, until: Option<Millis>) -> WithSecrets<Self, N>;
}

impl Administration<'_> {
    /// Gives an application other secrets. The sessions of the old ones end with the overlap, and none before.
    pub async fn renew<P: Renewable<N>, const N: usize>(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        overlap: Overlap,
        idempotency: Idempotency<'_, WithSecrets<P, N>>,
    ) -> Result<WithSecrets<P, N>, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<P>(&entry, id)?;
            let until = overlap.end(caller.now);
            expect_no_overlap(before, until, caller.now)?;
            let renewed = before.renewed(self.auth, &entry, until);
            let details = AuditDetails::changed(before, &renewed.application).in_account(account);
            let written = AuditedWrite::one(renewed.application.clone().put(account), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &renewed)), renewed))
        })
        .await
    }

    /// Ends the overlap of an application before its time, and with it the sessions of the secrets before the present ones. Where none
    /// are left, that is done. `unchanged` is asked about the present one.
    pub async fn end_overlap<P: Renewable<N>, const N: usize>(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        unchanged: impl Fn(&P) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<P>(&entry, id)?;
            unchanged(before)?;
            if before.overlap().is_none() {
                return Ok((None, ()));
            }
            let after = before.clone().without_superseded();
            let details = AuditDetails::changed(before, &after).in_account(account);
            Ok((Some(AuditedWrite::one(after.put(account), details)), ()))
        })
        .await
    }

    /// Erases the secrets whose overlap is over at `now`, and ends the sessions that rest on them. They work no more before
    /// that as well; what cannot be stored is tried again the next time.
    pub(crate) async fn erase_superseded(&self, now: Millis) -> Result<(), StoreError> {
        let mut result = Ok(());
        for account in self.auth.directory.with_ended_overlap(now) {
            if let Err(error) = self.erase_superseded_of(account, now).await {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(%account, %error, cause, "old secrets are not erased yet; it is tried again");
                result = Err(error);
            }
        }
        result
    }

    async fn erase_superseded_of(&self, account: AccountId, now: Millis) -> Result<(), StoreError> {
        let pending = {
            let turn = self.auth.follower.turn().await;
            let mut pending = self.auth.follow_in(&turn).await?;
            let mut changes = self.erasures(account, now);
            if !changes.is_empty() {
                let (since, scopes) = (turn.sequence(), rests_on(&changes));
                changes.insert(0, Change::ExpectUnchanged { since, scopes });
                match self.auth.store.commit(changes).await {
                    Ok(_) => pending.append(self.auth.follow_in(&turn).await?),
                    // Somebody else changed something: another time.
                    Err(StoreError::DirectoryMoved) => {}
                    Err(error) => return Err(error),
                }
            }
            pending
        };
        pending.end_all().await
    }

    fn erasures(&self, account: AccountId, now: Millis) -> Vec<Change> {
        let Some(entry) = self.auth.directory.account(account) else { return Vec::new() };
        let mut changes = erasures_of::<ApiKey, 2>(&entry, now);
        changes.extend(erasures_of::<OauthClient, 1>(&entry, now));
        changes.extend(erasures_of::<ApplicationToken, 1>(&entry, now));
        changes
    }
}

/// The changes that erase what is over, each with its entry in the audit.
fn erasures_of<P: Renewable<N>, const N: usize>(entry: &AccountEntry, now: Millis) -> Vec<Change> {
    let account = entry.account.id;
    let is_over = |part: &&P| part.overlap().is_some_and(|overlap| overlap.is_over(now));
    let erase = |before: &P| {
        let after = before.clone().without_superseded();
        let (told_before, told_after) = difference(Some(before), Some(&after));
        let details = AuditRecord {
            account: Some(account),
            target: Some(after.audit_target()),
            before: told_before,
            after: told_after,
            ..AuditRecord::new(now, AuditAction::Changed, Actor::System, Means::System)
        };
        [after.put(account), Change::Audit(Box::new(details))]
    };
    P::all(entry).into_iter().filter(is_over).flat_map(erase).collect()
}

/// At most two sets of secrets work at a time. Without an overlap the one before them may be replaced: it ends as well.
fn expect_no_overlap<P: Renewable<N>, const N: usize>(
    part: &P,
    until: Option<Millis>,
    now: Millis,
) -> Result<(), AdministrationError> {
    let both_work = part.overlap().is_some_and(|overlap| overlap.counts(now));
    if !both_work || until.is_none() {
        return Ok(());
    }
    let reason = "its secrets were renewed, and those before them still work: renew them when that is over, or without an \
                  overlap, which ends all that there were at once";
    Err(AdministrationError::Conflict(reason.into()))
}

impl Renewable<2> for ApiKey {
    fn overlap(&self) -> Option<Superseded<()>> {
        self.superseded.as_ref().map(Superseded::overlap)
    }

    fn without_superseded(self) -> Self {
        Self { superseded: None, ..self }
    }

    fn renewed(&self, auth: &Auth, account: &AccountEntry, until: Option<Millis>) -> WithSecrets<Self, 2> {
        let new = |value: ApplicationValue| Zeroizing::new(value.generate(&*auth.rng));
        let (sealer, rng) = (auth.keys.sealer(), &*auth.rng);
        let usable = account.api_key(&self.app_key);
        let superseded =
            until.and_then(|until| usable.map(|usable| usable.superseded_until(until, sealer, rng)));
        let mut application = Self {
            access_token: ApplicationValue::AccessToken.generate(&*auth.rng),
            secret_version: self.secret_version.next(),
            superseded,
            ..self.clone()
        };
        let secrets = [ApplicationValue::KeySecret, ApplicationValue::AccessTokenSecret].map(new);
        seal_api_key(sealer, rng, &mut application, &secrets[0], &secrets[1]);
        WithSecrets { application, secrets }
    }
}

impl Renewable<1> for OauthClient {
    fn overlap(&self) -> Option<Superseded<()>> {
        self.superseded.map(|before| before.overlap())
    }

    fn without_superseded(self) -> Self {
        Self { superseded: None, ..self }
    }

    fn renewed(&self, auth: &Auth, _: &AccountEntry, until: Option<Millis>) -> WithSecrets<Self, 1> {
        let secret = Zeroizing::new(ApplicationValue::ClientSecret.generate(&*auth.rng));
        let application = Self {
            secret: auth.keys.secrets().digest(secret.as_bytes()),
            secret_version: self.secret_version.next(),
            superseded: until.map(|until| Superseded { values: self.secret, until }),
            ..self.clone()
        };
        WithSecrets { application, secrets: [secret] }
    }
}

impl Renewable<1> for ApplicationToken {
    fn overlap(&self) -> Option<Superseded<()>> {
        self.superseded.map(|before| before.overlap())
    }

    fn without_superseded(self) -> Self {
        Self { superseded: None, ..self }
    }

    fn renewed(&self, auth: &Auth, _: &AccountEntry, until: Option<Millis>) -> WithSecrets<Self, 1> {
        let token = Zeroizing::new(ApplicationValue::ApplicationToken.generate(&*auth.rng));
        let application = Self {
            token: auth.keys.secrets().digest(token.as_bytes()),
            secret_version: self.secret_version.next(),
            superseded: until.map(|until| Superseded { values: self.token, until }),
            ..self.clone()
        };
        WithSecrets { application, secrets: [token] }
    }
}
