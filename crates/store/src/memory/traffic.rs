//! What was counted of requests.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use vestibule_model::{AccountId, Day, Millis, Month};

use crate::{
    TrafficBatch, TrafficOverview, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSource, TrafficSpan,
    TrafficUses,
};

#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    counting: Option<TrafficSpan>,
    rows: BTreeMap<(TrafficSource, TrafficPeriod), TrafficRow>,
    uses: BTreeMap<TrafficSource, TrafficUses>,
    /// The last day on which each was used.
    families: BTreeMap<(Option<AccountId>, Arc<str>), Day>,
    /// The highest number of each writer, and when that batch was made.
    writers: HashMap<[u8; 16], (u64, Millis)>,
}

impl Traffic {
    pub(super) fn count(&mut self, batch: TrafficBatch, is_there: impl Fn(AccountId) -> bool) {
        if self.writers.get(&batch.writer).is_some_and(|(highest, _)| *highest >= batch.number) {
            return;
        }
        self.writers.insert(batch.writer, (batch.number, batch.at));
        self.counting = Some(TrafficSpan::after(self.counting, batch.at));
        let is_kept = |source: &TrafficSource| source.account.is_none_or(&is_there);
        for row in batch.rows.into_iter().filter(|row| is_kept(&row.source)) {
            let day = row.period.last_day();
            for series in &row.series {
                let last =
                    self.families.entry((row.source.account, Arc::clone(&series.family))).or_insert(day);
                *last = (*last).max(day);
            }
            self.put(&row);
        }
        for (source, uses) in batch.uses.into_iter().filter(|(source, _)| is_kept(source)) {
            self.uses.entry(source).or_default().add(uses);
        }
    }

    fn put(&mut self, row: &TrafficRow) {
        let empty = || TrafficRow::empty(row.source, row.period);
        self.rows.entry((row.source, row.period)).or_insert_with(empty).add(row);
    }

    /// Answers how many rows it looked at.
    pub(super) fn age(&mut self, days_before: Day, months_before: Month, now: Millis, limit: usize) -> usize {
        let is_over = |period: TrafficPeriod| match period {
            TrafficPeriod::Day(day) => day < days_before,
            TrafficPeriod::Month(month) => month < months_before,
        };
        // Days before months, of each the earliest first.
        let order = |(source, period): &(TrafficSource, TrafficPeriod)| match period {
            TrafficPeriod::Day(day) => (0, day.number(), *source),
            TrafficPeriod::Month(month) => (1, month.number(), *source),
        };
        let mut over: Vec<_> = self.rows.keys().filter(|(_, period)| is_over(*period)).copied().collect();
        over.sort_unstable_by_key(order);
        for key in over.iter().take(limit) {
            let Some(row) = self.rows.remove(key) else { continue };
            if let TrafficPeriod::Day(day) = row.period
                && day.month() >= months_before
            {
                self.put(&row.rolled_up());
            }
        }
        if over.len() <= limit {
            let kept_since = days_before.min(months_before.first_day());
            self.families.retain(|_, last| *last >= kept_since);
            let remembered_since = days_before.minus(TrafficBatch::REMEMBERED_DAYS).begin();
            self.writers.retain(|_, (_, at)| *at >= remembered_since);
            self.uses.values_mut().for_each(|uses| uses.bring_back_to(now));
        }
        over.len().min(limit)
    }

    pub(super) fn forget(&mut self, account: AccountId) {
        let account = Some(account);
        self.rows.retain(|(source, _), _| source.account != account);
        self.uses.retain(|source, _| source.account != account);
        self.families.retain(|(owner, _), _| *owner != account);
    }

    pub(super) fn page(&self, query: &TrafficQuery) -> Vec<TrafficRow> {
        self.rows.values().filter(|row| query.includes(row)).take(query.limit).cloned().collect()
    }

    pub(super) fn overview(&self, account: Option<AccountId>) -> TrafficOverview {
        let uses = self.uses.iter().filter(|(source, _)| source.account == account);
        let families = self.families.keys().filter(|(owner, _)| *owner == account);
        TrafficOverview {
            counting: self.counting,
            uses: uses.map(|(source, uses)| (source.application, *uses)).collect(),
            families: families.map(|(_, name)| Arc::clone(name)).collect(),
        }
    }
}
