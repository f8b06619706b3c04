//! Administration: who may look at the service and change it, and every rule of what they do.
//!
//! A file for each kind of thing. Every change is one commit with its entry in the audit (`written`). Knows no HTTP.
//!
//! The account [`HOME`] is where administrators live. Nobody but an owner looks into it or changes it: whoever could set
//! an owner's password would be one.

mod accounts;
mod administrators;
mod caller;
mod cursor;
mod error;
mod first;
mod names;
mod passwords;
mod random;
mod sessions;
mod tokens;
mod users;
mod written;

pub use accounts::{AccountPage, new_account};
pub use administrators::NamedAdministrator;
pub use caller::{Caller, LoggedInAdministrator, Scope};
pub use error::AdministrationError;
pub use first::{FirstOwner, HOME};
pub use passwords::AtNextLogin;
pub use random::ten_digits;
pub use sessions::{SessionFilter, SessionPage};
pub use tokens::{MadeToken, NewToken};
pub use users::{NewUser, UserFilter, UserPage};
