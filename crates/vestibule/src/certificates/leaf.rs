//! The certificate of one start of `vestibule dev`: its key is nowhere but in memory.

use std::time::Duration;

use anyhow::anyhow;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use vestibule_model::Millis;

use super::authority::Authority;

const DAY: Duration = Duration::from_hours(24);

/// Below the 398 days that Apple's and other clients allow.
const LIFE: Duration = DAY.saturating_mul(390);

/// What this machine is called.
pub(super) const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate for these names and its key, good from yesterday on, for clocks that are not quite right.
pub(super) fn issue(
    authority: &Authority,
    names: &[&str],
    now: Millis,
) -> anyhow::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Vestibule development server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    good_between(&mut params, now.minus(DAY), now.plus(LIFE))?;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority.issuer)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// Makes a certificate good from one day until another, as the clock of this start counts.
pub(super) fn good_between(
    params: &mut CertificateParams,
    from: Millis,
    until: Millis,
) -> anyhow::Result<()> {
    let day = |time: Millis| calendar_day(time).ok_or_else(|| anyhow!("the clock is out of range"));
    let ((year, month, day_of_month), (last_year, last_month, last_day)) = (day(from)?, day(until)?);
    params.not_before = date_time_ymd(year, month, day_of_month);
    params.not_after = date_time_ymd(last_year, last_month, last_day);
    Ok(())
}

fn calendar_day(time: Millis) -> Option<(i32, u8, u8)> {
    let date =
        jiff::Timestamp::from_millisecond(time.as_unix()).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some((i32::from(date.year()), u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?))
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

    use super::super::authority;
    use super::*;
    use crate::data_dir::DataDir;

    const NOW: Millis = Millis::from_unix(1_790_000_000_000);

    fn issued() -> CertificateDer<'static> {
        let folder = tempfile::tempdir().unwrap();
        let authority = authority::open_or_make(&DataDir::at(folder.path()), NOW).unwrap();
        issue(&authority, &LOCAL, NOW).unwrap().0
    }

    #[test]
    fn has_the_names_that_were_asked_for() {
        let der = issued();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        let dns: Vec<&str> = names
            .value
            .general_names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(*name),
                _ => None,
            })
            .collect();
        assert_eq!(dns, ["localhost"]);
        assert_eq!(names.value.general_names.len(), LOCAL.len());
    }

    #[test]
    fn lives_for_at_most_397_days() {
        let der = issued();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let validity = certificate.validity();
        let life = validity.not_after.timestamp() - validity.not_before.timestamp();
        assert!(life <= 397 * 24 * 60 * 60, "{life}");
    }
}
