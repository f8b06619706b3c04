//! OAuth clients are made here. What is left of them goes the way of all [`AccountResource`]s.

use vestibule_model::{AccountId, OauthClient};
use zeroize::Zeroizing;

use super::account_resources::{AccountResource as _, check};
use super::applications::{WithSecrets, new_oauth_client};
use super::audited_write::{AuditDetails, AuditedWrite};
use super::values::ApplicationValue;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::rules::client_id_violation;

/// The values of an OAuth client that is to be made; those that are None are generated.
#[derive(Default)]
pub struct GivenClient {
    /// The client id.
    pub client_id: Option<String>,
    /// The secret.
    pub secret: Option<Zeroizing<String>>,
}

/// A client with its secret.
pub type ClientWithSecret = WithSecrets<OauthClient, 1>;

impl Administration<'_> {
    /// Makes an OAuth client. `fill` is given one that is good for nothing.
    pub async fn make_oauth_client(
        &self,
        caller: &Caller,
        account: AccountId,
        given: GivenClient,
        fill: impl Fn(OauthClient) -> Result<OauthClient, AdministrationError>,
        idempotency: Idempotency<'_, ClientWithSecret>,
    ) -> Result<ClientWithSecret, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let client_id =
            ApplicationValue::ClientId.or_new(given.client_id.map(Zeroizing::new), &*self.auth.rng)?;
        let secret = ApplicationValue::ClientSecret.or_new(given.secret, &*self.auth.rng)?;
        let digest = self.auth.keys.secrets().digest(secret.as_bytes());
        let blank = new_oauth_client(self.new_application_id(), client_id.to_string(), digest);
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let mut client = fill(blank.clone())?;
            check(&mut client, None, &entry)?;
            client_id_violation(&client, &*self.auth.directory).map_or(Ok(()), Err)?;
            let details = AuditDetails::made(&client).in_account(account);
            let written = AuditedWrite::one(client.clone().put(account), details);
            let made = WithSecrets { application: client, secrets: [secret.clone()] };
            Ok((Some(written.remembered_under(self, caller, &idempotency, &made)), made))
        })
        .await
    }
}
