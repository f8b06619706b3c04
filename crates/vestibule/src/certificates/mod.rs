//! Certificates: the operator's from files, or those of the development CA, made here.

mod authority;
mod follow;
mod from_files;
mod leaf;
mod on_demand;
mod pair;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use rustls::crypto::aws_lc_rs;
use rustls::server::WantsServerCert;
use rustls::{ConfigBuilder, ServerConfig};
use vestibule_model::Millis;

use crate::config::{Loaded, Purpose};
use crate::data_dir::DataDir;
use crate::input_error::InputError;
pub(crate) use follow::Followed;
use from_files::FromFiles;
use on_demand::OnDemand;
use pair::{Files, Unusable};

/// What listeners speak TLS with; None: they do not.
#[derive(Debug, Default)]
pub(crate) struct Tls {
    pub(crate) https: Option<Arc<ServerConfig>>,
    pub(crate) admin: Option<Arc<ServerConfig>>,
    /// Those of the certificates that are read from files.
    pub(crate) followed: Followed,
}

/// TLS with the certificates that the configuration names.
pub(crate) fn from_files(loaded: &Loaded) -> Result<Tls, InputError> {
    let (server, mut errors) = (&loaded.config.server, Vec::new());
    let mut tls = Tls::default();
    if server.https.is_some() && loaded.purpose == Purpose::Service {
        let settings = ["server.tls_certificate", "server.tls_key"];
        let files = files(settings, server.tls_certificate.as_ref(), server.tls_key.as_ref());
        tls.https =
            tls.followed.open("https", files, loaded).unwrap_or_else(|error| gather(error, &mut errors));
    }
    let settings = ["server.admin_tls_certificate", "server.admin_tls_key"];
    let files = files(settings, server.admin_tls_certificate.as_ref(), server.admin_tls_key.as_ref());
    tls.admin = tls.followed.open("admin", files, loaded).unwrap_or_else(|error| gather(error, &mut errors));
    InputError::all(errors).map_or(Ok(tls), Err)
}

/// Says what is wrong with the certificates that the configuration names, for whoever looks at it before a start: also that one
/// is out of its time, which a start shows all the same. Answers what is no mistake, but keeps some clients away.
pub(crate) fn check(loaded: &Loaded, now: Millis) -> Result<Vec<InputError>, InputError> {
    let out_of_time = |certificate: &Arc<FromFiles>| {
        let Unusable { setting, reason } = certificate.out_of_time(now)?;
        Some(loaded.refuse(setting, format_args!("{reason}: clients will refuse the certificate")))
    };
    let certificates = from_files(loaded)?.followed.0;
    let doubtful = certificates.iter().filter_map(|certificate| certificate.doubtful());
    let doubtful = doubtful.map(|Unusable { setting, reason }| loaded.refuse(setting, reason)).collect();
    InputError::all(certificates.iter().filter_map(out_of_time)).map_or(Ok(doubtful), Err)
}

fn gather(error: InputError, errors: &mut Vec<InputError>) -> Option<Arc<ServerConfig>> {
    errors.push(error);
    None
}

/// Both files, if there are both: the configuration has been checked for one alone.
fn files(
    [certificate_key, key_key]: [&'static str; 2],
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
) -> Option<Files> {
    let certificate = (certificate_key, certificate?.clone());
    Some(Files { certificate, key: (key_key, key?.clone()) })
}

impl Followed {
    fn open(
        &mut self,
        listener: &'static str,
        files: Option<Files>,
        loaded: &Loaded,
    ) -> Result<Option<Arc<ServerConfig>>, InputError> {
        let Some(files) = files else { return Ok(None) };
        let setting = files.certificate.0;
        let opened = FromFiles::open(listener, files.clone()).map_err(|first| {
            // The key is told of as well, should the certificate be wrong already.
            let further = files.check_key().err().filter(|further| further.setting != first.setting);
            let refused = |Unusable { setting, reason }| loaded.refuse(setting, reason);
            refused(first).and(further.map(refused))
        });
        let opened = Arc::new(opened?);
        let builder = builder().map_err(|error| loaded.refuse(setting, error))?;
        self.0.push(Arc::clone(&opened));
        Ok(Some(Arc::new(builder.with_cert_resolver(opened))))
    }
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

/// TLS 1.2 and 1.3, without client certificates.
fn builder() -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth())
}
