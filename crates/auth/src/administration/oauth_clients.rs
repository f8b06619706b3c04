//! OAuth clients are made here. What is left of them goes the way of all [`Part`]s.

use vestibule_model::{AccountId, OauthClient};
use zeroize::Zeroizing;

use super::applications::{WithSecrets, new_oauth_client};
use super::parts::Part;
use super::values::ApplicationValue;
use super::written::{Told, Written};
use super::{AdministrationError, Caller, Once, Scope};
use crate::service::Auth;

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

impl Auth {
    /// Makes an OAuth client. `fill` is given one that is good for nothing.
    pub async fn make_oauth_client(
        &self,
        caller: &Caller,
        (account, given): (AccountId, GivenClient),
        fill: impl Fn(OauthClient) -> Result<OauthClient, AdministrationError>,
        once: Once<'_, ClientWithSecret>,
    ) -> Result<ClientWithSecret, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let client_id = ApplicationValue::ClientId.or_new(given.client_id.map(Zeroizing::new), &*self.rng)?;
        let secret = ApplicationValue::ClientSecret.or_new(given.secret, &*self.rng)?;
        let digest = self.secrets.digest(secret.as_bytes());
        let blank = new_oauth_client(self.new_application_id(), client_id.to_string(), digest);
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let mut client = fill(blank.clone())?;
            client.check(&entry, None)?;
            let told = Told::made(&client).in_account(account);
            let written = Written::one(client.clone().put(account), told);
            let made = WithSecrets { application: client, secrets: [secret.clone()] };
            Ok((Some(written.once(self, caller, (&once, &made))), made))
        })
        .await
    }
}
