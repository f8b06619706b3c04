//! Where a browser is sent that begins a login at an identity provider, and what that one has to know of this service.

use vestibule_model::Millis;
use vestibule_oidc::{AuthorizationRequest, CodeVerifier};
use vestibule_saml::{LoginRequest, ServiceProvider};

use super::FederatedAttempt;
use crate::directory::{ServiceAddresses, UsableConnection};

/// The media type of metadata (SAML metadata, appendix A).
pub const SAML_METADATA: &str = "application/samlmetadata+xml";

impl UsableConnection {
    /// The address with a request of SAML; None: the connection speaks another protocol.
    pub fn saml_login(
        &self,
        attempt: &FederatedAttempt,
        own: &ServiceAddresses,
        now: Millis,
    ) -> Option<String> {
        let asked = LoginRequest {
            id: &attempt.request_id(),
            now,
            destination: &self.connection.saml()?.login_url,
            issuer: &own.entity_id,
            consumer_url: own.consumer_urls.first().map_or("", String::as_str),
        };
        Some(asked.to_redirect(attempt.key(), self.signing_key()))
    }

    /// The address with a request of OpenID Connect; None: the connection speaks another protocol.
    pub fn oidc_login(&self, attempt: &FederatedAttempt, redirect_uri: &str) -> Option<String> {
        let oidc = self.connection.oidc()?;
        let asked = AuthorizationRequest {
            authorization_endpoint: &oidc.authorization_endpoint,
            client_id: &oidc.client_id,
            redirect_uri,
            scope: &oidc.scopes.join(" "),
            state: &attempt.id,
            nonce: &attempt.nonce,
            verifier: &CodeVerifier::from_text(attempt.verifier.clone()),
        };
        Some(asked.to_url())
    }

    /// What an identity provider of SAML is to know of this service, also before the connection is enabled; None: the connection
    /// speaks another protocol.
    pub fn saml_metadata(&self, own: &ServiceAddresses, logout_url: Option<&str>) -> Option<String> {
        let saml = self.connection.saml()?;
        let keys = saml.key.iter().chain(&saml.previous_key);
        let certificates: Vec<Vec<u8>> = keys.map(|key| key.certificate.0.clone()).collect();
        let signing = saml.key.as_ref().filter(|_| saml.sign_requests);
        let metadata = ServiceProvider {
            entity_id: &own.entity_id,
            consumer_urls: own.consumer_urls.get(..1).unwrap_or_default(),
            logout_url,
            signing_certificate: signing.map(|key| key.certificate.0.as_slice()),
            encryption_certificates: &certificates,
        };
        Some(metadata.to_xml())
    }
}
