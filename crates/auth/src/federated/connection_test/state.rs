//! The tests that wait for a browser, and what came of those that had theirs. In memory alone: nobody misses them after a restart.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_model::{AccountId, ConnectionId, Millis, Monotonic, Rng};

use super::TestReport;

/// How long a test waits for its browser, and is kept after that.
pub const TEST_LASTS: Duration = Duration::from_mins(10);

/// How many there are at most; the oldest goes.
const MOST: usize = 1_000;

/// How many there are at most of one account; its oldest goes, so that it takes nobody else's place.
const MOST_PER_ACCOUNT: usize = 50;

/// The id of a test, beyond guessing: whoever has it may go through the test, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestId(u128);

impl TestId {
    fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        Self(u128::from_be_bytes(bytes))
    }

    /// As it was written; None: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let is_one = text.len() == 32
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        u128::from_str_radix(text, 16).ok().filter(|_| is_one).map(Self)
    }
}

impl fmt::Display for TestId {
    /// 32 hexadecimal digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

/// A test.
#[derive(Clone, Debug)]
pub struct ConnectionTest {
    /// Its id.
    pub id: TestId,
    /// The account of the connection.
    pub account: AccountId,
    /// What is tested.
    pub connection: ConnectionId,
    /// Until when it is kept, by the clock of people.
    pub expires: Millis,
    /// What came of it; None: no browser has come back yet.
    pub report: Option<Arc<TestReport>>,
    /// Whether what a browser brought is examined now.
    is_claimed: bool,
    gone_at: Monotonic,
}

impl ConnectionTest {
    /// Whether it waits for a browser.
    pub(crate) const fn is_waiting(&self) -> bool {
        !self.is_claimed && self.report.is_none()
    }
}

/// All of them, oldest first.
#[derive(Default)]
pub(crate) struct ConnectionTests(Mutex<VecDeque<ConnectionTest>>);

impl ConnectionTests {
    fn lock(&self, now: Monotonic) -> MutexGuard<'_, VecDeque<ConnectionTest>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.front().is_some_and(|oldest| oldest.gone_at <= now) {
            all.pop_front();
        }
        all
    }

    /// Makes one.
    pub(crate) fn make(
        &self,
        account: AccountId,
        connection: ConnectionId,
        rng: &dyn Rng,
        (now, wall): (Monotonic, Millis),
    ) -> ConnectionTest {
        let made = ConnectionTest {
            id: TestId::random(rng),
            account,
            connection,
            expires: wall.plus(TEST_LASTS),
            report: None,
            is_claimed: false,
            gone_at: now.plus(TEST_LASTS),
        };
        let mut all = self.lock(now);
        let of_account = |test: &ConnectionTest| test.account == account;
        if all.iter().filter(|test| of_account(test)).count() >= MOST_PER_ACCOUNT {
            let oldest = all.iter().position(of_account);
            oldest.and_then(|place| all.remove(place));
        }
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back(made.clone());
        made
    }

    /// The one with this id, as it is now.
    pub(crate) fn find(&self, id: TestId, now: Monotonic) -> Option<ConnectionTest> {
        self.lock(now).iter().find(|test| test.id == id).cloned()
    }

    /// Has whoever comes first examine what came for one, and nobody beside them; None: it does not wait.
    pub(crate) fn claim(&self, id: TestId, now: Monotonic) -> Option<Claim<'_>> {
        let mut all = self.lock(now);
        let test = all.iter_mut().find(|test| test.id == id && test.is_waiting())?;
        test.is_claimed = true;
        Some(Claim { tests: self, id })
    }
}

/// The right to examine what came for a test. Dropped without a report, it is given back: the test waits again.
pub(crate) struct Claim<'a> {
    tests: &'a ConnectionTests,
    id: TestId,
}

impl Claim<'_> {
    /// Ends the test with what came of it.
    pub(crate) fn finish(self, report: TestReport) -> Arc<TestReport> {
        let report = Arc::new(report);
        self.change(|test| test.report = Some(Arc::clone(&report)));
        report
    }

    fn change(&self, change: impl FnOnce(&mut ConnectionTest)) {
        let mut all = self.tests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(test) = all.iter_mut().find(|test| test.id == self.id) {
            change(test);
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.change(|test| test.is_claimed = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn at(seconds: u64) -> (Monotonic, Millis) {
        (Monotonic::after_beginning(Duration::from_secs(seconds)), Millis::EPOCH)
    }

    #[test]
    fn one_browser_at_a_time_is_examined_and_who_gives_up_gives_it_back() {
        let (tests, rng) = (ConnectionTests::default(), Counting(0.into()));
        let made = tests.make("a".parse().unwrap(), ConnectionId(1), &rng, at(0));
        let first = tests.claim(made.id, at(1).0);
        assert!(first.is_some() && tests.claim(made.id, at(1).0).is_none());
        drop(first);
        assert!(tests.claim(made.id, at(1).0).is_some());
    }

    #[test]
    fn a_test_is_kept_for_ten_minutes_and_has_one_report() {
        let (tests, rng) = (ConnectionTests::default(), Counting(0.into()));
        let account: AccountId = "a".parse().unwrap();
        let made = tests.make(account, ConnectionId(1), &rng, at(0));
        assert!(tests.find(made.id, at(1).0).unwrap().report.is_none());
        let claim = tests.claim(made.id, at(2).0).unwrap();
        claim.finish(TestReport { taken: true, ..TestReport::default() });
        assert!(tests.claim(made.id, at(2).0).is_none());
        assert!(tests.find(made.id, at(599).0).unwrap().report.unwrap().taken);
        assert!(tests.find(made.id, at(600).0).is_none());
    }

    #[test]
    fn an_account_pushes_out_its_own_oldest_alone() {
        let (tests, rng) = (ConnectionTests::default(), Counting(0.into()));
        let (one, other): (AccountId, AccountId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let others = tests.make(other, ConnectionId(2), &rng, at(0));
        let made: Vec<ConnectionTest> =
            (0..=MOST_PER_ACCOUNT).map(|_| tests.make(one, ConnectionId(1), &rng, at(0))).collect();
        assert!(tests.find(made[0].id, at(1).0).is_none());
        assert!(tests.find(made[1].id, at(1).0).is_some() && tests.find(others.id, at(1).0).is_some());
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = TestId(0xab);
        assert_eq!(TestId::read(&id.to_string()), Some(id));
        for other in ["", "ab", "000000000000000000000000000000AB", "+00000000000000000000000000000ab"] {
            assert_eq!(TestId::read(other), None, "{other}");
        }
    }
}
