//! A certificate with its key, as two PEM files have them.

use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use vestibule_model::Millis;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::private_file;

const NO_CERTIFICATE: &str = "there is no certificate in it (PEM)";

const AUTHORITY: &str = "this is the certificate of an authority (CA:TRUE), which many clients refuse from a server, \
    `vestibule login` among them";

const NO_KEY: &str = "there is no private key in it (PEM; one with a password is not read)";

/// The two files, and the keys of the configuration that name them.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: (&'static str, PathBuf),
    pub(super) key: (&'static str, PathBuf),
}

/// What the files hold, as bytes.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// A certificate, the chain above it and its key.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) from: Millis,
    pub(super) until: Millis,
    /// Whether the certificate is one of an authority, which RFC 5280 does not have a server show.
    pub(super) is_authority: bool,
}

/// What is wrong, and with what: the key of the configuration, then the file and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) setting: &'static str,
    pub(super) reason: String,
}

impl Files {
    /// Both files as they are now.
    pub(super) fn read(&self) -> Result<Contents, Unusable> {
        let read = |place: &(&'static str, PathBuf)| read(&place.1).map_err(|error| wrong(place, error));
        Ok(Contents { certificate: read(&self.certificate)?, key: Zeroizing::new(read(&self.key)?) })
    }

    /// What is wrong with the key, whatever the certificate is.
    pub(super) fn check_key(&self) -> Result<(), Unusable> {
        let text = read(&self.key.1).map(Zeroizing::new).map_err(|error| wrong(&self.key, error))?;
        self.private_key(&text).map(drop)
    }

    fn private_key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, Unusable> {
        PrivateKeyDer::from_pem_slice(text).map_err(|error| wrong(&self.key, in_words(&error, NO_KEY)))
    }

    /// What they mean.
    pub(super) fn pair(&self, contents: &Contents) -> Result<Pair, Unusable> {
        let chain = chain(&contents.certificate).map_err(|error| wrong(&self.certificate, error))?;
        let key = self.private_key(&contents.key)?;
        let Shown { from, until, is_authority } = chain
            .first()
            .and_then(shown)
            .ok_or_else(|| wrong(&self.certificate, "the first certificate in it cannot be read"))?;
        let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider());
        let certified = certified.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => wrong(&self.key, "this is not the key of the certificate"),
            other => wrong(&self.key, other),
        })?;
        Ok(Pair { certified: Arc::new(certified), from, until, is_authority })
    }

    /// Why some clients refuse the certificate all the same.
    pub(super) fn doubtful(&self, pair: &Pair) -> Option<Unusable> {
        pair.is_authority.then(|| wrong(&self.certificate, AUTHORITY))
    }

    /// Whether clients whose clocks are right accept the certificate, as far as its days go.
    pub(super) fn in_time(&self, pair: &Pair, now: Millis) -> Result<(), Unusable> {
        if now > pair.until {
            Err(wrong(&self.certificate, "it has expired"))
        } else if now < pair.from {
            Err(wrong(&self.certificate, "its time has not come yet"))
        } else {
            Ok(())
        }
    }
}

impl Contents {
    /// A number that tells these contents from others, and nothing of what they are.
    pub(super) fn mark(&self, hasher: &RandomState) -> u64 {
        hasher.hash_one((&self.certificate, &*self.key))
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let Some((mut file, metadata)) = private_file::open(file)? else {
        return Err(io::Error::other(format!("this is {}", private_file::NOT_REGULAR)));
    };
    // Room for all of it: a private key that grows leaves copies of itself behind.
    let mut contents = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    file.read_to_end(&mut contents)?;
    Ok(contents)
}

fn chain(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| in_words(&error, NO_CERTIFICATE))?;
    if chain.is_empty() { Err(NO_CERTIFICATE.to_owned()) } else { Ok(chain) }
}

/// `nothing` says what was looked for and is not there.
fn in_words(error: &pem::Error, nothing: &str) -> String {
    match error {
        pem::Error::NoItemsFound => nothing.to_owned(),
        other => other.to_string(),
    }
}

/// What is looked at of the certificate that is shown.
struct Shown {
    from: Millis,
    until: Millis,
    is_authority: bool,
}

fn shown(certificate: &CertificateDer<'_>) -> Option<Shown> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let validity = certificate.validity();
    let time = |seconds: i64| Millis::from_unix(seconds.saturating_mul(1_000));
    Some(Shown {
        from: time(validity.not_before.timestamp()),
        until: time(validity.not_after.timestamp()),
        is_authority: certificate.is_ca(),
    })
}

fn wrong((setting, file): &(&'static str, PathBuf), reason: impl Display) -> Unusable {
    Unusable { setting, reason: named(file, reason) }
}

fn named(file: &Path, reason: impl Display) -> String {
    format!("{}: {reason}", file.display())
}
