//! The last events of a channel, each with its number.

use std::collections::VecDeque;

use vestibule_model::Monotonic;

use super::event::GatewayEvent;

/// Numbers without gaps, from 1 on.
#[derive(Debug)]
pub(super) struct Ring {
    capacity: usize,
    /// The number of the last one; 0: there was none.
    last: u64,
    kept: VecDeque<(GatewayEvent, Monotonic)>,
}

/// What stands behind a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// These, of which the last has the number `last`. `since`: when the first of them was published; None: there is none.
    Events { events: Vec<(u64, GatewayEvent)>, last: u64, since: Option<Monotonic> },
    /// More than is kept.
    Lost,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, last: 0, kept: VecDeque::new() }
    }

    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn push(&mut self, event: GatewayEvent, at: Monotonic) {
        if self.kept.len() >= self.capacity {
            self.kept.pop_front();
        }
        self.kept.push_back((event, at));
        self.last += 1;
    }

    /// The first of what stands behind a number, `most` at most.
    pub(super) fn behind(&self, number: u64, most: usize) -> Behind {
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        let before_first = self.last - kept;
        let Some(skipped) = number.checked_sub(before_first).filter(|skipped| *skipped <= kept) else {
            return Behind::Lost;
        };
        let mut unread = self.kept.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).peekable();
        let since = unread.peek().map(|(_, at)| *at);
        let events: Vec<_> = (number + 1..).zip(unread.map(|(event, _)| *event)).take(most).collect();
        let last = events.last().map_or(number, |(number, _)| *number);
        Behind::Events { events, last, since }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vestibule_model::UserId;

    use super::*;

    fn event(number: u64) -> GatewayEvent {
        GatewayEvent::UserChanged {
            account: "a".parse().unwrap(),
            user: UserId(i64::try_from(number).unwrap()),
        }
    }

    fn ring(capacity: usize, events: u64) -> Ring {
        let mut ring = Ring::new(capacity);
        (1..=events).for_each(|number| ring.push(event(number), Monotonic::default()));
        ring
    }

    /// All behind a number, in batches of some; None: more than is kept.
    fn read(ring: &Ring, mut number: u64, most: usize) -> Option<Vec<u64>> {
        let mut all = Vec::new();
        loop {
            let Behind::Events { events, last, .. } = ring.behind(number, most) else { return None };
            if events.is_empty() {
                return Some(all);
            }
            assert!(events.iter().all(|(number, told)| *told == event(*number)));
            all.extend(events.iter().map(|(number, _)| *number));
            number = last;
        }
    }

    proptest! {
        /// Whatever is kept is told once and in order from every number on, over every wrap-around; what is not is lost.
        #[test]
        fn behind_each_number_stands_what_came_after_it(
            capacity in 1_usize..20, events in 0_u64..60, number in 0_u64..70, most in 1_usize..8,
        ) {
            let ring = ring(capacity, events);
            let first = events.saturating_sub(u64::try_from(capacity).unwrap());
            let expected = (first..=events).contains(&number).then(|| (number + 1..=events).collect::<Vec<_>>());
            prop_assert_eq!(read(&ring, number, most), expected);
        }
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        assert_eq!(ring(16, 1_000).kept.len(), 16);
    }

    #[test]
    fn it_is_known_when_the_first_of_what_is_unread_was_published() {
        let mut ring = Ring::new(4);
        let at = |millis| Monotonic::after_beginning(std::time::Duration::from_millis(millis));
        (1..=3).for_each(|number| ring.push(event(number), at(number * 10)));
        let since = |number| match ring.behind(number, 1) {
            Behind::Events { since, .. } => since,
            Behind::Lost => panic!("lost"),
        };
        assert_eq!([since(0), since(2), since(3)], [Some(at(10)), Some(at(30)), None]);
    }
}
