//! A certificate for whatever name of the vendors' a client asks for, made when it is first asked for. Development only:
//! clients have names of two and three levels written into their code, which no wildcard covers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use vestibule_model::Millis;

use super::authority::Authority;
use super::leaf;

/// How many names are remembered: more than any set of clients has.
const MOST_NAMES: usize = 100;

/// Makes certificates and remembers the newest. Their keys are nowhere but in memory.
#[derive(Debug)]
pub(super) struct OnDemand {
    authority: Authority,
    now: Millis,
    /// For this machine, and for whoever asks for a name that is none of ours: they will refuse it.
    local: Arc<CertifiedKey>,
    /// By name, the one that was asked for last at the end.
    made: Mutex<VecDeque<(String, Arc<CertifiedKey>)>>,
}

impl OnDemand {
    /// With a certificate for this machine, and none for others yet; all of them good from `now` on.
    pub(super) fn new(authority: Authority, now: Millis) -> anyhow::Result<Self> {
        let local = issue(&authority, &leaf::LOCAL, now)?;
        Ok(Self { authority, now, local, made: Mutex::default() })
    }

    /// The certificate for a name, or for none.
    fn certificate(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let name = name.map(str::to_ascii_lowercase);
        match name.filter(|name| self.authority.may_stand_in_for(name)) {
            Some(name) => self.for_vendor(name),
            None => Arc::clone(&self.local),
        }
    }

    fn for_vendor(&self, name: String) -> Arc<CertifiedKey> {
        if let Some(known) = self.remembered(&name) {
            return known;
        }
        match issue(&self.authority, &[&name], self.now) {
            Ok(made) => self.remember(name, made),
            Err(error) => {
                tracing::warn!(name, error = format!("{error:#}"), "no development certificate for a name");
                Arc::clone(&self.local)
            }
        }
    }

    fn remembered(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let at = made.iter().position(|(known, _)| known == name)?;
        let found = made.remove(at)?;
        let certificate = Arc::clone(&found.1);
        made.push_back(found);
        Some(certificate)
    }

    fn remember(&self, name: String, certificate: Arc<CertifiedKey>) -> Arc<CertifiedKey> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        while made.len() >= MOST_NAMES {
            made.pop_front();
        }
        made.push_back((name, Arc::clone(&certificate)));
        certificate
    }
}

impl ResolvesServerCert for OnDemand {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certificate(client_hello.server_name()))
    }
}

fn issue(authority: &Authority, names: &[&str], now: Millis) -> anyhow::Result<Arc<CertifiedKey>> {
    let (certificate, key) = leaf::issue(authority, names, now)?;
    let provider = aws_lc_rs::default_provider();
    Ok(Arc::new(CertifiedKey::from_der(vec![certificate], key, &provider)?))
}

#[cfg(test)]
mod tests {
    use super::super::authority::open_or_make;
    use super::*;
    use crate::data_dir::DataDir;

    const NOW: Millis = Millis::from_unix(1_790_000_000_000);

    fn on_demand() -> OnDemand {
        let folder = tempfile::tempdir().unwrap();
        OnDemand::new(open_or_make(&DataDir::at(folder.path()), NOW).unwrap(), NOW).unwrap()
    }

    #[test]
    fn a_name_has_one_certificate_however_it_is_spelt() {
        let on_demand = on_demand();
        let first = on_demand.certificate(Some("api.na6.livevox.com"));
        assert!(Arc::ptr_eq(&first, &on_demand.certificate(Some("API.na6.LiveVox.com"))));
    }

    #[test]
    fn names_of_others_get_the_certificate_of_this_machine() {
        let on_demand = on_demand();
        for name in [None, Some("localhost"), Some("example.com"), Some("livevox.com.example.com")] {
            assert!(Arc::ptr_eq(&on_demand.local, &on_demand.certificate(name)), "{name:?}");
        }
        assert!(on_demand.made.lock().unwrap().is_empty());
    }

    #[test]
    fn a_hundred_names_are_kept_those_that_were_asked_for_last() {
        let on_demand = on_demand();
        let name = |number: usize| format!("h{number}.liveperson.net");
        let first = on_demand.certificate(Some(&name(0)));
        for number in 1..MOST_NAMES {
            on_demand.certificate(Some(&name(number)));
        }
        assert!(Arc::ptr_eq(&first, &on_demand.certificate(Some(&name(0)))));
        on_demand.certificate(Some(&name(MOST_NAMES)));
        let made = on_demand.made.lock().unwrap();
        assert_eq!(made.len(), MOST_NAMES);
        assert!(made.iter().any(|(known, _)| *known == name(0)));
        assert!(!made.iter().any(|(known, _)| *known == name(1)));
    }
}
