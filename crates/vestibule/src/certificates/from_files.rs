//! The certificate that a listener shows, read from files, and read again while it is shown.

use std::hash::RandomState;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use vestibule_model::Millis;

use super::pair::{Files, Pair, Unusable};

/// What a listener shows. It always has one that could be used when it was read.
#[derive(Debug)]
pub(crate) struct FromFiles {
    pub(super) listener: &'static str,
    files: Files,
    hasher: RandomState,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    pair: Pair,
    /// Tells the contents of the files that the pair is from.
    mark: u64,
    /// Why what the files hold now is not shown.
    failure: Option<Unusable>,
}

/// Why files are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It was time to: nothing is said of what was said before.
    Interval,
    /// Somebody asked: they hear what came of it.
    Asked,
}

impl FromFiles {
    /// Reads the files for the first time. One that is out of its time is shown all the same: there is no other.
    pub(super) fn open(listener: &'static str, files: Files) -> Result<Self, Unusable> {
        let hasher = RandomState::new();
        let contents = files.read()?;
        let state = State { pair: files.pair(&contents)?, mark: contents.mark(&hasher), failure: None };
        Ok(Self { listener, files, hasher, state: RwLock::new(state) })
    }

    /// Why clients will refuse what is shown, if it is for its days.
    pub(super) fn out_of_time(&self, now: Millis) -> Option<Unusable> {
        self.read(|state| self.files.in_time(&state.pair, now)).err()
    }

    /// Why some clients will refuse what is shown, though others do not.
    pub(super) fn doubtful(&self) -> Option<Unusable> {
        self.read(|state| self.files.doubtful(&state.pair))
    }

    /// Says in the log that clients will refuse what is shown, if they will.
    pub(super) fn warn_of_refusals(&self, now: Millis) {
        if let Some(Unusable { reason, .. }) = self.out_of_time(now) {
            tracing::error!(listener = self.listener, reason, "clients will refuse the certificate");
        }
        self.warn_if_doubtful();
    }

    fn warn_if_doubtful(&self) {
        if let Some(Unusable { reason, .. }) = self.doubtful() {
            tracing::warn!(listener = self.listener, reason, "clients may refuse the certificate");
        }
    }

    /// Shows what the files hold now, if that can be used; keeps what it has if not.
    pub(super) fn read_again(&self, why: Reason, now: Millis) {
        match self.changed(now) {
            Ok(None) => {
                self.write(|state| state.failure = None);
                if why == Reason::Asked {
                    tracing::info!(listener = self.listener, "the certificate is the same as before");
                }
            }
            Ok(Some((pair, mark))) => {
                let until = shown(pair.until);
                self.write(|state| *state = State { pair, mark, failure: None });
                tracing::info!(listener = self.listener, until, "a new certificate is in use");
                self.warn_if_doubtful();
            }
            Err(failure) => self.keep(failure, why),
        }
    }

    /// What the files hold, if it is something else than before.
    fn changed(&self, now: Millis) -> Result<Option<(Pair, u64)>, Unusable> {
        let contents = self.files.read()?;
        let mark = contents.mark(&self.hasher);
        if self.read(|state| state.mark == mark) {
            return Ok(None);
        }
        let pair = self.files.pair(&contents)?;
        self.files.in_time(&pair, now)?;
        Ok(Some((pair, mark)))
    }

    fn keep(&self, failure: Unusable, why: Reason) {
        if self.is_news(&failure, why) {
            let until = shown(self.until());
            let reason = failure.reason.as_str();
            tracing::error!(
                listener = self.listener,
                reason,
                until,
                "the new certificate cannot be used; the old one is kept"
            );
        }
        self.write(|state| state.failure = Some(failure));
    }

    /// Whether somebody wants to hear of it.
    fn is_news(&self, failure: &Unusable, why: Reason) -> bool {
        why == Reason::Asked || self.read(|state| state.failure.as_ref() != Some(failure))
    }

    /// When what is shown expires.
    pub(super) fn until(&self) -> Millis {
        self.read(|state| state.pair.until)
    }

    /// Whether what the files hold now is not what is shown.
    pub(super) fn has_failed(&self) -> bool {
        self.read(|state| state.failure.is_some())
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ResolvesServerCert for FromFiles {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.read(|state| Arc::clone(&state.pair.certified)))
    }
}

/// A time as people read it.
fn shown(time: Millis) -> String {
    jiff::Timestamp::from_millisecond(time.as_unix()).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    const NOW: Millis = Millis::from_unix(1_790_000_000_000);

    fn opened() -> (FromFiles, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let made = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        fs::write(&certificate, params.self_signed(&made).unwrap().pem()).unwrap();
        fs::write(&key, made.serialize_pem()).unwrap();
        let files = Files { certificate: ("certificate", certificate), key: ("key", key) };
        (FromFiles::open("https", files).unwrap(), folder)
    }

    fn failure_of(certificate: &FromFiles) -> Unusable {
        certificate.read(|state| state.failure.clone()).unwrap()
    }

    #[test]
    fn what_was_told_is_told_again_only_to_whoever_asks() {
        let (certificate, folder) = opened();
        fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
        certificate.read_again(Reason::Interval, NOW);
        let failure = failure_of(&certificate);
        assert!(!certificate.is_news(&failure, Reason::Interval));
        assert!(certificate.is_news(&failure, Reason::Asked));
    }

    #[test]
    fn another_failure_is_told() {
        let (certificate, folder) = opened();
        fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
        certificate.read_again(Reason::Interval, NOW);
        let first = failure_of(&certificate);
        fs::remove_file(folder.path().join("cert.pem")).unwrap();
        certificate.read_again(Reason::Interval, NOW);
        assert!(certificate.is_news(&first, Reason::Interval));
    }

    #[test]
    fn what_is_shown_is_kept_when_a_file_is_gone() {
        let (certificate, folder) = opened();
        let before = certificate.read(|state| Arc::clone(&state.pair.certified));
        fs::remove_file(folder.path().join("cert.pem")).unwrap();
        certificate.read_again(Reason::Asked, NOW);
        assert!(certificate.has_failed());
        assert!(certificate.read(|state| Arc::ptr_eq(&before, &state.pair.certified)));
    }
}
