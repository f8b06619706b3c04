//! What to do about a service that cannot be spoken to, where the error of the connection alone says it only to those who know TLS.

use std::error::Error;
use std::io;

use reqwest::Url;
use rustls::{CertificateError, Error as TlsError};

/// What is wrong, where the error of the connection has no words for it.
pub(super) fn reason(error: &reqwest::Error) -> Option<&'static str> {
    is_authoritys(tls_error(error)?).then_some("it shows the certificate of an authority (CA:TRUE)")
}

/// The error within is of a library that is not named here.
fn is_authoritys(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(CertificateError::Other(other))
        if other.0.to_string() == "CaUsedAsEndEntity")
}

/// Advice behind the words of an error; nothing if there is none to give.
pub(super) fn about(error: &reqwest::Error, url: &Url) -> String {
    if let Some(error) = tls_error(error) {
        return about_tls(error, url).unwrap_or_default();
    }
    // Whoever expects TLS ends the connection, or answers an alert, instead of HTTP.
    let is_broken_off = error.is_request() && !error.is_connect() && !error.is_timeout();
    if url.scheme() == "http" && is_broken_off {
        format!("; if it speaks TLS there, write {}", with_scheme(url, "https"))
    } else {
        String::new()
    }
}

fn about_tls(error: &TlsError, url: &Url) -> Option<String> {
    match error {
        TlsError::InvalidMessage(_) => {
            Some(format!("; it does not speak TLS there: write {}", with_scheme(url, "http")))
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Some("; write the URL with a name that its certificate has".to_owned()),
        TlsError::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Some("; give the service another certificate, or this machine the right time".to_owned()),
        error if is_authoritys(error) => {
            let what = "; give the service one of its own, signed by that authority or by itself, with CA:FALSE";
            Some(what.to_owned())
        }
        TlsError::InvalidCertificate(_) => Some(
            "; where its certificate is of an authority of your own, name that authority's certificate with --ca FILE".to_owned(),
        ),
        _ => None,
    }
}

/// The error of TLS that is the cause, if it is.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // What an error of input and output holds is not among its sources, but only what is below that.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = held.and_then(|held| tls_error(held)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn with_scheme(url: &Url, scheme: &str) -> String {
    let rest = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    format!("{scheme}://{}", rest.trim_end_matches('/'))
}
