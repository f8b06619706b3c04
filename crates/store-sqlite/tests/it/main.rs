//! The store from outside: the contract's facts, the model beside it, opening and closing its file.

#![expect(clippy::panic, clippy::unwrap_used, reason = "these are tests, their helpers included")]

mod audit;
mod audit_edits;
mod audit_in_motion;
mod audit_keys;
mod audit_of_refusals;
mod backup;
mod beside_the_model;
mod checkpoint;
mod conformance;
mod damaged_traffic;
mod end_journal;
mod killed;
mod last_uses;
mod lost_commits;
mod opening;
mod rotation;
mod temporary;
mod witness;
