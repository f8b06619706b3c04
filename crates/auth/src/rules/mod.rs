//! The rules of what the directory may hold: accounts, users, and what belongs to an account.
//!
//! Stands below everything that changes the directory. The administration API asks it about each change, `vestibule apply`
//! about everything that a file makes or changes, `vestibule doctor` about everything that is there. [`Rule`] lists every
//! rule with its words; the files beside it say when one is broken. Knows no HTTP, no store, and not who asks: whether
//! somebody may do it at all is decided elsewhere.
//!
//! What keeps a value is not asked about that value: rows from before a rule are repaired field by field, and each change
//! of another field goes through meanwhile.

mod account;
mod applications;
mod client_metadata;
mod connections;
mod entry;
mod gateway;
mod index;
mod look;
mod neighbours;
mod numbered;
mod owners;
mod rule;
mod sentences;
mod services;
mod texts;
mod user;
mod values;
mod violation;

pub use account::{account_id_violation, account_violations};
pub use applications::client_id_violation;
pub use gateway::{gateway_rule_violations, tidy_gateway_rule};
pub use index::{AccountIndex, InstallationIndex};
pub use neighbours::{Installation, Neighbours, Reference, Referring, ResourceKind};
pub use numbered::next_id;
pub use owners::{check_deleted_account, check_has_owner, check_owner_left, may_log_in};
pub use rule::{Kind, Rule};
pub use sentences::{PolicyInWords, RuleInWords, policies_in_words};
pub use services::service_twice;
pub(crate) use texts::name_fault;
pub use texts::{LONGEST_NAME, LONGEST_TEXT};
pub use user::{check_password_of, missing_name, next_user_number, taken, untie};
pub use values::{LONGEST_VALUE, SHORTEST_SECRET, check_token_holder, check_value, check_values_together};
pub use violation::{Ruled, Violation};
