//! "Test this connection": what an identity provider sent, examined as a login would examine it, and told in full.
//!
//! Opens no session and uses nothing up: whoever administers may show a message as often as they like. Tests through a browser are
//! made and read here; what the browser does is in `federated::connection_test`.

use vestibule_model::{AccountId, Connection};

use super::account_resources::present;
use super::caller::administrators_account;
use super::named::AccountResourceId;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::federated::addresses::ConnectionAddresses;
use crate::federated::{ConnectionTest, Origins, ShownMessage, TestId, TestReport};
use crate::work_pool::Overloaded;

/// Whether connections of the account are tested through a browser. Administrators' are not: the listener that tests go through does
/// not know their account.
pub fn has_browser_tests(account: AccountId) -> bool {
    account != administrators_account()
}

impl Administration<'_> {
    /// Examines what an identity provider sent, by the addresses that the connection has under these origins.
    ///
    /// # Errors
    ///
    /// A conflict: the message is one of the other protocol, or the connection has no addresses yet.
    pub async fn test_connection(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        shown: ShownMessage,
        origins: &Origins,
    ) -> Result<TestReport, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.account_entry(account)?;
        present::<Connection>(&entry, id)?;
        let all = entry.connections();
        let usable = all.into_iter().find(|usable| usable.connection.id.0 == id).cloned();
        let usable = usable.ok_or(AdministrationError::NotFound("connection"))?;
        let own = ConnectionAddresses::of(origins, account, &usable.connection)?;
        let report = self.auth.test_by_message((&entry, &usable), shown, own.saml.as_ref(), caller.now).await;
        report.map_err(|Overloaded| AdministrationError::Overloaded)?.ok_or_else(|| {
            AdministrationError::Conflict("the connection speaks the other protocol".to_owned())
        })
    }

    /// Makes a test that a browser goes through like a login: it waits for [`crate::TEST_LASTS`].
    ///
    /// # Errors
    ///
    /// Whoever may not change the connection makes none; not every account has them ([`has_browser_tests`]).
    pub fn begin_connection_test(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
    ) -> Result<(ConnectionTest, Connection), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let connection = present::<Connection>(&*self.account_entry(account)?, id)?.clone();
        if !has_browser_tests(account) {
            let why = "no browser tests a connection of administrators: show what came at another time, or enable it and try it in a private window";
            return Err(AdministrationError::Conflict(why.to_owned()));
        }
        let now = (self.auth.clock.monotonic(), caller.now);
        let made = self.auth.federated.tests.make(account, connection.id, &*self.auth.rng, now);
        Ok((made, connection))
    }

    /// A test of the connection, with what came of it.
    ///
    /// # Errors
    ///
    /// Whoever may not make tests sees none: they have what is said of whoever logged in.
    pub fn find_connection_test(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        test: &str,
    ) -> Result<(ConnectionTest, Connection), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let connection = present::<Connection>(&*self.account_entry(account)?, id)?.clone();
        let is_of = |test: &ConnectionTest| test.account == account && test.connection == connection.id;
        let test = TestId::read(test)
            .and_then(|test| self.auth.federated.tests.find(test, self.auth.clock.monotonic()))
            .filter(is_of);
        Ok((test.ok_or(AdministrationError::NotFound("connection test"))?, connection))
    }
}
