//! Every fact of the contract, on files of their own.

use crate::temporary::empty_store;

vestibule_store::conformance_suite!(empty_store);
