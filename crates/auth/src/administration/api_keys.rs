//! API keys are made here. What is left of them goes the way of all [`AccountResource`]s.

use vestibule_model::{AccountId, ApiKey};
use zeroize::Zeroizing;

use super::account_resources::{AccountResource as _, check};
use super::applications::{WithSecrets, new_api_key};
use super::audited_write::{AuditDetails, AuditedWrite};
use super::values::ApplicationValue;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::seal_api_key;
use crate::rules::check_values_together;

/// The values of an API key that is to be made; those that are None are generated.
#[derive(Default)]
pub struct GivenKey {
    /// The consumer key.
    pub app_key: Option<String>,
    /// The consumer secret; given together with the token secret or not at all.
    pub secret: Option<Zeroizing<String>>,
    /// The token.
    pub access_token: Option<String>,
    /// The token secret.
    pub access_token_secret: Option<Zeroizing<String>>,
}

/// A key with its secret and its access token secret, in this order.
pub type KeyWithSecrets = WithSecrets<ApiKey, 2>;

impl Administration<'_> {
    /// Makes an API key. `fill` is given one that is good for nothing.
    pub async fn make_api_key(
        &self,
        caller: &Caller,
        account: AccountId,
        given: GivenKey,
        fill: impl Fn(ApiKey) -> Result<ApiKey, AdministrationError>,
        idempotency: Idempotency<'_, KeyWithSecrets>,
    ) -> Result<KeyWithSecrets, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let (blank, secrets) = self.new_key(given)?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let mut key = fill(blank.clone())?;
            check(&mut key, None, &entry)?;
            let details = AuditDetails::made(&key).in_account(account);
            let written = AuditedWrite::one(key.clone().put(account), details);
            let made = WithSecrets { application: key, secrets: secrets.clone() };
            Ok((Some(written.remembered_under(self, caller, &idempotency, &made)), made))
        })
        .await
    }

    /// A key with its secrets sealed, and those secrets.
    fn new_key(&self, given: GivenKey) -> Result<(ApiKey, [Zeroizing<String>; 2]), AdministrationError> {
        check_values_together(given.secret.as_ref(), given.access_token_secret.as_ref())?;
        let value = |value: ApplicationValue, given| value.or_new(given, &*self.auth.rng);
        let app_key = value(ApplicationValue::AppKey, given.app_key.map(Zeroizing::new))?;
        let access_token = value(ApplicationValue::AccessToken, given.access_token.map(Zeroizing::new))?;
        let secret = value(ApplicationValue::KeySecret, given.secret)?;
        let token_secret = value(ApplicationValue::AccessTokenSecret, given.access_token_secret)?;
        let mut key = new_api_key(self.new_application_id(), app_key.to_string(), access_token.to_string());
        seal_api_key(self.auth.keys.sealer(), &*self.auth.rng, &mut key, &secret, &token_secret);
        Ok((key, [secret, token_secret]))
    }
}
