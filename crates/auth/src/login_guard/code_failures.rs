//! Wrong codes of second factors, by user, whatever the account's policy says of wrong passwords: there are few codes, and no
//! hash slows whoever tries them (RFC 4226 §7.3).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vestibule_model::{Monotonic, UserId};

/// How many in a row are looked at.
const MOST: u32 = 10;

/// How long nobody's code is looked at after that.
const PAUSE: Duration = Duration::from_mins(15);

/// The counters.
#[derive(Default)]
pub(super) struct CodeFailures(Mutex<HashMap<UserId, (u32, Monotonic)>>);

impl CodeFailures {
    /// Charges an attempt as if it failed; the wait, if there were too many.
    pub(super) fn charge(&self, user: UserId, now: Monotonic) -> Result<(), Duration> {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = counters.entry(user).or_insert((0, now));
        let past = now.since(*last);
        if *count >= MOST && past < PAUSE {
            return Err(PAUSE.saturating_sub(past));
        }
        (*count, *last) = (if *count >= MOST { 1 } else { *count + 1 }, now);
        Ok(())
    }

    /// Whether wrong codes of a user are counted.
    pub(super) fn has_failures(&self, user: UserId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&user)
    }

    /// The code was right, or the second factor is another.
    pub(super) fn forget(&self, user: UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ten_in_a_row_none_is_looked_at_for_a_quarter_of_an_hour() {
        let failures = CodeFailures::default();
        let (user, start) = (UserId(1), Monotonic::default());
        for _ in 0..MOST {
            assert_eq!(failures.charge(user, start), Ok(()));
        }
        assert_eq!(failures.charge(user, start), Err(PAUSE));
        assert_eq!(failures.charge(UserId(2), start), Ok(()));
        assert_eq!(failures.charge(user, start.plus(PAUSE)), Ok(()));
        assert_eq!(failures.charge(user, start.plus(PAUSE)), Ok(()));
    }

    #[test]
    fn a_right_code_begins_the_count_anew() {
        let failures = CodeFailures::default();
        let (user, start) = (UserId(1), Monotonic::default());
        for _ in 0..3 * MOST {
            assert_eq!(failures.charge(user, start), Ok(()));
            failures.forget(user);
        }
    }
}
