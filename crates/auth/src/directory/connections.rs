//! Connections with their secrets opened, and with certificates and keys read: what comes is examined by these.

use vestibule_crypto::{SealContext, SealError, Sealer};
use vestibule_model::{
    AccountId, ClientSecretIn, Connection, ConnectionId, ConnectionSecret, Der, OidcConnection, OwnKey,
    Protocol, Rng, SamlConnection,
};
use vestibule_oidc::{Algorithm, ClientAuthentication, IdToken, Keys, Provider};
use vestibule_saml::{Certificate, Ciphers, DecryptionKey, SigningKey, Unsolicited};
use vestibule_store::SealHolder;
use zeroize::Zeroizing;

use super::sealed::SealedSecret;

/// The table of connections, as seals name it.
pub(super) const TABLE: &str = "connections";

/// A connection that is ready for use.
pub struct UsableConnection {
    /// Whose it is.
    pub account: AccountId,
    /// As it is stored.
    pub connection: Connection,
    opened: Opened,
}

enum Opened {
    Saml(Box<OpenedSaml>),
    Oidc(Box<UsableOidc>),
}

struct OpenedSaml {
    certificates: Vec<Certificate>,
    decryption_keys: Vec<DecryptionKey>,
    signing_key: Option<SigningKey>,
}

/// What is OpenID Connect's of a connection, ready for use.
pub struct UsableOidc {
    /// The provider's addresses.
    pub provider: Provider,
    /// The provider's keys.
    pub keys: Keys,
    /// By which it may sign ID tokens.
    pub algorithms: Vec<Algorithm>,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
    secret_in: ClientSecretIn,
    clock_skew: std::time::Duration,
}

/// Where this service is reached for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddresses {
    /// Its entity id: the address of its metadata.
    pub entity_id: String,
    /// Where responses are taken; the first is the usual one.
    pub consumer_urls: Vec<String>,
    /// Of these, those that may be written with any query.
    pub consumer_urls_with_query: Vec<String>,
}

impl UsableConnection {
    pub(super) fn open(
        account: AccountId,
        connection: Connection,
        sealer: &Sealer,
    ) -> Result<Self, SealError> {
        let opened = match &connection.protocol {
            Protocol::Saml(saml) => Opened::Saml(Box::new(OpenedSaml::open(connection.id, saml, sealer)?)),
            Protocol::Oidc(oidc) => Opened::Oidc(Box::new(UsableOidc::open(&connection, oidc, sealer)?)),
        };
        Ok(Self { account, connection, opened })
    }

    /// By what SAML responses and assertions are examined; None: the connection speaks another protocol.
    pub fn saml(&self, addresses: &ServiceAddresses) -> Option<vestibule_saml::Connection> {
        let (Some(saml), Opened::Saml(opened)) = (self.connection.saml(), &self.opened) else { return None };
        let own = std::iter::once(addresses.entity_id.clone());
        Some(vestibule_saml::Connection {
            identity_provider: saml.identity_provider.clone(),
            certificates: opened.certificates.clone(),
            audiences: own.chain(saml.audiences.iter().cloned()).collect(),
            addresses: addresses.consumer_urls.clone(),
            addresses_with_query: addresses.consumer_urls_with_query.clone(),
            decryption_keys: opened.decryption_keys.clone(),
            ciphers: if saml.allow_cbc { Ciphers::WithCbc } else { Ciphers::Authenticated },
            clock_skew: self.connection.clock_skew,
            unsolicited: if saml.unsolicited { Unsolicited::Taken } else { Unsolicited::Refused },
        })
    }

    /// By what requests are signed; None: they are not.
    pub fn signing_key(&self) -> Option<&SigningKey> {
        let (Some(saml), Opened::Saml(opened)) = (self.connection.saml(), &self.opened) else { return None };
        opened.signing_key.as_ref().filter(|_| saml.sign_requests)
    }

    /// The certificates by which its identity provider signs, if it speaks SAML.
    pub(crate) fn certificates(&self) -> &[Certificate] {
        match &self.opened {
            Opened::Saml(opened) => &opened.certificates,
            Opened::Oidc(_) => &[],
        }
    }

    /// What is OpenID Connect's; None: the connection speaks another protocol.
    pub fn oidc(&self) -> Option<&UsableOidc> {
        match &self.opened {
            Opened::Saml(_) => None,
            Opened::Oidc(oidc) => Some(oidc),
        }
    }
}

impl OpenedSaml {
    /// What cannot be read is not used: the rules let nothing of the kind in.
    fn open(id: ConnectionId, saml: &SamlConnection, sealer: &Sealer) -> Result<Self, SealError> {
        let open = |which, sealed: &Vec<u8>| open_secret(sealer, id, which, sealed);
        let key = saml.key.as_ref().map(|key| open(ConnectionSecret::Key, &key.sealed_key)).transpose()?;
        let previous = saml.previous_key.as_ref();
        let previous =
            previous.map(|key| open(ConnectionSecret::PreviousKey, &key.sealed_key)).transpose()?;
        let read = |(place, der): (usize, &vestibule_model::Der)| {
            let read = Certificate::from_der(&der.0);
            read.inspect_err(
                |error| tracing::error!(%id, place, %error, "a certificate of a connection is not used"),
            )
            .ok()
        };
        let decrypting = |key: &Zeroizing<Vec<u8>>| {
            let pem = Zeroizing::new(vestibule_saml::to_pem(key, "PRIVATE KEY"));
            DecryptionKey::from_pem(pem.as_bytes())
        };
        Ok(Self {
            certificates: saml.certificates.iter().enumerate().filter_map(read).collect(),
            decryption_keys: key.iter().chain(&previous).filter_map(decrypting).collect(),
            signing_key: key.and_then(|key| SigningKey::from_pkcs8(&key)),
        })
    }
}

impl UsableOidc {
    fn open(connection: &Connection, oidc: &OidcConnection, sealer: &Sealer) -> Result<Self, SealError> {
        let id = connection.id;
        let secret = oidc.sealed_client_secret.as_ref();
        let secret = secret.map(|sealed| open_secret(sealer, id, ConnectionSecret::ClientSecret, sealed));
        let text = |secret: Zeroizing<Vec<u8>>| Zeroizing::new(String::from_utf8_lossy(&secret).into_owned());
        let keys = Keys::read(&oidc.jwks);
        let keys =
            keys.inspect_err(|error| tracing::error!(%id, %error, "the keys of a connection are not used"));
        Ok(Self {
            provider: Provider {
                issuer: oidc.issuer.clone(),
                authorization_endpoint: oidc.authorization_endpoint.clone(),
                token_endpoint: oidc.token_endpoint.clone(),
                jwks_uri: oidc.jwks_uri.clone().unwrap_or_default(),
                end_session_endpoint: oidc.end_session_endpoint.clone(),
                names_itself_in_callbacks: oidc.names_itself_in_callbacks,
                signing_algorithms: oidc.algorithms.clone(),
            },
            keys: keys.unwrap_or_default(),
            algorithms: oidc.algorithms.iter().filter_map(|name| Algorithm::read(name)).collect(),
            client_id: oidc.client_id.clone(),
            client_secret: secret.transpose()?.map(text),
            secret_in: oidc.client_authentication,
            clock_skew: connection.clock_skew,
        })
    }

    /// How this service proves itself to the token endpoint.
    pub fn authentication(&self) -> ClientAuthentication<'_> {
        match (self.client_secret.as_deref(), self.secret_in) {
            (None, _) => ClientAuthentication::None,
            (Some(secret), ClientSecretIn::Header) => ClientAuthentication::Basic(secret),
            (Some(secret), ClientSecretIn::Form) => ClientAuthentication::Post(secret),
        }
    }

    /// How an ID token has to be; without a nonce there was no browser, and it may have any.
    pub fn id_token<'a>(&'a self, nonce: Option<&'a str>) -> IdToken<'a> {
        IdToken {
            issuer: &self.provider.issuer,
            client_id: &self.client_id,
            algorithms: &self.algorithms,
            nonce,
            clock_skew: self.clock_skew,
        }
    }
}

impl std::fmt::Debug for UsableConnection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("UsableConnection").field(&self.connection.id).finish()
    }
}

/// The column in which a secret is kept.
const fn column(which: ConnectionSecret) -> &'static str {
    match which {
        ConnectionSecret::Key => "sealed_key",
        ConnectionSecret::PreviousKey => "sealed_previous_key",
        ConnectionSecret::ClientSecret => "sealed_client_secret",
    }
}

/// Seals a secret of a connection for the place where it is kept.
pub fn seal_connection_secret(
    sealer: &Sealer,
    rng: &dyn Rng,
    connection: ConnectionId,
    which: ConnectionSecret,
    secret: &[u8],
) -> Vec<u8> {
    let row = connection.0.to_be_bytes();
    sealer.seal(rng, &SealContext { table: TABLE, column: column(which), row: &row }, secret)
}

/// Opens a secret of a connection.
///
/// # Errors
///
/// It is sealed under another master key, or was changed.
pub fn open_connection_secret(
    sealer: &Sealer,
    connection: &Connection,
    which: ConnectionSecret,
) -> Result<Option<Zeroizing<Vec<u8>>>, SealError> {
    let mut seals = connection.seals();
    let found = seals.find(|(secret, _)| *secret == which);
    found.map(|(_, sealed)| open_secret(sealer, connection.id, which, sealed)).transpose()
}

/// Gives a connection another key of ours. What is encrypted for the one before is still read; the one before that is forgotten.
/// Answers whether it has one: only connections of SAML do.
///
/// # Errors
///
/// The key of before is sealed under another master key, or was changed.
pub fn renew_own_key(
    sealer: &Sealer,
    rng: &dyn Rng,
    connection: &mut Connection,
    pair: &vestibule_saml::OwnKey,
) -> Result<bool, SealError> {
    let before = open_connection_secret(sealer, connection, ConnectionSecret::Key)?;
    let id = connection.id;
    let seal = |which, secret: &[u8]| seal_connection_secret(sealer, rng, id, which, secret);
    let Protocol::Saml(saml) = &mut connection.protocol else { return Ok(false) };
    let before = before.map(|secret| seal(ConnectionSecret::PreviousKey, &secret));
    let previous = saml.key.take().zip(before);
    saml.previous_key = previous.map(|(own, sealed_key)| OwnKey { certificate: own.certificate, sealed_key });
    let sealed_key = seal(ConnectionSecret::Key, &pair.private_key);
    saml.key = Some(OwnKey { certificate: Der(pair.certificate.clone()), sealed_key });
    Ok(true)
}

/// Whether everything that is sealed of a connection can be opened, as a start does.
///
/// # Errors
///
/// Something is sealed under another master key, or was changed.
pub fn check_connection(sealer: &Sealer, connection: &Connection) -> Result<(), SealError> {
    let mut seals = connection.seals();
    seals.try_for_each(|(which, sealed)| open_secret(sealer, connection.id, which, sealed).map(drop))
}

fn open_secret(
    sealer: &Sealer,
    connection: ConnectionId,
    which: ConnectionSecret,
    secret: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let row = connection.0.to_be_bytes();
    sealer.open(&SealContext { table: TABLE, column: column(which), row: &row }, secret)
}

/// Every secret that is sealed of a connection.
pub(crate) fn secrets_of_connection(account: AccountId, connection: &Connection) -> Vec<SealedSecret> {
    let holder = SealHolder::Connection(account, connection.id);
    let sealed = |(which, sealed): (ConnectionSecret, &Vec<u8>)| SealedSecret {
        holder,
        column: column(which),
        sealed: sealed.clone(),
    };
    connection.seals().map(sealed).collect()
}
