//! What the profiles of users give together, shared by all who have the same.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use vestibule_model::Rank;

/// Fewer grants than this are never tidied up.
const FEWEST_GRANTS: usize = 64;

/// What a user's profiles give together.
#[derive(Debug, PartialEq, Eq)]
pub struct Grants {
    /// The highest rank; without any profile, the lowest there is.
    pub rank: Rank,
    /// The union of their permissions, ascending.
    pub privileges: Vec<i32>,
    /// The same as text, separated by commas.
    pub privileges_text: String,
}

/// Grants that users hold, found again by their profiles.
#[derive(Default)]
pub(super) struct KnownGrants {
    by_profiles: HashMap<Vec<i64>, Weak<Grants>>,
    /// Those that nobody holds any more are forgotten when there are as many as this.
    tidy_at: usize,
}

impl KnownGrants {
    pub(super) fn get(&self, profiles: &[i64]) -> Option<Arc<Grants>> {
        self.by_profiles.get(profiles)?.upgrade()
    }

    pub(super) fn insert(&mut self, profiles: Vec<i64>, grants: &Arc<Grants>) {
        if self.by_profiles.len() >= self.tidy_at {
            self.by_profiles.retain(|_, grants| grants.strong_count() > 0);
            self.tidy_at = FEWEST_GRANTS.max(2 * self.by_profiles.len());
        }
        self.by_profiles.insert(profiles, Arc::downgrade(grants));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_that_nobody_holds_are_forgotten() {
        let grants =
            || Arc::new(Grants { rank: Rank::Agent, privileges: Vec::new(), privileges_text: String::new() });
        let mut known = KnownGrants::default();
        let held = grants();
        known.insert(vec![0], &held);
        (1..10_000).for_each(|id| known.insert(vec![id], &grants()));
        assert!(known.by_profiles.len() <= FEWEST_GRANTS, "{}", known.by_profiles.len());
        assert!(known.get(&[0]).is_some_and(|found| Arc::ptr_eq(&found, &held)));
    }
}
