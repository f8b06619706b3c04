//! The caller's own affairs.

pub(crate) mod password;
pub(crate) mod second_factor;
pub(crate) mod sessions;

use crate::accounts::Tab;
use crate::routes::{OWN_PASSWORD, OWN_SESSIONS, SECOND_FACTOR};

/// The pages of it, for whoever looks at the one at `path`.
fn tabs(path: &str) -> Vec<Tab> {
    let tab = |name, address: &str| Tab {
        name,
        address: address.to_owned(),
        count: String::new(),
        is_here: address == path,
    };
    vec![tab("Second factor", SECOND_FACTOR), tab("Password", OWN_PASSWORD), tab("Sessions", OWN_SESSIONS)]
}
