//! The caller's own affairs.

pub(crate) mod second_factor;
