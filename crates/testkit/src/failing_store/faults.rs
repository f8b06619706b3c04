//! What fails, how often and for how long, and what waits at which gate.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use vestibule_store::{Change, StoreError};

/// Something that is asked of a store.
#[derive(Debug)]
pub enum Operation<'a> {
    /// [`vestibule_store::Store::commit`] of these changes.
    Commit(&'a [Change]),
    /// A read, by the name of its method.
    Read(&'static str),
    /// [`vestibule_store::Store::unwitnessed`].
    Witness,
}

/// Which operations fail, and how many of them.
pub struct Fault {
    fails: Box<dyn Fn(&Operation<'_>) -> bool + Send + Sync>,
    spared: usize,
    times: usize,
    takes_effect: bool,
    misfits: bool,
    gate: Option<Arc<Gate>>,
}

impl Fault {
    /// Whatever `fails` says, until the store is healed.
    pub fn of(fails: impl Fn(&Operation<'_>) -> bool + Send + Sync + 'static) -> Self {
        let (takes_effect, misfits, gate) = (false, false, None);
        Self { fails: Box::new(fails), spared: 0, times: usize::MAX, takes_effect, misfits, gate }
    }

    /// Every commit, as on a full disk.
    pub fn commits() -> Self {
        Self::of(|operation| matches!(operation, Operation::Commit(_)))
    }

    /// Commits that have a change like this.
    pub fn commits_with(is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Self {
        Self::of(
            move |operation| matches!(operation, Operation::Commit(changes) if changes.iter().any(&is_meant)),
        )
    }

    /// Every read.
    pub fn reads() -> Self {
        Self::of(|operation| matches!(operation, Operation::Read(_)))
    }

    /// Reads by one method of [`vestibule_store::Store`].
    pub fn reads_by(method: &'static str) -> Self {
        Self::of(move |operation| matches!(operation, Operation::Read(name) if *name == method))
    }

    /// Nothing that is committed can be witnessed.
    pub fn witness() -> Self {
        Self::of(|operation| matches!(operation, Operation::Witness))
    }

    /// The first so many do not fail.
    #[must_use]
    pub fn sparing(self, spared: usize) -> Self {
        Self { spared, ..self }
    }

    /// At most so many fail.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// What is committed takes effect all the same: only the answer is lost.
    #[must_use]
    pub fn taking_effect(self) -> Self {
        Self { takes_effect: true, ..self }
    }

    /// It is refused as one that does not fit, which is a fault of whoever asks, and passes by no waiting.
    #[must_use]
    pub fn as_a_misfit(self) -> Self {
        Self { misfits: true, ..self }
    }

    /// A commit that fails does so once the gate is opened.
    #[must_use]
    pub fn held_at(self, gate: &Arc<Gate>) -> Self {
        Self { gate: Some(Arc::clone(gate)), ..self }
    }

    fn strikes(&mut self, operation: &Operation<'_>) -> bool {
        if self.times == 0 || !(self.fails)(operation) {
            return false;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        self.times = self.times.saturating_sub(usize::from(self.times != usize::MAX));
        true
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spared, times, takes_effect, .. } = self;
        out.debug_struct("Fault")
            .field("spared", spared)
            .field("times", times)
            .field("takes_effect", takes_effect)
            .finish_non_exhaustive()
    }
}

/// The faults of a store; outlives restarts of the engine over it.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    failed: usize,
    gates: Vec<(OperationFilter, Holds, Arc<Gate>)>,
    /// How many entries a page of the audit has at most.
    audit_page: Option<usize>,
}

/// Which operations wait at a gate.
struct OperationFilter(Box<dyn Fn(&Operation<'_>) -> bool + Send + Sync>);

/// Where an operation waits at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Before it is done.
    Work,
    /// When it is done, before it is answered.
    Answer,
}

impl fmt::Debug for OperationFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OperationFilter").finish_non_exhaustive()
    }
}

/// Where operations wait, before they are done or before they are answered.
#[derive(Debug)]
pub struct Gate {
    reached: Semaphore,
    opened: Semaphore,
}

impl Gate {
    /// A gate that nothing passes.
    pub fn closed() -> Arc<Self> {
        Arc::new(Self { reached: Semaphore::new(0), opened: Semaphore::new(0) })
    }

    /// Waits until an operation waits here; each is waited for once.
    pub async fn reached(&self) {
        self.reached.acquire().await.expect("never closed").forget();
    }

    /// Whatever waits is answered, and whatever comes later at once.
    pub fn open(&self) {
        self.opened.close();
    }

    pub(super) async fn pass(&self) {
        self.reached.add_permits(1);
        // An error: it was opened.
        let _ = self.opened.acquire().await;
    }
}

impl Faults {
    /// From now on this fails too.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Commits that have a change like this are done, and answered once the gate is opened.
    pub fn hold(&self, is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Arc<Gate> {
        self.add_gate(commits_with(is_meant), Holds::Answer)
    }

    /// Commits that have a change like this are done once the gate is opened, and those behind them before.
    pub fn delay(&self, is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Arc<Gate> {
        self.add_gate(commits_with(is_meant), Holds::Work)
    }

    /// Reads by one method of [`vestibule_store::Store`] are begun once the gate is opened.
    pub fn delay_reads_by(&self, method: &'static str) -> Arc<Gate> {
        let is_meant =
            move |operation: &Operation<'_>| matches!(operation, Operation::Read(name) if *name == method);
        self.add_gate(OperationFilter(Box::new(is_meant)), Holds::Work)
    }

    /// The same of one read, so many after the first; those before and behind it go on.
    pub fn delay_read(&self, method: &'static str, behind: usize) -> Arc<Gate> {
        let read = AtomicUsize::new(0);
        let is_meant = move |operation: &Operation<'_>| {
            matches!(operation, Operation::Read(name) if *name == method)
                && read.fetch_add(1, Ordering::Relaxed) == behind
        };
        self.add_gate(OperationFilter(Box::new(is_meant)), Holds::Work)
    }

    fn add_gate(&self, is_meant: OperationFilter, holds: Holds) -> Arc<Gate> {
        let gate = Gate::closed();
        self.state().gates.push((is_meant, holds, Arc::clone(&gate)));
        gate
    }

    pub(super) fn gate(&self, operation: &Operation<'_>) -> Option<(Holds, Arc<Gate>)> {
        let state = self.state();
        let gate = state.gates.iter().find(|(is_meant, ..)| is_meant.0(operation));
        gate.map(|(_, holds, gate)| (*holds, Arc::clone(gate)))
    }

    /// From now on a page of the audit has so many entries at most, as one that has looked at enough.
    pub fn cut_audit_pages(&self, at_most: usize) {
        self.state().audit_page = Some(at_most);
    }

    pub(super) fn audit_page(&self) -> usize {
        self.state().audit_page.unwrap_or(usize::MAX)
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// How many operations have failed.
    pub fn failed(&self) -> usize {
        self.state().failed
    }

    /// None: it does not fail.
    pub(super) fn strike(&self, operation: &Operation<'_>) -> Option<Strike> {
        let mut state = self.state();
        let strike = state.faults.iter_mut().find_map(|fault| {
            let Fault { takes_effect, misfits, .. } = *fault;
            let strike = Strike { takes_effect, misfits, gate: fault.gate.clone() };
            fault.strikes(operation).then_some(strike)
        });
        state.failed += usize::from(strike.is_some());
        strike
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commits_with(is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> OperationFilter {
    let has_one = move |operation: &Operation<'_>| matches!(operation, Operation::Commit(changes) if changes.iter().any(&is_meant));
    OperationFilter(Box::new(has_one))
}

/// How an operation fails.
#[derive(Clone, Debug)]
pub(super) struct Strike {
    pub(super) takes_effect: bool,
    misfits: bool,
    pub(super) gate: Option<Arc<Gate>>,
}

impl Strike {
    pub(super) fn error(&self) -> StoreError {
        if self.misfits {
            return StoreError::Constraint("the test wants this to misfit".into());
        }
        let cause: Box<dyn Error + Send + Sync> = Box::new(io::Error::other("the test wants this to fail"));
        StoreError::Unavailable(cause)
    }
}
