//! Which live sessions are meant: what a list is limited to, and what ends with all others that are so.

use vestibule_auth::{AdministrationError, SessionFilter};
use vestibule_model::{AccountId, ApplicationId, UserId};
use vestibule_serve::forms::Zone;

use crate::filters::{Asked, Filter, FilterShape, user_field};

/// The names of the fields.
pub(super) const NAMES: [&str; 6] =
    ["account", "user", "application", "address", "opened_since", "opened_before"];

/// What was typed, read.
pub(super) fn read(asked: &Asked, zone: &Zone) -> Result<SessionFilter, AdministrationError> {
    Ok(SessionFilter {
        account: asked.read("account", "account id")?,
        user: asked.read("user", "id of a user")?.map(UserId),
        application: asked.read("application", "id of a key, client or token")?.map(ApplicationId),
        address: asked.read("address", "address")?,
        opened_since: asked.time("opened_since", zone)?,
        opened_before: asked.time("opened_before", zone)?,
    })
}

/// The fields that the lists of both kinds have.
pub(super) fn common_fields(asked: &Asked) -> Vec<Filter> {
    vec![
        asked.field("account", "Account", FilterShape::Text(AccountId::LONGEST)),
        user_field(asked, "User (login name or id)"),
        asked.field("address", "Opened from", FilterShape::Text(45)),
    ]
}

/// The one of them that is seldom used.
pub(super) fn application_field(asked: &Asked) -> Filter {
    asked.field("application", "Id of the key, client or token", FilterShape::Digits)
}
