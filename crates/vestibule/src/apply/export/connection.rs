//! Connections to identity providers in an export.

use anyhow::Context;
use toml::{Table, Value};
use vestibule_auth::{certificate_as_pem, open_connection_secret};
use vestibule_model::{Connection, ConnectionSecret, OidcConnection, Protocol, Provisioning, SamlConnection};
use vestibule_saml::to_pem;

use super::{Allowed, Fields, Names};

pub(super) fn connection(own: &Connection, names: &Names<'_>, secrets: Allowed<'_>) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    fields
        .put("id", own.id.0)
        .put("name", own.name.as_str())
        .put("display_name", own.display_name.as_str())
        .put("enabled", own.enabled)
        .word("population", own.population)?
        .word("linking", own.linking)?
        .put("clock_skew_seconds", i64::try_from(own.clock_skew.as_secs()).unwrap_or(i64::MAX))
        .put("targets", own.targets.clone());
    if own.provisioning != Provisioning::default() {
        fields.put("provisioning", provisioning_fields(&own.provisioning, names));
    }
    match &own.protocol {
        Protocol::Saml(saml) => {
            fields.put("saml", saml_fields(saml));
        }
        Protocol::Oidc(oidc) => {
            fields.put("oidc", oidc_fields(oidc)?);
        }
    }
    let Some(secrets) = secrets else { return Ok(fields.0) };
    let opened = |which| {
        open_connection_secret(secrets.sealer, own, which)
            .with_context(|| format!("cannot open the secrets of the connection {:?}", own.name))
    };
    if let Some(secret) = opened(ConnectionSecret::ClientSecret)? {
        let text = str::from_utf8(&secret).context("a client secret is no text")?;
        fields.put("client_secret", text);
    }
    if let (Some(key), Some(own)) =
        (opened(ConnectionSecret::Key)?, own.saml().and_then(|saml| saml.key.as_ref()))
    {
        fields
            .put("certificate", certificate_as_pem(&own.certificate))
            .put("private_key", to_pem(&key, "PRIVATE KEY"));
    }
    Ok(fields.0)
}

fn provisioning_fields(own: &Provisioning, names: &Names<'_>) -> Table {
    let profiles: Vec<Value> = own.profiles.iter().map(|id| names.profile(*id)).collect();
    let map: Table = own.profile_map.iter().map(|(value, id)| (value.clone(), names.profile(*id))).collect();
    let mut fields = Fields::default();
    fields.put("enabled", own.enabled).put("profiles", profiles).put("profile_map", map);
    let claims = [
        ("login_name", &own.login_name),
        ("full_name", &own.full_name),
        ("email", &own.email),
        ("profile_claim", &own.profile_claim),
    ];
    for (name, claim) in claims {
        fields.put(name, claim.as_deref().unwrap_or_default());
    }
    fields.0
}

fn saml_fields(saml: &SamlConnection) -> Table {
    let mut fields = Fields::default();
    let certificates = saml.certificates.iter().map(certificate_as_pem);
    fields
        .put("identity_provider", saml.identity_provider.as_str())
        .put("login_url", saml.login_url.as_str())
        .put("logout_url", saml.logout_url.as_deref().unwrap_or_default())
        .put("certificates", certificates.collect::<Vec<String>>())
        .put("metadata_url", saml.metadata_url.as_deref().unwrap_or_default())
        .put("audiences", saml.audiences.clone())
        .put("unsolicited", saml.unsolicited)
        .put("allow_cbc", saml.allow_cbc)
        .put("sign_requests", saml.sign_requests);
    fields.0
}

fn oidc_fields(oidc: &OidcConnection) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    fields
        .put("issuer", oidc.issuer.as_str())
        .put("client_id", oidc.client_id.as_str())
        .word("client_authentication", oidc.client_authentication)?
        .put("authorization_endpoint", oidc.authorization_endpoint.as_str())
        .put("token_endpoint", oidc.token_endpoint.as_str())
        .put("jwks_uri", oidc.jwks_uri.as_deref().unwrap_or_default())
        .put("end_session_endpoint", oidc.end_session_endpoint.as_deref().unwrap_or_default())
        .put("names_itself_in_callbacks", oidc.names_itself_in_callbacks)
        .put("jwks", oidc.jwks.as_str())
        .put("algorithms", oidc.algorithms.clone())
        .put("scopes", oidc.scopes.clone())
        .put("login_name_claim", oidc.login_name_claim.as_str())
        .put("password_grant", oidc.password_grant);
    Ok(fields.0)
}
