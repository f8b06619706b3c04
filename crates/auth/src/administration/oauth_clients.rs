//! OAuth clients: made, and given another secret. What is left of them goes the way of all [`Part`]s.

use vestibule_model::{AccountId, OauthClient};
use vestibule_store::Change;
use zeroize::Zeroizing;

use super::applications::{WithSecrets, new_oauth_client, without_sessions};
use super::parts::{Part, present};
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

    /// Gives an OAuth client another secret. The sessions that the old one opened end.
    pub async fn renew_oauth_client(
        &self,
        caller: &Caller,
        account: AccountId,
        id: i64,
    ) -> Result<ClientWithSecret, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let secret = ApplicationValue::ClientSecret.or_new(None, &*self.rng)?;
        let digest = self.secrets.digest(secret.as_bytes());
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<OauthClient>(&entry, id)?;
            let client = OauthClient { secret: digest, ..before.clone() };
            let told = Told::changed(before, &client).in_account(account);
            let mut changes: Vec<Change> = vec![client.clone().put(account)];
            changes.extend(without_sessions(&entry, &client.client_id));
            let renewed = WithSecrets { application: client, secrets: [secret.clone()] };
            Ok((Some(Written { changes, told }), renewed))
        })
        .await
    }
}
