//! What was counted leaves memory: in batches that the store adds up, each once, also where it is not known whether a commit took
//! effect.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, RwLock, RwLockReadGuard};
use vestibule_model::{AccountId, Day, Millis, Rng};
use vestibule_store::{
    Change, Store, StoreError, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource,
    TrafficUses,
};

use super::TrafficLosses;
use super::families::{Learned, MOST, OTHER, is_path};
use super::shard::Drained;
use crate::settings::TrafficRetention;

/// How many rows are written in one commit: a millisecond or two of the store's writer, for which logins wait.
const BATCH: usize = 32;

/// How many rows are aged in one commit.
const AGED: usize = 32;

/// How many commits age rows at a time; the next come with the next call.
const STEPS: usize = 20;

/// How many series wait for the store at most before their routes are no longer told apart: some 60 MB.
const MOST_WAITING: usize = 200_000;

/// How often a batch is made at least, also when nothing was counted: it tells that requests are counted, long before they would be thought
/// not to be ([`TrafficSpan::LONGEST_GAP`](vestibule_store::TrafficSpan::LONGEST_GAP)).
const TELL_EVERY: Duration = Duration::from_hours(1);

/// No day was aged yet.
const NEVER: i32 = i32::MIN;

type Source = (TrafficSource, TrafficPeriod);

/// Writes what was counted.
pub(super) struct Writer {
    store: Arc<dyn Store>,
    /// This process.
    id: [u8; 16],
    waiting: Mutex<Waiting>,
    /// The last day that is aged as far as it can be.
    aged: AtomicI32,
    /// Taken while rows change their form, and shared by whoever reads several that belong together.
    form: RwLock<()>,
    folded: AtomicU64,
    lost: AtomicU64,
}

/// What is not known to be stored.
#[derive(Default)]
struct Waiting {
    /// The number of the last batch.
    number: u64,
    /// Batches that are numbered, perhaps written, and not acknowledged.
    batches: VecDeque<TrafficBatch>,
    /// What is in no batch yet.
    rows: BTreeMap<Source, (TrafficRow, TrafficUses)>,
    series: usize,
    /// When the last batch was made, or none was to be made for the first time.
    told: Option<Millis>,
    /// The accounts whose families are known as the store has them.
    settled: HashSet<Option<AccountId>>,
}

impl Writer {
    pub(super) fn new(store: Arc<dyn Store>, rng: &dyn Rng) -> Self {
        let mut id = [0; 16];
        rng.fill(&mut id);
        let (folded, lost) = (AtomicU64::default(), AtomicU64::default());
        let (waiting, form) = (Mutex::default(), RwLock::default());
        Self { store, id, waiting, aged: AtomicI32::new(NEVER), form, folded, lost }
    }

    pub(super) fn losses(&self) -> TrafficLosses {
        TrafficLosses { folded: self.folded.load(Ordering::Relaxed), lost: self.lost.load(Ordering::Relaxed) }
    }

    /// Writes what waits and what is drained, or that nothing was counted. What is not known to be stored when this fails, or when nobody
    /// waits for it any more, waits for the next time; what is of an account whose families cannot be read keeps no other waiting.
    pub(super) async fn write(
        &self,
        drained: impl FnOnce() -> Vec<Drained>,
        learned: &Learned,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut waiting = self.waiting.lock().await;
        for (row, uses) in drained().into_iter().flatten() {
            let folded = waiting.add(row, uses);
            self.folded.fetch_add(folded, Ordering::Relaxed);
        }
        self.write_batches(&mut waiting).await?;
        let mut settled = Ok(());
        for account in waiting.unsettled() {
            match self.store.traffic_overview(account).await {
                Ok(stored) => waiting.settle(account, &stored.families, learned),
                Err(error) => settled = Err(error),
            }
        }
        waiting.number_batches(self.id, now);
        self.write_batches(&mut waiting).await.and(settled)
    }

    /// Makes families known as the store has them. Of accounts of which it does not say, they are looked at before the first of their
    /// counts is written.
    pub(super) async fn learn_stored(&self, accounts: Vec<AccountId>, learned: &Learned) {
        let mut waiting = self.waiting.lock().await;
        for account in accounts {
            match self.store.traffic_overview(Some(account)).await {
                Ok(overview) => waiting.settle(Some(account), &overview.families, learned),
                Err(error) => {
                    tracing::warn!(%error, %account, "the families of routes cannot be read");
                }
            }
        }
    }

    async fn write_batches(&self, waiting: &mut Waiting) -> Result<(), StoreError> {
        while let Some(batch) = waiting.batches.front() {
            let count = Change::CountTraffic(batch.clone().into());
            match self.store.commit(vec![count]).await {
                Ok(_) => {}
                Err(error) if error.is_temporary() => return Err(error),
                // It would be refused again, and keep the others waiting.
                Err(error) => {
                    let requests: u64 = batch.rows.iter().map(requests).sum();
                    self.lost.fetch_add(requests, Ordering::Relaxed);
                    tracing::error!(%error, requests, "counts of requests are refused by the store, and lost");
                }
            }
            waiting.batches.pop_front();
        }
        Ok(())
    }

    /// Keeps what is stored in the form that it has, as long as what this answers is held: batches are added to it, and no day becomes a
    /// part of its month.
    pub(super) async fn keep_form(&self) -> RwLockReadGuard<'_, ()> {
        self.form.read().await
    }

    /// Ages what is stored, until nothing is left for today. Waits for batches of which it is not known whether they were taken: the store
    /// may forget by this that it has taken them.
    pub(super) async fn age(&self, retention: TrafficRetention, now: Millis) -> Result<(), StoreError> {
        let today = Day::of(now);
        if self.aged.load(Ordering::Relaxed) == today.number() || self.is_unsure().await {
            return Ok(());
        }
        let (days_before, months_before) = (retention.first_by_hour(today), retention.first_by_day(today));
        for _ in 0..STEPS {
            let age = Change::AgeTraffic { days_before, months_before, now, limit: AGED };
            let _alone = self.form.write().await;
            if self.store.commit(vec![age]).await?.aged < AGED {
                self.aged.store(today.number(), Ordering::Relaxed);
                break;
            }
        }
        Ok(())
    }

    async fn is_unsure(&self) -> bool {
        !self.waiting.lock().await.batches.is_empty()
    }
}

impl Waiting {
    /// Adds what a shard had; answers of how many requests the routes are not told apart.
    fn add(&mut self, mut row: TrafficRow, uses: TrafficUses) -> u64 {
        let mut folded = 0;
        if self.series >= MOST_WAITING {
            folded = requests(&row);
            fold(&mut row, |_| true);
        }
        let place = (row.source, row.period);
        let empty = || (TrafficRow::empty(place.0, place.1), TrafficUses::default());
        let (sum, all_uses) = self.rows.entry(place).or_insert_with(empty);
        let before = sum.series.len();
        sum.add(&row);
        all_uses.add(uses);
        self.series += sum.series.len() - before;
        folded
    }

    /// The accounts whose stored families have not been looked at.
    fn unsettled(&self) -> Vec<Option<AccountId>> {
        let accounts: HashSet<_> = self.rows.keys().map(|(source, _)| source.account).collect();
        accounts.into_iter().filter(|account| !self.settled.contains(account)).collect()
    }

    /// Leaves an account as many families as it may have: those that are stored, then new ones in their order.
    fn settle(&mut self, account: Option<AccountId>, stored: &[Arc<str>], learned: &Learned) {
        let is_stored = |name: &str| stored.iter().any(|known| known.as_ref() == name);
        let of_account = self.rows.iter().filter(|((source, _), _)| source.account == account);
        let named = of_account.flat_map(|(_, (row, _))| row.series.iter().map(|series| &series.family));
        let new: BTreeSet<Arc<str>> =
            named.filter(|name| is_path(name) && !is_stored(name)).map(Arc::clone).collect();
        let room = MOST.saturating_sub(stored.iter().filter(|name| is_path(name)).count());
        let refused: Vec<Arc<str>> = new.into_iter().skip(room).collect();
        let is_refused = |name: &str| refused.iter().any(|other| other.as_ref() == name);
        for ((source, _), (row, _)) in &mut self.rows {
            if source.account == account && row.series.iter().any(|series| is_refused(&series.family)) {
                fold(row, is_refused);
            }
        }
        learned.settle(account, stored, &refused);
        self.settled.insert(account);
    }

    /// Puts everything into batches but what is of accounts whose families are not known; one with nothing, when it is time to tell that
    /// nothing was counted.
    fn number_batches(&mut self, writer: [u8; 16], at: Millis) {
        let (ready, unsettled): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.rows)
            .into_iter()
            .partition(|((source, _), _)| self.settled.contains(&source.account));
        self.series = unsettled.values().map(|(row, _)| row.series.len()).sum();
        self.rows = unsettled;
        let told = *self.told.get_or_insert(at);
        let mut is_due = at.since(told).max(told.since(at)) >= TELL_EVERY;
        let mut rows = ready.into_values().peekable();
        while rows.peek().is_some() || is_due {
            is_due = false;
            self.number += 1;
            self.told = Some(at);
            let mut batch =
                TrafficBatch { writer, number: self.number, at, rows: Vec::new(), uses: Vec::new() };
            for (row, uses) in rows.by_ref().take(BATCH) {
                batch.uses.push((row.source, uses));
                batch.rows.push(row);
            }
            self.batches.push_back(batch);
        }
    }
}

fn requests(row: &TrafficRow) -> u64 {
    row.series.iter().flat_map(|series| series.slots).fold(0, u64::saturating_add)
}

/// Makes families of a row others.
fn fold(row: &mut TrafficRow, is_meant: impl Fn(&str) -> bool) {
    let (meant, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut row.series).into_iter().partition(|series| is_meant(&series.family));
    row.series = rest;
    for series in meant {
        let other = TrafficSeries { family: OTHER.into(), ..series };
        row.add(&TrafficRow { series: vec![other], ..TrafficRow::empty(row.source, row.period) });
    }
}
