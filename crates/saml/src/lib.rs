//! SAML 2.0 for a service provider: bytes in, decision out. No I/O, no clock, no memory of what was seen.
//!
//! [`examine`] looks at what an identity provider sent and answers a [`Report`]: what came, what was checked in which order, and
//! why it is refused if it is. Its outcome is the decision. That an assertion is taken once is the caller's: its id has to
//! be consumed until `single_use_until`.
//!
//! [`LoginRequest`] begins a login there; [`IdentityProvider`] and [`ServiceProvider`] are what both sides say of themselves.
//!
//! What it withstands: the document is parsed once and read in one way only (`xml`), signatures are looked at before they are
//! verified and count for the very element that they stand in (`signature`), and claims are read from that element and nowhere else
//! (`claims`).

mod certificate;
mod claims;
mod encryption;
mod logout;
mod logout_refusal;
mod metadata;
mod names;
mod own_key;
mod refusal;
mod report;
mod request;
mod response;
mod scan;
mod signature;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod xml;

pub use certificate::{Certificate, CertificateError};
pub use claims::{Attribute, Claims, Confirmation, NameId};
pub use encryption::{Ciphers, DecryptionKey};
pub use logout::{LogoutRequest, LogoutResponse};
pub use logout_refusal::LogoutRefusal;
pub use metadata::{IdentityProvider, MetadataError, RefusedCertificate, ServiceProvider};
pub use own_key::{OwnKey, OwnKeyError, pem, to_pem};
pub use refusal::{EncryptionFlaw, Malformed, Refusal, SignatureFlaw};
pub use report::{Check, Login, Report};
pub use request::{LoginRequest, SigningKey};
pub use response::{Arrival, Connection, Unsolicited, examine, is_padded, may_name};
pub use xml::LONGEST;
