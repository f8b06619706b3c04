//! The development CA: one per data directory, good for names that a developer uses and for no others.

use std::net::Ipv6Addr;
use std::time::Duration;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use vestibule_model::Millis;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::leaf::good_between;
use crate::data_dir::DataDir;
use crate::private_file;

const DAY: Duration = Duration::from_hours(24);

/// How long a new CA is good.
const LIFE: Duration = DAY.saturating_mul(3650);

/// A CA that ends sooner than this is replaced: its certificates are good for longer.
const LEAST_LIFE: Duration = DAY.saturating_mul(400);

/// The CA's name. It is looked for in lists of trusted authorities by people.
const NAME: &str = "Vestibule development CA (this machine only)";

/// The domains of the vendors' servers, under which clients have names written into their code.
pub(super) const DOMAINS: [&str; 4] = ["liveperson.net", "liveperson.com", "lpsnmedia.net", "livevox.com"];

/// The CA, ready to sign.
#[derive(Debug)]
pub(super) struct Authority {
    /// What signs.
    pub(super) issuer: Issuer<'static, KeyPair>,
    /// The names that its certificate permits, with all below them.
    permitted: Vec<String>,
}

impl Authority {
    /// Whether this is a name of one of the vendors' domains that the CA may sign for.
    pub(super) fn may_stand_in_for(&self, name: &str) -> bool {
        DOMAINS.iter().any(|domain| is_under(name, domain) && self.permits(name))
    }

    /// The vendors' domains that it may not sign for, because an older version made it.
    pub(super) fn not_permitted(&self) -> Vec<&'static str> {
        DOMAINS.into_iter().filter(|domain| !self.permits(domain)).collect()
    }

    fn permits(&self, name: &str) -> bool {
        self.permitted.iter().any(|permitted| is_under(name, permitted))
    }
}

fn is_under(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The CA of the data directory, which is made if there is none, or none that is still good.
pub(super) fn open_or_make(data: &DataDir, now: Millis) -> anyhow::Result<Authority> {
    match open(data, now)? {
        Some(authority) => Ok(authority),
        None => make(data, now),
    }
}

/// None: there is none, or none that is still good. A key that others can read is an error: whoever has it can pretend
/// to be any server to those who trust the CA.
fn open(data: &DataDir, now: Millis) -> anyhow::Result<Option<Authority>> {
    let (certificate, key) = (data.ca_certificate(), data.ca_key());
    if !certificate.exists() || !key.exists() {
        return Ok(None);
    }
    let key = private_file::read(&key)?;
    let Ok(key) = KeyPair::from_pem(&key) else { return Ok(None) };
    let Ok(der) = CertificateDer::from_pem_file(&certificate) else { return Ok(None) };
    let Ok((_, parsed)) = X509Certificate::from_der(&der) else { return Ok(None) };
    let needed = now.plus(LEAST_LIFE).as_unix() / 1000;
    if parsed.validity().not_after.timestamp() < needed
        || parsed.public_key().raw != key.subject_public_key_info()
    {
        return Ok(None);
    }
    let permitted = permitted_by(&parsed);
    Ok(Issuer::from_ca_cert_der(&der, key).ok().map(|issuer| Authority { issuer, permitted }))
}

/// The DNS names among a certificate's name constraints (RFC 5280 §4.2.1.10).
fn permitted_by(certificate: &X509Certificate<'_>) -> Vec<String> {
    let constraints = certificate.name_constraints().ok().flatten();
    let subtrees = constraints.and_then(|constraints| constraints.value.permitted_subtrees.as_ref());
    let dns_name = |subtree: &x509_parser::extensions::GeneralSubtree<'_>| match subtree.base {
        GeneralName::DNSName(name) => Some(name.to_owned()),
        _ => None,
    };
    subtrees.into_iter().flatten().filter_map(dns_name).collect()
}

fn make(data: &DataDir, now: Millis) -> anyhow::Result<Authority> {
    let params = params(now).context("cannot make a development CA")?;
    let key = KeyPair::generate().context("cannot make a development CA")?;
    let certificate = params.self_signed(&key).context("cannot make a development CA")?;
    let cannot_write = |path: std::path::PathBuf| move || format!("cannot write {}", path.display());
    // The key first: a certificate without its key is noticed above.
    private_file::replace(&data.ca_key(), &key.serialize_pem(), 0o600)
        .with_context(cannot_write(data.ca_key()))?;
    private_file::replace(&data.ca_certificate(), &certificate.pem(), 0o644)
        .with_context(cannot_write(data.ca_certificate()))?;
    let permitted = DOMAINS.map(str::to_owned).to_vec();
    Ok(Authority { issuer: Issuer::new(params, key), permitted })
}

fn params(now: Millis) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted(), excluded_subtrees: Vec::new() });
    good_between(&mut params, now.minus(DAY), now.plus(LIFE))?;
    Ok(params)
}

/// Even somebody who steals the key can pretend to be these only.
fn permitted() -> Vec<GeneralSubtree> {
    let name = |name: &str| GeneralSubtree::DnsName(name.to_owned());
    let addresses = [
        CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8),
        CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128),
    ];
    let names = ["localhost"].into_iter().chain(DOMAINS).map(name);
    names.chain(addresses.map(GeneralSubtree::IpAddress)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NOW: Millis = Millis::from_unix(1_790_000_000_000);

    fn certificate(data: &DataDir) -> String {
        fs::read_to_string(data.ca_certificate()).unwrap()
    }

    #[test]
    fn is_made_once_and_then_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        open_or_make(&data, NOW).unwrap();
        let first = certificate(&data);
        open_or_make(&data, NOW.plus(DAY)).unwrap();
        assert_eq!(certificate(&data), first);
    }

    #[test]
    fn is_made_anew_in_good_time_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        open_or_make(&data, NOW).unwrap();
        let first = certificate(&data);
        open_or_make(&data, NOW.plus(LIFE).minus(LEAST_LIFE).plus(DAY)).unwrap();
        assert_ne!(certificate(&data), first);
    }

    #[test]
    fn is_made_anew_when_key_and_certificate_do_not_belong_together() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, other) = (DataDir::at(one.path()), DataDir::at(other.path()));
        open_or_make(&one, NOW).unwrap();
        open_or_make(&other, NOW).unwrap();
        let first = certificate(&one);
        fs::copy(other.ca_key(), one.ca_key()).unwrap();
        open_or_make(&one, NOW).unwrap();
        assert_ne!(certificate(&one), first);
    }

    /// A CA as the first version made it.
    fn put_older(data: &DataDir) {
        let mut params = params(NOW).unwrap();
        let names = ["localhost", "liveperson.net", "livevox.com"];
        let permitted_subtrees = names.map(|name| GeneralSubtree::DnsName(name.to_owned())).to_vec();
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        private_file::replace(&data.ca_key(), &key.serialize_pem(), 0o600).unwrap();
        private_file::replace(&data.ca_certificate(), &certificate.pem(), 0o644).unwrap();
    }

    #[test]
    fn is_good_for_the_vendors_domains_new_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        for _ in 0..2 {
            let authority = open_or_make(&data, NOW).unwrap();
            assert!(authority.not_permitted().is_empty());
            for name in ["lo.agentvep.liveperson.net", "api.na6.livevox.com", "lpsnmedia.net"] {
                assert!(authority.may_stand_in_for(name), "{name}");
            }
            for name in ["localhost", "example.com", "notlivevox.com", "livevox.com.example.com", "com"] {
                assert!(!authority.may_stand_in_for(name), "{name}");
            }
        }
    }

    #[test]
    fn one_of_an_older_version_is_kept_and_says_what_it_is_not_good_for() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        put_older(&data);
        let before = certificate(&data);
        let authority = open_or_make(&data, NOW).unwrap();
        assert_eq!(authority.not_permitted(), ["liveperson.com", "lpsnmedia.net"]);
        assert!(authority.may_stand_in_for("api.na6.livevox.com"));
        assert!(!authority.may_stand_in_for("static.lpsnmedia.net"));
        assert_eq!(certificate(&data), before);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        open_or_make(&data, NOW).unwrap();
        fs::set_permissions(data.ca_key(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open_or_make(&data, NOW).err().unwrap().to_string().contains("chmod 600"));
    }
}
