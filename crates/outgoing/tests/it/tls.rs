//! Whom is believed over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vestibule_auth::{Outgoing as _, OutgoingError};
use vestibule_outgoing::{BoundedOutgoing, Resolver};

use crate::server::{answer, get, ok};

/// A server whose certificate is for this name, and the authority that made it.
async fn server(name: &str) -> (SocketAddr, CertificateDer<'static>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let (listener, acceptor) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TlsAcceptor::from(Arc::new(config)));
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            answer(&mut stream, &ok("over TLS")).await;
        }
    });
    (address, authority.der().clone())
}

async fn sent(
    address: SocketAddr,
    trusted: Option<CertificateDer<'static>>,
) -> Result<String, OutgoingError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let resolver: Resolver = Arc::new(move |_, _| Box::pin(std::future::ready(Ok(vec![address]))));
    let outgoing = BoundedOutgoing::with(vec!["127.0.0.0/8".parse().unwrap()], roots, resolver);
    let answer = outgoing.send(get("https://idp.example/")).await?;
    Ok(answer.body.to_string())
}

#[tokio::test]
async fn a_server_with_a_certificate_that_is_trusted_is_asked() {
    let (address, authority) = server("idp.example").await;
    assert_eq!(sent(address, Some(authority)).await.unwrap(), "over TLS");
}

#[tokio::test]
async fn a_server_with_a_certificate_that_is_not_trusted_is_not() {
    let (address, _) = server("idp.example").await;
    assert!(matches!(sent(address, None).await, Err(OutgoingError::NoAnswer(..))));
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_name_is_not() {
    let (address, authority) = server("other.example").await;
    assert!(matches!(sent(address, Some(authority)).await, Err(OutgoingError::NoAnswer(..))));
}
