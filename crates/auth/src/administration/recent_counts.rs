//! Counts of the audit that were made some seconds ago: a count of a long audit is dear, and whoever looks at a list asks for it
//! again and again.

use std::time::Duration;

use vestibule_model::Millis;
use vestibule_store::{AuditCount, AuditQuery};

/// How long a count is good.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// How many are kept.
const MOST: usize = 32;

/// The counts.
#[derive(Default)]
pub(crate) struct RecentCounts(Vec<(AuditQuery, AuditCount, Millis)>);

impl RecentCounts {
    /// What this question was answered a moment ago.
    pub(super) fn of(&mut self, query: &AuditQuery, now: Millis) -> Option<AuditCount> {
        self.0.retain(|(_, _, at)| *at <= now && now < at.plus(GOOD_FOR));
        self.0.iter().find(|(asked, ..)| asked == query).map(|(_, count, _)| *count)
    }

    pub(super) fn keep(&mut self, query: AuditQuery, count: AuditCount, now: Millis) {
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((query, count, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_good_for_some_seconds_and_for_its_question_alone() {
        let (mut counts, at) = (RecentCounts::default(), Millis::from_unix(1_000_000));
        let other = AuditQuery { limit: 7, ..AuditQuery::default() };
        counts.keep(AuditQuery::default(), AuditCount::Exact(3), at);
        assert_eq!(counts.of(&other, at), None);
        let just_good = at.plus(GOOD_FOR).minus(Duration::from_millis(1));
        assert_eq!(counts.of(&AuditQuery::default(), just_good), Some(AuditCount::Exact(3)));
        assert_eq!(counts.of(&AuditQuery::default(), at.plus(GOOD_FOR)), None);
    }

    #[test]
    fn a_clock_that_is_put_back_makes_no_count_good_for_longer() {
        let (mut counts, at) = (RecentCounts::default(), Millis::from_unix(1_000_000));
        counts.keep(AuditQuery::default(), AuditCount::Exact(3), at);
        assert_eq!(counts.of(&AuditQuery::default(), at.minus(Duration::from_millis(1))), None);
    }

    #[test]
    fn no_more_counts_are_kept_than_there_is_room_for() {
        let mut counts = RecentCounts::default();
        for limit in 0..100 {
            counts.keep(AuditQuery { limit, ..AuditQuery::default() }, AuditCount::Exact(1), Millis::EPOCH);
        }
        assert_eq!(counts.0.len(), MOST);
    }
}
