//! The witness: a small file outside the database that says up to which entry the audit had come. An older copy of the
//! database that is put back does not have that entry, and so is noticed, whole and sealed as it is.
//!
//! Owns the file, when it is written, and what a comparison with it means. What is done about a database that is not as
//! witnessed is said in `opening`.

mod file;
mod folded;
mod hand;
mod keeper;
mod record;
mod standing;
#[cfg(test)]
mod tests;

pub use file::{WitnessError, WitnessFile};
pub(crate) use folded::folded;
pub(crate) use keeper::{Durable, Health, Keeper};
pub(crate) use record::Testimony;
pub use standing::{Attestation, Standing};
pub(crate) use standing::{DatabaseId, compare, keep_id};
