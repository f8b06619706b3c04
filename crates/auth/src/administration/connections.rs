//! Connections to identity providers: their keys and secrets, given and given anew, and read again from where they come. How one
//! is made stands in `connection_creation`. What is left of them goes the way of all [`AccountResource`]s.

use vestibule_model::{
    AccountId, Connection, ConnectionId, ConnectionSecret, Der, Linking, Millis, OwnKey, Population,
    Protocol, Provisioning,
};
use vestibule_saml::OwnKeyError;
use vestibule_store::Change;
use zeroize::Zeroizing;

use super::account_resources::{AccountResource, check, present};
use super::audited_write::{AuditDetails, AuditedWrite};
use super::named::AccountResourceId;
use super::random::ten_digits;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::{AccountEntry, renew_own_key, seal_connection_secret};
use crate::identity_providers::{Unlisted, blank_saml};

/// The longest client secret, in characters.
const LONGEST_CLIENT_SECRET: usize = 1_024;

/// A key of our own for a SAML connection.
#[derive(Default)]
pub enum NewKey {
    /// None.
    #[default]
    None,
    /// One that is made here.
    Made,
    /// One that somebody brings, in PEM.
    Given {
        /// Its certificate.
        certificate: String,
        /// The private key (PKCS #8).
        private_key: Zeroizing<String>,
    },
}

impl NewKey {
    /// The pair; None: none is wanted. `label` names it in a certificate that is made here.
    pub(super) fn pair(
        &self,
        label: &str,
        now: Millis,
    ) -> Result<Option<vestibule_saml::OwnKey>, AdministrationError> {
        let pair = match self {
            Self::None => return Ok(None),
            Self::Made => vestibule_saml::OwnKey::generate(label, now),
            Self::Given { certificate, private_key } => {
                vestibule_saml::OwnKey::from_pem(certificate, private_key)
            }
        };
        pair.map(Some).map_err(|error| {
            let field = match error {
                OwnKeyError::Key | OwnKeyError::Making => "private_key",
                OwnKeyError::Certificate | OwnKeyError::Unpaired => "certificate",
            };
            AdministrationError::invalid(field, error.to_string())
        })
    }
}

/// A connection as new ones are: for users, by login name, enabled. Its protocol is still to be told.
pub fn new_connection(id: ConnectionId) -> Connection {
    Connection {
        id,
        name: String::new(),
        display_name: String::new(),
        enabled: true,
        population: Population::User,
        linking: Linking::LoginName,
        clock_skew: Connection::CLOCK_SKEW,
        targets: Vec::new(),
        provisioning: Provisioning::default(),
        protocol: Protocol::Saml(Box::new(blank_saml())),
    }
}

/// Refuses a client secret that none can be.
pub fn check_client_secret(secret: &str) -> Result<(), AdministrationError> {
    let length = secret.chars().count();
    if (1..=LONGEST_CLIENT_SECRET).contains(&length) && !secret.chars().any(char::is_control) {
        return Ok(());
    }
    let why = format!("1 to {LONGEST_CLIENT_SECRET} characters, no control characters");
    Err(AdministrationError::invalid("client_secret", why))
}

/// A connection, and what it would be by what its identity provider says of itself now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RereadConnection {
    /// As it is stored.
    pub before: Connection,
    /// With what the identity provider says.
    pub after: Connection,
}

/// Refuses a connection whose identity provider is asked nowhere.
fn expect_asked(connection: &Connection) -> Result<(), AdministrationError> {
    let why = match &connection.protocol {
        Protocol::Saml(saml) if saml.metadata_url.is_none() => {
            "the connection has no saml.metadata_url to read from: set it, or give the metadata as a file \
             (vestibule connection set ACCOUNT NAME --metadata FILE)"
        }
        Protocol::Oidc(oidc) if oidc.jwks_uri.is_none() => {
            "the connection has no oidc.jwks_uri to read from: set it, or change oidc.jwks"
        }
        Protocol::Saml(_) | Protocol::Oidc(_) => return Ok(()),
    };
    Err(AdministrationError::Conflict(why.to_owned()))
}

impl Administration<'_> {
    pub(super) fn seal_new(
        &self,
        made: &mut Connection,
        pair: Option<&vestibule_saml::OwnKey>,
        client_secret: Option<&Zeroizing<String>>,
    ) -> Result<(), AdministrationError> {
        let id = made.id;
        match &mut made.protocol {
            Protocol::Saml(_) if client_secret.is_some() => {
                Err(AdministrationError::invalid("client_secret", "a SAML connection has none"))
            }
            Protocol::Saml(saml) => {
                saml.key = pair.map(|pair| self.sealed_key(id, pair));
                Ok(())
            }
            Protocol::Oidc(_) if pair.is_some() => {
                Err(AdministrationError::invalid("private_key", "a connection of OpenID Connect has none"))
            }
            Protocol::Oidc(oidc) => {
                let seal = |secret: &Zeroizing<String>| {
                    self.sealed(id, ConnectionSecret::ClientSecret, secret.as_bytes())
                };
                oidc.sealed_client_secret = client_secret.map(seal);
                Ok(())
            }
        }
    }

    fn sealed(&self, id: ConnectionId, which: ConnectionSecret, secret: &[u8]) -> Vec<u8> {
        seal_connection_secret(self.auth.keys.sealer(), &*self.auth.rng, id, which, secret)
    }

    fn sealed_key(&self, id: ConnectionId, pair: &vestibule_saml::OwnKey) -> OwnKey {
        let sealed_key = self.sealed(id, ConnectionSecret::Key, &pair.private_key);
        OwnKey { certificate: Der(pair.certificate.clone()), sealed_key }
    }

    /// Gives a SAML connection another key of ours. What is encrypted for the one before is still read; the one before that is
    /// forgotten. `unchanged` is asked about the present connection before anything is refused for what that is like.
    pub async fn renew_connection_key(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        key: NewKey,
        idempotency: Idempotency<'_, Connection>,
        unchanged: impl Fn(&Connection) -> Result<(), AdministrationError>,
    ) -> Result<Connection, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let name = present::<Connection>(&*self.account_entry(account)?, id)?.name.clone();
        let pair = key.pair(&format!("Vestibule {account} {name}"), caller.now)?;
        let Some(pair) = pair else { return Err(AdministrationError::invalid("", "no key is given")) };
        let at = AccountResourceId { account, id };
        let edit = |after: &mut _| match renew_own_key(self.auth.keys.sealer(), &*self.auth.rng, after, &pair)
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(AdministrationError::Conflict("the connection speaks no SAML".to_owned())),
            Err(error) => Err(AdministrationError::Conflict(error.to_string())),
        };
        self.edit_connection(caller, at, idempotency, edit, unchanged).await
    }

    /// Forgets our key before the present one: what is encrypted for it is refused from then on. `unchanged` is asked about the
    /// present connection; where there is no such key nothing is done.
    pub async fn forget_previous_key(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        unchanged: impl Fn(&Connection) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<Connection>(&entry, id)?;
            unchanged(before)?;
            let mut after = before.clone();
            let forgotten = match &mut after.protocol {
                Protocol::Saml(saml) => saml.previous_key.take(),
                Protocol::Oidc(_) => None,
            };
            if forgotten.is_none() {
                return Ok((None, ()));
            }
            let details = AuditDetails::changed(before, &after).in_account(account);
            Ok((Some(AuditedWrite::one(after.put(account), details)), ()))
        })
        .await
    }

    /// Gives a connection of OpenID Connect another client secret, or none. `unchanged` is asked about the present connection before
    /// anything is refused for what that is like.
    pub async fn set_client_secret(
        &self,
        caller: &Caller,
        at: AccountResourceId,
        secret: Option<Zeroizing<String>>,
        idempotency: Idempotency<'_, Connection>,
        unchanged: impl Fn(&Connection) -> Result<(), AdministrationError>,
    ) -> Result<Connection, AdministrationError> {
        caller.require(Scope::WriteAccount(at.account))?;
        if let Some(secret) = &secret {
            check_client_secret(secret)?;
        }
        let edit = |after: &mut Connection| {
            let id = after.id;
            let Protocol::Oidc(oidc) = &mut after.protocol else {
                return Err(AdministrationError::Conflict(
                    "the connection speaks no OpenID Connect".to_owned(),
                ));
            };
            let seal = |secret: &Zeroizing<String>| {
                self.sealed(id, ConnectionSecret::ClientSecret, secret.as_bytes())
            };
            oidc.sealed_client_secret = secret.as_ref().map(seal);
            Ok(())
        };
        self.edit_connection(caller, at, idempotency, edit, unchanged).await
    }

    /// Asks a connection's identity provider what it says of itself now, and stores nothing of it. Certificates that it does not
    /// have would go.
    pub async fn reread_connection(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
    ) -> Result<RereadConnection, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let before = present::<Connection>(&*self.account_entry(account)?, id)?.clone();
        expect_asked(&before)?;
        let said = self.auth.as_it_says_now(account, &before, Unlisted::Go, caller.now).await;
        let said = said.map_err(|error| AdministrationError::Conflict(error.to_string()))?;
        let after = said.unwrap_or_else(|| before.clone());
        Ok(RereadConnection { before, after })
    }

    /// The same, and stores it, if it is what is `wanted`.
    pub async fn refresh_connection(
        &self,
        caller: &Caller,
        at: AccountResourceId,
        wanted: impl Fn(&RereadConnection) -> Result<(), AdministrationError>,
    ) -> Result<Connection, AdministrationError> {
        let read = self.reread_connection(caller, at).await?;
        wanted(&read)?;
        let RereadConnection { before, after: said } = read;
        if said == before {
            return Ok(before);
        }
        let edit = |after: &mut Connection| {
            after.clone_from(&said);
            Ok(())
        };
        let unchanged = |present: &Connection| {
            if *present == before { Ok(()) } else { Err(AdministrationError::Changed) }
        };
        self.edit_connection(caller, at, Idempotency::none(), edit, unchanged).await
    }

    async fn edit_connection(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        idempotency: Idempotency<'_, Connection>,
        edit: impl Fn(&mut Connection) -> Result<(), AdministrationError>,
        unchanged: impl Fn(&Connection) -> Result<(), AdministrationError>,
    ) -> Result<Connection, AdministrationError> {
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<Connection>(&entry, id)?;
            unchanged(before)?;
            let mut after = before.clone();
            edit(&mut after)?;
            check(&mut after, Some(before), &entry)?;
            let details = AuditDetails::changed(before, &after).in_account(account);
            let written = AuditedWrite::one(after.clone().put(account), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &after)), after))
        })
        .await
    }

    /// An id that no connection in the directory has. One that was deleted may have had it: then the store refuses.
    pub(super) fn new_connection_id(&self) -> ConnectionId {
        loop {
            let id = ConnectionId(ten_digits(&*self.auth.rng));
            let accounts = self.auth.directory.account_ids().into_iter();
            let mut entries = accounts.filter_map(|account| self.auth.directory.account(account));
            if !entries.any(|entry| entry.connection(id).is_some()) {
                return id;
            }
        }
    }
}

impl AccountResource for Connection {
    const KIND: &'static str = "connection";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.connections().into_iter().map(|usable| &usable.connection).collect()
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutConnection(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteConnection(account, self.id)
    }
}
