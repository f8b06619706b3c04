//! The certificates of a connection as people look at them: whose they are, and until when.

use std::time::Duration;

use vestibule_model::{AccountId, Connection, ConnectionId, Der, Millis, OwnKey};
use vestibule_saml::Certificate;

use super::{Administration, AdministrationError, Caller, Scope};

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionCertificate {
    /// Whose it says that it is.
    pub subject: String,
    /// Its SHA-256, as people compare it.
    pub fingerprint: String,
    /// Until when it says that it is valid. It counts beyond that too: it is trusted because somebody put it there.
    pub not_after: Millis,
}

/// Those of a connection that speaks SAML; one of OpenID Connect has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCertificates {
    /// Those by which the identity provider signs, in their order.
    pub identity_provider: Vec<ConnectionCertificate>,
    /// That of our key, which the identity provider is given.
    pub own: Option<ConnectionCertificate>,
    /// That of the key before it.
    pub previous: Option<ConnectionCertificate>,
}

/// The certificate of an identity provider that ends, and behind which there is none that is valid longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingCertificate {
    /// The account of the connection.
    pub account: AccountId,
    /// The connection.
    pub connection: ConnectionId,
    /// Its name for people.
    pub name: String,
    /// Until when it is valid.
    pub until: Millis,
}

impl Administration<'_> {
    /// Of every enabled connection whose identity provider has no certificate that is valid for longer than this, the one that is
    /// valid longest: the next end first. They may have ended.
    pub fn ending_certificates(
        &self,
        caller: &Caller,
        within: Duration,
    ) -> Result<Vec<EndingCertificate>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let last = caller.now.plus(within);
        let mut ending = Vec::new();
        for account in self.auth.directory.account_ids() {
            let Some(entry) = self.auth.directory.account(account) else { continue };
            for usable in entry.connections() {
                let until = usable.certificates().iter().map(Certificate::not_after).max();
                let until = until.filter(|until| usable.connection.enabled && *until <= last);
                let Connection { id, display_name, .. } = &usable.connection;
                let ends =
                    |until| EndingCertificate { account, connection: *id, name: display_name.clone(), until };
                ending.extend(until.map(ends));
            }
        }
        ending.sort_by_key(|one| one.until);
        Ok(ending)
    }
}

impl ConnectionCertificates {
    /// Those of this connection. What cannot be read is left out.
    pub fn of(connection: &Connection) -> Self {
        let Some(saml) = connection.saml() else { return Self::default() };
        let own = |key: &Option<OwnKey>| key.as_ref().and_then(|key| read(&key.certificate));
        Self {
            identity_provider: saml.certificates.iter().filter_map(read).collect(),
            own: own(&saml.key),
            previous: own(&saml.previous_key),
        }
    }
}

fn read(der: &Der) -> Option<ConnectionCertificate> {
    let certificate = Certificate::from_der(&der.0).ok()?;
    Some(ConnectionCertificate {
        subject: certificate.subject().to_owned(),
        fingerprint: certificate.fingerprint(),
        not_after: certificate.not_after(),
    })
}
