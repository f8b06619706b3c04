//! A page of a list that is put into order while everything is looked at once: the places behind a cursor, as many as the page
//! takes, and how many there are in all. Nothing is kept between two pages.

/// What is first and what follows among many that are offered in no order.
pub(super) struct OrderedPage<P, T> {
    limit: usize,
    behind: Option<P>,
    total: usize,
    /// No place from here on is in the page.
    end: Option<P>,
    kept: Vec<(P, T)>,
}

/// What came of it.
pub(super) struct Selected<P, T> {
    /// How many were offered.
    pub(super) total: usize,
    /// The page, in order.
    pub(super) page: Vec<(P, T)>,
    /// Whether others follow.
    pub(super) is_more: bool,
}

impl<P: Ord + Clone, T> OrderedPage<P, T> {
    /// A page of at most `limit` behind a place; None: from the beginning.
    pub(super) const fn new(limit: usize, behind: Option<P>) -> Self {
        Self { limit, behind, total: 0, end: None, kept: Vec::new() }
    }

    /// One of them, with its place, which no other has. `thing` is asked for only if it may be in the page.
    pub(super) fn offer(&mut self, place: P, thing: impl FnOnce() -> T) {
        self.total += 1;
        let is_before = self.behind.as_ref().is_some_and(|behind| place <= *behind);
        let is_after = self.end.as_ref().is_some_and(|end| place >= *end);
        if is_before || is_after {
            return;
        }
        self.kept.push((place, thing()));
        // Put into order now and then: it costs each of them the same, however long the page.
        if self.kept.len() >= 2 * (self.limit + 1) {
            let (_, (end, _), _) = self.kept.select_nth_unstable_by(self.limit, |a, b| a.0.cmp(&b.0));
            self.end = Some(end.clone());
            self.kept.truncate(self.limit + 1);
        }
    }

    pub(super) fn select(mut self) -> Selected<P, T> {
        self.kept.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let is_more = self.kept.len() > self.limit;
        self.kept.truncate(self.limit);
        Selected { total: self.total, page: self.kept, is_more }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_have_everything_once_and_in_order(
            places in proptest::collection::hash_set(0..2_000_u32, 0..300),
            limit in 1..40_usize,
        ) {
            let (mut seen, mut behind) = (Vec::new(), None);
            loop {
                let mut page = OrderedPage::new(limit, behind);
                for place in &places {
                    page.offer(*place, || *place);
                }
                let Selected { total, page, is_more } = page.select();
                prop_assert_eq!(total, places.len());
                prop_assert!(page.len() == limit || !is_more);
                seen.extend(page.iter().map(|(_, thing)| *thing));
                behind = page.last().map(|(place, _)| *place);
                if !is_more {
                    break;
                }
            }
            let mut all: Vec<u32> = places.into_iter().collect();
            all.sort_unstable();
            prop_assert_eq!(seen, all);
        }
    }
}
