//! The memory that bodies take while they are waited for, of all connections together.
//!
//! A client that sends half a body and stops costs memory before anybody knows who it is. What has arrived of such bodies
//! is counted, with what the connection takes meanwhile, and beyond the budget a body is refused rather than waited for.
//! Refusing ends the connection, and so frees what it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::refusal::Refusal;

/// How much memory bodies may take that have begun to arrive and are not there in full. Copies share one budget.
#[derive(Clone, Debug)]
pub struct BodyBudget(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    most: usize,
    held: AtomicUsize,
}

impl BodyBudget {
    /// 96 MiB.
    pub const DEFAULT_BYTES: usize = 96 * 1024 * 1024;

    /// What a body that is waited for takes besides what has arrived of it: the HTTP library's buffers, of 8 KiB each, and
    /// the state of the connection and its request. Measured with ten thousand of them, each with 4 KiB: 42 KiB for one.
    pub const WAITING_BYTES: usize = 40 * 1024;

    /// A budget of `most` bytes.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Budget { most, held: AtomicUsize::new(0) }))
    }

    /// How much of it is in use, in bytes.
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// Takes room for a body that is waited for and has so many bytes by now, for as long as what is returned lives. Fails
    /// when there is not as much left.
    pub(super) fn hold(&self, bytes: usize) -> Result<Held, Refusal> {
        let mut held = Held { budget: Arc::clone(&self.0), bytes: 0 };
        held.grow(bytes.saturating_add(Self::WAITING_BYTES))?;
        Ok(held)
    }
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT_BYTES)
    }
}

/// Part of a budget.
#[derive(Debug)]
pub(super) struct Held {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Held {
    /// Takes so many bytes more.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Budget { most, held } = &*self.budget;
        let add = |held: usize| held.checked_add(bytes).filter(|sum| sum <= most);
        match held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => {
                self.bytes += bytes;
                Ok(())
            }
            Err(_) => Err(Refusal::Overloaded),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_and_what_was_refused_was_not_taken() {
        let budget = BodyBudget::new(10 + 2 * BodyBudget::WAITING_BYTES);
        let mut first = budget.hold(4).unwrap();
        first.grow(5).unwrap();
        assert_eq!(budget.hold(2).unwrap_err(), Refusal::Overloaded);
        assert_eq!(first.grow(usize::MAX).unwrap_err(), Refusal::Overloaded);
        let second = budget.hold(1).unwrap();
        assert_eq!(budget.held(), 10 + 2 * BodyBudget::WAITING_BYTES);
        drop(first);
        assert_eq!(budget.held(), 1 + BodyBudget::WAITING_BYTES);
        drop(second);
        assert_eq!(budget.held(), 0);
    }
}
