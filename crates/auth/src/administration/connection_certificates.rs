//! The certificates of a connection as people look at them: whose they are, and until when.

use vestibule_model::{Connection, Der, Millis, OwnKey};
use vestibule_saml::Certificate;

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
