//! What waits to be tried again. What is taken to be tried comes back by itself unless it is done, also when whoever tries is
//! dropped half-way.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Things that wait, the oldest first.
pub(crate) struct Waiting<T>(Mutex<Vec<T>>);

/// Some of them, taken to be tried.
pub(crate) struct Taken<'a, T> {
    all: &'a Waiting<T>,
    some: Vec<T>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Waiting<T> {
    pub(crate) fn push(&self, one: T) {
        self.all().push(one);
    }

    /// Takes all that wait now.
    pub(crate) fn take(&self) -> Taken<'_, T> {
        Taken { all: self, some: std::mem::take(&mut *self.all()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    fn all(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Taken<'_, T> {
    /// Takes the oldest of these, at most so many; None: there are no more.
    pub(crate) fn next(&mut self, most: usize) -> Option<Self> {
        let some: Vec<T> = self.some.drain(..self.some.len().min(most)).collect();
        (!some.is_empty()).then_some(Self { all: self.all, some })
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.some
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.some.iter_mut()
    }

    /// Those of these wait on, and are not tried.
    pub(crate) fn leave(&mut self, is_left: impl FnMut(&mut T) -> bool) {
        let left: Vec<T> = self.remove_if(is_left);
        self.all.all().splice(..0, left);
    }

    /// Those of these wait no more.
    pub(crate) fn remove_if(&mut self, is_done: impl FnMut(&mut T) -> bool) -> Vec<T> {
        self.some.extract_if(.., is_done).collect()
    }

    /// These wait no more.
    pub(crate) fn done(mut self) -> Vec<T> {
        std::mem::take(&mut self.some)
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        if !self.some.is_empty() {
            // Before those that came meanwhile.
            self.all.all().splice(..0, self.some.drain(..));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(all: &Waiting<u8>) -> Vec<u8> {
        all.all().clone()
    }

    #[test]
    fn what_is_not_done_waits_again_before_what_came_later() {
        let all = Waiting::default();
        (1..=5).for_each(|one| all.push(one));
        let mut taken = all.take();
        assert!(all.is_empty());
        all.push(6);
        let first = taken.next(2).unwrap();
        assert_eq!(first.as_slice(), [1, 2]);
        assert_eq!(first.done(), [1, 2]);
        drop(taken.next(1));
        assert_eq!(waiting(&all), [3, 6]);
        drop(taken);
        assert_eq!(waiting(&all), [4, 5, 3, 6]);
        let mut taken = all.take();
        taken.leave(|one| *one == 3);
        assert_eq!(taken.done(), [4, 5, 6]);
        assert!(all.take().next(9).is_some_and(|all| all.done() == [3]));
        assert!(all.take().next(9).is_none());
    }
}
