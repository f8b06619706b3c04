//! Outcomes of hashing, told a few at a time.

use std::time::Duration;

use tokio::sync::oneshot;
use vestibule_model::Monotonic;

use super::{Overloaded, Verified};

/// What a thread has found out and not told yet. It tells before it rests, and holds an outcome back only while hashes are
/// fast: whoever has waited in a queue waits a little longer, and all of them for less.
#[derive(Default)]
pub(super) struct Outcomes {
    untold: Vec<Outcome>,
    since: Option<Monotonic>,
}

impl Outcomes {
    /// The most that are told together.
    const MOST: usize = 8;

    /// The longest that an outcome waits for others, if the next one takes as long as the last.
    const LONGEST: Duration = Duration::from_millis(30);

    /// With what was begun and ended at these times.
    pub(super) fn add(&mut self, outcome: Outcome, (begun, ended): (Monotonic, Monotonic)) {
        self.untold.push(outcome);
        let since = *self.since.get_or_insert(ended);
        let until_next = ended.since(since) + ended.since(begun);
        if self.untold.len() >= Self::MOST || until_next > Self::LONGEST {
            self.tell();
        }
    }

    /// The client may have gone in the meantime: then nobody is told.
    pub(super) fn tell(&mut self) {
        self.since = None;
        for outcome in self.untold.drain(..) {
            match outcome {
                Outcome::Verified(reply, verified) => drop(reply.send(verified)),
                Outcome::Hashed(reply, hash) => drop(reply.send(hash)),
            }
        }
    }
}

/// What came of a job, and whom to tell.
pub(super) enum Outcome {
    Verified(oneshot::Sender<Result<Verified, Overloaded>>, Result<Verified, Overloaded>),
    Hashed(oneshot::Sender<Result<String, Overloaded>>, Result<String, Overloaded>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> (Outcome, oneshot::Receiver<Result<String, Overloaded>>) {
        let (reply, answer) = oneshot::channel();
        (Outcome::Hashed(reply, Ok("hash".to_owned())), answer)
    }

    fn at(millis: u64) -> Monotonic {
        Monotonic::after_beginning(Duration::from_millis(millis))
    }

    #[test]
    fn a_single_outcome_is_told_when_the_thread_rests() {
        let (mut outcomes, (one, mut answer)) = (Outcomes::default(), outcome());
        outcomes.add(one, (at(0), at(5)));
        assert!(answer.try_recv().is_err());
        outcomes.tell();
        assert_eq!(answer.try_recv().unwrap(), Ok("hash".to_owned()));
    }

    #[test]
    fn so_many_outcomes_are_told_together() {
        let (mut outcomes, mut answers) = (Outcomes::default(), Vec::new());
        for number in 0..Outcomes::MOST as u64 {
            assert!(answers.iter_mut().all(|answer: &mut oneshot::Receiver<_>| answer.try_recv().is_err()));
            let (one, answer) = outcome();
            answers.push(answer);
            outcomes.add(one, (at(number), at(number + 1)));
        }
        assert!(answers.iter_mut().all(|answer| answer.try_recv().is_ok()));
    }

    #[test]
    fn an_outcome_does_not_wait_for_slow_hashes() {
        let (mut outcomes, (one, mut answer)) = (Outcomes::default(), outcome());
        outcomes.add(one, (at(0), at(31)));
        assert!(answer.try_recv().is_ok());
    }

    #[test]
    fn outcomes_do_not_wait_for_long_in_all() {
        let (mut outcomes, (one, mut answer), (two, _)) = (Outcomes::default(), outcome(), outcome());
        outcomes.add(one, (at(0), at(16)));
        outcomes.add(two, (at(16), at(32)));
        assert!(answer.try_recv().is_ok());
    }
}
