//! The jobs of this node that end sessions, as they are told of: those that run, and those that ended a short time ago.
//!
//! Nobody takes the room of others: each owner has some that run, and what has ended makes room for what begins.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vestibule_model::{ActorKey, Millis};

use super::end_jobs::{EndJob, EndJobId, EndJobState};
use crate::ends::EndProgress;

/// How many jobs are known at a time.
const JOBS: usize = 64;

/// How many of an owner's run at a time.
const RUNNING: usize = 4;

/// How long a job is told of after its end, where there is room.
const KEPT: Duration = Duration::from_mins(10);

/// The jobs of this node.
#[derive(Clone, Default)]
pub(super) struct EndJobs(Arc<Mutex<BTreeMap<EndJobId, Job>>>);

struct Job {
    owner: ActorKey,
    progress: Arc<EndProgress>,
    /// When it came to its end, and whether that was a good one.
    outcome: Option<(Millis, bool)>,
}

/// A job that runs. One that is dropped before its end has failed.
pub(super) struct RunningJob<N: Fn() -> Millis> {
    jobs: EndJobs,
    id: EndJobId,
    pub(super) progress: Arc<EndProgress>,
    is_done: bool,
    now: N,
}

impl EndJobs {
    /// A new job; None: as many run as may, of this owner or of all.
    pub(super) fn begin<N: Fn() -> Millis>(
        &self,
        id: EndJobId,
        owner: ActorKey,
        now: N,
    ) -> Option<RunningJob<N>> {
        let mut jobs = self.lock();
        let present = now();
        jobs.retain(|_, job| job.is_told(present));
        let running = jobs.values().filter(|job| job.owner == owner && job.outcome.is_none());
        if running.count() >= RUNNING {
            return None;
        }
        if jobs.len() >= JOBS {
            // An owner's own before those of others.
            let ended = jobs.iter().filter_map(|(id, job)| Some(((job.owner != owner, job.outcome?.0), *id)));
            let (_, oldest) = ended.min()?;
            jobs.remove(&oldest);
        }
        let progress = Arc::new(EndProgress::default());
        jobs.insert(id, Job { owner, progress: Arc::clone(&progress), outcome: None });
        Some(RunningJob { jobs: self.clone(), id, progress, is_done: false, now })
    }

    /// A job, to its owner.
    pub(super) fn tell(&self, id: EndJobId, owner: ActorKey, now: Millis) -> Option<EndJob> {
        let jobs = self.lock();
        let job = jobs.get(&id).filter(|job| job.owner == owner && job.is_told(now))?;
        let state = match job.outcome {
            None => EndJobState::Running,
            Some((_, true)) => EndJobState::Done,
            Some((_, false)) => EndJobState::Failed,
        };
        let found = job.progress.found();
        // What the journal has is durable too, and stored later.
        let ended = if state == EndJobState::Done { found } else { job.progress.ended() };
        Some(EndJob { id, state, found, ended })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<EndJobId, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    fn is_told(&self, now: Millis) -> bool {
        self.outcome.is_none_or(|(at, _)| now.since(at) < KEPT)
    }
}

impl<N: Fn() -> Millis> RunningJob<N> {
    /// It has come to its end: a good one, or it failed.
    pub(super) fn end(mut self, is_done: bool) {
        self.is_done = is_done;
    }
}

impl<N: Fn() -> Millis> Drop for RunningJob<N> {
    fn drop(&mut self) {
        let at = (self.now)();
        if let Some(job) = self.jobs.lock().get_mut(&self.id) {
            job.outcome = Some((at, self.is_done));
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::UserId;

    use super::*;

    const OWNER: ActorKey = ActorKey::User(UserId(1));
    const OTHER: ActorKey = ActorKey::User(UserId(2));

    fn id(number: usize) -> EndJobId {
        EndJobId((number as u128).to_be_bytes())
    }

    fn at(number: usize) -> impl Fn() -> Millis {
        move || Millis::from_unix(number.try_into().unwrap())
    }

    fn state(jobs: &EndJobs, number: usize, owner: ActorKey) -> Option<EndJobState> {
        jobs.tell(id(number), owner, Millis::from_unix(1_000)).map(|job| job.state)
    }

    /// Jobs of an owner that have ended, one after another.
    fn end_jobs(jobs: &EndJobs, numbers: std::ops::Range<usize>, owner: ActorKey) {
        for number in numbers {
            jobs.begin(id(number), owner, at(number)).unwrap().end(true);
        }
    }

    #[test]
    fn an_owner_has_so_many_running_and_others_have_theirs() {
        let jobs = EndJobs::default();
        let running: Vec<_> =
            (0..RUNNING).map(|number| jobs.begin(id(number), OWNER, at(number)).unwrap()).collect();
        assert!(jobs.begin(id(RUNNING), OWNER, at(1)).is_none());
        assert!(jobs.begin(id(RUNNING), OTHER, at(1)).is_some());
        drop(running);
        assert!(jobs.begin(id(RUNNING + 1), OWNER, at(1)).is_some());
    }

    #[test]
    fn what_ended_first_makes_room() {
        let jobs = EndJobs::default();
        end_jobs(&jobs, 0..JOBS + 1, OWNER);
        assert_eq!(state(&jobs, 0, OWNER), None);
        assert_eq!(state(&jobs, 1, OWNER), Some(EndJobState::Done));
    }

    #[test]
    fn what_an_owner_begins_takes_the_room_of_their_own_first() {
        let jobs = EndJobs::default();
        end_jobs(&jobs, 0..1, OTHER);
        end_jobs(&jobs, 1..3 * JOBS, OWNER);
        assert_eq!(state(&jobs, 0, OTHER), Some(EndJobState::Done));
    }

    #[test]
    fn nothing_that_runs_makes_room() {
        let jobs = EndJobs::default();
        let owner = |number: usize| ActorKey::User(UserId((number / RUNNING).try_into().unwrap()));
        let running: Vec<_> =
            (0..JOBS).map(|number| jobs.begin(id(number), owner(number), at(number)).unwrap()).collect();
        assert!(jobs.begin(id(JOBS), owner(JOBS), at(1)).is_none());
        assert_eq!(running.len(), JOBS);
    }

    #[test]
    fn a_job_whose_work_panics_has_failed() {
        let jobs = EndJobs::default();
        let job = jobs.begin(id(0), OWNER, at(1)).unwrap();
        let work = std::panic::AssertUnwindSafe(move || {
            let _job = job;
            panic!("the work does");
        });
        assert!(std::panic::catch_unwind(work).is_err());
        assert_eq!(state(&jobs, 0, OWNER), Some(EndJobState::Failed));
    }
}
