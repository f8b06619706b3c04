//! The locks that the live-session table is built on, named in one place: a test puts others in theirs, which try the
//! orders in which threads can take turns.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
