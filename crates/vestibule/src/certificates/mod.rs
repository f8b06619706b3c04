//! Certificates: the operator's from files, or those of the development CA, made here.

mod authority;
mod leaf;
mod on_demand;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WantsServerCert;
use rustls::{ConfigBuilder, ServerConfig};
use vestibule_model::Millis;

use crate::config::Loaded;
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use on_demand::OnDemand;

/// TLS with the certificate that the configuration names, if `https` is on.
pub(crate) fn from_files(loaded: &Loaded) -> Result<Option<Arc<ServerConfig>>, InputError> {
    const CERTIFICATE: &str = "server.tls_certificate";
    const KEY: &str = "server.tls_key";
    let server = &loaded.config.server;
    let (Some(_), Some(certificate), Some(key)) = (server.https, &server.tls_certificate, &server.tls_key)
    else {
        return Ok(None);
    };
    let chain = chain(certificate).map_err(|error| loaded.refuse(CERTIFICATE, named(certificate, &error)))?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| loaded.refuse(KEY, named(key, &error)))?;
    let tls = tls(chain, private).map_err(|error| loaded.refuse(KEY, named(key, &error)))?;
    Ok(Some(tls))
}

/// TLS with certificates of the development CA.
#[derive(Debug)]
pub(crate) struct Development {
    /// With a certificate for whatever name of the vendors' a client asks for.
    pub(crate) tls: Arc<ServerConfig>,
    /// The vendors' domains that the CA is not good for, because an older version made it.
    pub(crate) not_covered: Vec<&'static str>,
}

/// TLS with fresh certificates of the development CA, which is made if there is none that is still good.
pub(crate) fn for_development(data: &DataDir, now: Millis) -> anyhow::Result<Development> {
    let authority = authority::open_or_make(data, now)?;
    let not_covered = authority.not_permitted();
    let certificates = OnDemand::new(authority, now).context("cannot issue a development certificate")?;
    let tls = builder()
        .context("cannot use the development certificate")?
        .with_cert_resolver(Arc::new(certificates));
    Ok(Development { tls: Arc::new(tls), not_covered })
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    let chain = CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>()?;
    if chain.is_empty() { Err(rustls::pki_types::pem::Error::NoItemsFound) } else { Ok(chain) }
}

/// TLS 1.2 and 1.3, without client certificates.
fn tls(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    Ok(Arc::new(builder()?.with_single_cert(chain, key)?))
}

fn builder() -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth())
}

fn named(file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file.display())
}
