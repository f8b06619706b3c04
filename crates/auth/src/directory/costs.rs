//! At which costs the passwords of the installation are hashed: an imported hash keeps its own until its user logs in.
//!
//! A failed login is to take one time, whoever it was about. So it is hashed once at each cost that any password of the
//! installation has, and none shows by its absence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use vestibule_crypto::{Argon2Params, cost_of, decoy};
use vestibule_model::Rng;

/// A cost at which some password is hashed.
#[derive(Debug)]
pub(crate) struct Cost {
    params: Argon2Params,
    hash: String,
}

impl Cost {
    /// What it is, in words of Argon2.
    pub(crate) const fn params(&self) -> Argon2Params {
        self.params
    }

    /// A hash of this cost that is of nobody's password.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

/// The costs that users hold. One that nobody holds any more is forgotten.
pub(crate) struct Costs {
    rng: Arc<dyn Rng>,
    known: Mutex<HashMap<Argon2Params, Weak<Cost>>>,
}

impl Costs {
    pub(crate) fn new(rng: Arc<dyn Rng>) -> Self {
        Self { rng, known: Mutex::default() }
    }

    /// The cost of this hash; None: it is of no use to anybody.
    pub(crate) fn of(&self, hash: &str) -> Option<Arc<Cost>> {
        let params = cost_of(hash)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cost) = known.get(&params).and_then(Weak::upgrade) {
            return Some(cost);
        }
        known.retain(|_, cost| cost.strong_count() > 0);
        let cost = Arc::new(Cost { params, hash: decoy(params, &*self.rng).ok()? });
        known.insert(params, Arc::downgrade(&cost));
        Some(cost)
    }

    /// Every cost there is.
    pub(crate) fn all(&self) -> Vec<Arc<Cost>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().filter_map(Weak::upgrade).collect()
    }
}
