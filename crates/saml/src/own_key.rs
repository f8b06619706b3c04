//! A key of this service for one connection, with the certificate that the identity provider is given.

use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use vestibule_model::Millis;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

/// For how many years a certificate that is made here is valid. Identity providers that look at it would refuse an older one.
const YEARS: i32 = 10;

/// A key and its certificate.
pub struct OwnKey {
    /// The certificate, in DER.
    pub certificate: Vec<u8>,
    /// The private key, in DER (PKCS #8). A secret.
    pub private_key: Zeroizing<Vec<u8>>,
}

/// A key, or a certificate, that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnKeyError {
    /// No such PEM.
    #[error("the certificate is no X.509 certificate in PEM")]
    Certificate,
    /// No RSA key that counts in PKCS #8.
    #[error(
        "the private key is no RSA key of 2048 to 8192 bits in PKCS #8 PEM without a password: convert it with \
         `openssl pkcs8 -topk8 -nocrypt`"
    )]
    Key,
    /// They do not belong together.
    #[error("the certificate is that of another key")]
    Unpaired,
    /// The library made none.
    #[error("a key could not be made")]
    Making,
}

impl OwnKey {
    /// Makes a key of RSA with 2048 bits, and a certificate for it that it signs itself. Takes up to some hundred milliseconds.
    pub fn generate(common_name: &str, now: Millis) -> Result<Self, OwnKeyError> {
        let making = |_| OwnKeyError::Making;
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(making)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(making)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        let (year, month, day) = calendar_day(now).ok_or(OwnKeyError::Making)?;
        params.not_before = date_time_ymd(year, month, day);
        // The first of the month is a day of every year.
        params.not_after = date_time_ymd(year + YEARS, month, 1);
        let certificate = params.self_signed(&key).map_err(making)?.der().to_vec();
        Ok(Self { certificate, private_key: Zeroizing::new(key.serialize_der()) })
    }

    /// Reads a certificate and its key in PEM.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Self, OwnKeyError> {
        let certificate = pem(certificate, "CERTIFICATE").ok_or(OwnKeyError::Certificate)?;
        let private_key = pem(private_key, "PRIVATE KEY").map(Zeroizing::new).ok_or(OwnKeyError::Key)?;
        let pair = RsaKeyPair::from_pkcs8(&private_key).map_err(|_| OwnKeyError::Key)?;
        let (rest, parsed) = parse_x509_certificate(&certificate).map_err(|_| OwnKeyError::Certificate)?;
        if !rest.is_empty() {
            return Err(OwnKeyError::Certificate);
        }
        let shown = &parsed.public_key().subject_public_key.data;
        if shown.as_ref() != pair.public_key().as_ref() {
            return Err(OwnKeyError::Unpaired);
        }
        Ok(Self { certificate, private_key })
    }
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("OwnKey(…)")
    }
}

/// DER as PEM of this label.
pub fn to_pem(der: &[u8], label: &str) -> String {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut pem = format!("-----BEGIN {label}-----\n");
    pem.reserve_exact(text.len() + text.len() / 64 + label.len() + 32);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = behind;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// The DER in a PEM text of one block with this label. None: it is no such text.
pub fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let inside = text.trim().strip_prefix(&*begin)?.strip_suffix(&*end)?;
    if inside.contains("-----") {
        return None;
    }
    let base64: Zeroizing<String> = Zeroizing::new(inside.split_ascii_whitespace().collect());
    STANDARD.decode(base64.as_bytes()).ok()
}

fn calendar_day(time: Millis) -> Option<(i32, u8, u8)> {
    let zoned = jiff::Timestamp::from_millisecond(time.as_unix()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let date = zoned.date();
    Some((i32::from(date.year()), u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Certificate, DecryptionKey, SigningKey};

    const NOW: Millis = Millis::from_unix(1_795_982_400_000);

    #[test]
    fn a_key_that_is_made_signs_and_decrypts_and_its_certificate_is_valid_for_years() {
        let made = OwnKey::generate("Vestibule acme adfs", NOW).unwrap();
        assert!(SigningKey::from_pkcs8(&made.private_key).is_some());
        let pem = to_pem(&made.private_key, "PRIVATE KEY");
        assert!(DecryptionKey::from_pem(pem.as_bytes()).is_some());
        let until = Certificate::from_der(&made.certificate).unwrap().not_after();
        let years = until.since(NOW).as_secs() / (365 * 24 * 3_600);
        assert!((9..=10).contains(&years), "{years}");
    }

    #[test]
    fn a_pair_is_read_as_it_was_written() {
        let made = OwnKey::generate("x", NOW).unwrap();
        let (certificate, key) =
            (to_pem(&made.certificate, "CERTIFICATE"), to_pem(&made.private_key, "PRIVATE KEY"));
        let read = OwnKey::from_pem(&certificate, &format!("\n{key}  ")).unwrap();
        assert_eq!((read.certificate, read.private_key), (made.certificate, made.private_key));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let (one, other) = (OwnKey::generate("x", NOW).unwrap(), OwnKey::generate("x", NOW).unwrap());
        let (certificate, key) =
            (to_pem(&one.certificate, "CERTIFICATE"), to_pem(&other.private_key, "PRIVATE KEY"));
        assert_eq!(OwnKey::from_pem(&certificate, &key).unwrap_err(), OwnKeyError::Unpaired);
        assert_eq!(OwnKey::from_pem(&key, &key).unwrap_err(), OwnKeyError::Certificate);
        assert_eq!(OwnKey::from_pem(&certificate, &certificate).unwrap_err(), OwnKeyError::Key);
        assert_eq!(OwnKey::from_pem(&certificate, "").unwrap_err(), OwnKeyError::Key);
    }
}
