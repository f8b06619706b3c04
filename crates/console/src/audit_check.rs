//! Whether the audit is what was written: walked through on a thread of its own when an owner asks for it, as `vestibule audit
//! verify` does. How an audit is walked through is the backend's, which is given as a function. What came of it is of this node, and
//! is forgotten with it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use vestibule_model::{Clock, Millis};

/// What a walk through the audit found, in words where there are words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditVerified {
    /// How many entries there are.
    pub entries: u64,
    /// The first thing that is wrong.
    pub wrong: Option<String>,
    /// How many things are wrong.
    pub findings: u64,
    /// What cannot be verified for want of a key.
    pub unverifiable: Vec<String>,
    /// The newest entry with its tag, to be kept elsewhere.
    pub newest: Option<String>,
}

/// Is told how many entries were looked at, and how many there are.
pub type AuditProgress<'a> = &'a mut dyn FnMut(u64, u64);

type Verify = dyn Fn(AuditProgress<'_>) -> Result<AuditVerified, String> + Send + Sync;

/// What is known of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuditChecked {
    /// It was not walked through since the start.
    Never,
    /// It is being walked through.
    Running {
        /// How many entries were looked at.
        done: u64,
        /// How many there are.
        of: u64,
    },
    /// It was.
    Done {
        /// When.
        at: Millis,
        /// What was found.
        found: AuditVerified,
    },
    /// It could not be.
    Failed {
        /// When.
        at: Millis,
        /// Why.
        why: String,
    },
}

/// Walks through the audit, one walk at a time.
pub struct AuditCheck {
    verify: Box<Verify>,
    clock: Arc<dyn Clock>,
    state: Mutex<AuditChecked>,
}

impl fmt::Debug for AuditCheck {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AuditCheck").field("state", &*self.lock()).finish_non_exhaustive()
    }
}

impl AuditCheck {
    /// One that walks through the audit with this function; an error is told in its words.
    pub fn new(
        clock: Arc<dyn Clock>,
        verify: impl Fn(AuditProgress<'_>) -> Result<AuditVerified, String> + Send + Sync + 'static,
    ) -> Self {
        Self { verify: Box::new(verify), clock, state: Mutex::new(AuditChecked::Never) }
    }

    /// What is known.
    pub(crate) fn state(&self) -> AuditChecked {
        self.lock().clone()
    }

    /// Begins a walk, unless one is under way.
    pub(crate) fn begin(self: &Arc<Self>) {
        {
            let mut state = self.lock();
            if matches!(*state, AuditChecked::Running { .. }) {
                return;
            }
            *state = AuditChecked::Running { done: 0, of: 0 };
        }
        let check = Arc::clone(self);
        let begun = thread::Builder::new().name("audit-check".to_owned()).spawn(move || check.walk());
        if let Err(error) = begun {
            *self.lock() = AuditChecked::Failed { at: self.clock.now(), why: error.to_string() };
        }
    }

    fn walk(&self) {
        let unfinished = Unfinished(self);
        let result = (self.verify)(&mut |done, of| *self.lock() = AuditChecked::Running { done, of });
        let at = self.clock.now();
        *self.lock() = match result {
            Ok(found) => AuditChecked::Done { at, found },
            Err(why) => AuditChecked::Failed { at, why },
        };
        drop(unfinished);
    }

    fn lock(&self) -> MutexGuard<'_, AuditChecked> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A walk that panics has failed.
struct Unfinished<'a>(&'a AuditCheck);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let at = self.0.clock.now();
        let mut state = self.0.lock();
        if matches!(*state, AuditChecked::Running { .. }) {
            *state = AuditChecked::Failed { at, why: "it broke off".to_owned() };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// How often at the most it is looked whether a walk is over.
    const LOOKS: usize = 100_000_000;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Millis {
            Millis::from_unix(7)
        }

        fn monotonic(&self) -> vestibule_model::Monotonic {
            vestibule_model::Monotonic::default()
        }
    }

    fn over(check: &AuditCheck) -> AuditChecked {
        let mut looks = std::iter::repeat_with(|| {
            thread::yield_now();
            check.state()
        });
        let state = looks.by_ref().take(LOOKS).find(|state| !matches!(state, AuditChecked::Running { .. }));
        state.expect("the walk comes to its end")
    }

    #[test]
    fn one_walk_is_under_way_at_a_time_and_its_progress_is_told() {
        let (told, hear) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let check = Arc::new(AuditCheck::new(Arc::new(Still), move |progress| {
            progress(3, 5);
            told.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok(AuditVerified { entries: 5, ..AuditVerified::default() })
        }));
        assert_eq!(check.state(), AuditChecked::Never);
        check.begin();
        hear.recv().unwrap();
        check.begin();
        assert_eq!(check.state(), AuditChecked::Running { done: 3, of: 5 });
        go_on.send(()).unwrap();
        let found = AuditVerified { entries: 5, ..AuditVerified::default() };
        assert_eq!(over(&check), AuditChecked::Done { at: Millis::from_unix(7), found });
        assert!(hear.try_recv().is_err(), "the second was none");
    }

    #[test]
    fn a_walk_that_breaks_off_has_failed() {
        let check = Arc::new(AuditCheck::new(Arc::new(Still), |_| panic!("no")));
        check.begin();
        assert!(matches!(over(&check), AuditChecked::Failed { .. }));
    }
}
