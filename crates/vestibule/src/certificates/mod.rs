//! Certificates: the operator's from files, or those of the development CA, made here.

mod authority;
mod leaf;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use vestibule_model::Millis;

use crate::config::Loaded;
use crate::data_dir::DataDir;
use crate::input_error::InputError;

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

/// TLS with a fresh certificate of the development CA, which is made if there is none that is still good.
pub(crate) fn for_development(data: &DataDir, now: Millis) -> anyhow::Result<Arc<ServerConfig>> {
    let authority = authority::open_or_make(data, now)?;
    let (certificate, key) =
        leaf::issue(&authority, now).context("cannot issue a development certificate")?;
    tls(vec![certificate], key).context("cannot use the development certificate")
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
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

fn named(file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file.display())
}
