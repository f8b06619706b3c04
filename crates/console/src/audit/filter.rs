//! Which entries are meant.

use uuid::Uuid;
use vestibule_auth::{AdministrationError, AuditFilter};
use vestibule_model::{
    AccountId, ActorKey, ApplicationId, AuditAction, RefusalId, SessionReference, TargetKey, UserId,
};
use vestibule_serve::forms::Zone;

use super::words;
use crate::actor;
use crate::filters::{Asked, FilterShape, Filters, any_of, user_field};
use crate::parts::sentence;
use crate::routes::AUDIT;

/// The names of the fields.
pub(super) const NAMES: [&str; 11] = [
    "account",
    "user",
    "action",
    "actor",
    "target",
    "application",
    "address",
    "session",
    "refusal",
    "since",
    "until",
];

/// What was typed, read.
pub(super) fn read(asked: &Asked, zone: &Zone) -> Result<AuditFilter, AdministrationError> {
    let session = asked.read::<Uuid>("session", "reference of a session")?;
    let no_refusal =
        || AdministrationError::invalid("refusal", "this is no id of a refusal: 16 digits".to_owned());
    let refusal = Some(asked.get("refusal")).filter(|text| !text.is_empty());
    Ok(AuditFilter {
        account: asked.read("account", "account id")?,
        user: asked.read("user", "id of a user")?.map(UserId),
        action: asked.choice("action", &AuditAction::ALL)?,
        actor: asked.read::<ActorKey>("actor", actor::WHAT)?,
        target: asked
            .read::<TargetKey>("target", "thing: its kind, such as user or api-key, a colon and its id")?,
        application: asked.read("application", "id of a key, client or token")?.map(ApplicationId),
        address: asked.read("address", "address")?,
        session: session.map(|session| SessionReference(session.into_bytes())),
        refusal: refusal.map(|text| RefusalId::read(text).ok_or_else(no_refusal)).transpose()?,
        since: asked.time("since", zone)?,
        until: asked.time("until", zone)?,
        ..AuditFilter::default()
    })
}

/// The form.
pub(super) fn form(asked: &Asked) -> Filters {
    let actions = any_of(&AuditAction::ALL, |action| sentence(words::action(action)));
    let fields = vec![
        asked.field("account", "Account", FilterShape::Text(AccountId::LONGEST)),
        user_field(asked, "About the user (login name or id)"),
        asked.field("action", "What was done", actions),
        asked.field("address", "From", FilterShape::Text(45)),
    ];
    let more = vec![
        asked.field("actor", "By (such as user:5)", FilterShape::Text(40)),
        asked.field("target", "Thing (such as api-key:5)", FilterShape::Text(100)),
        asked.field("application", "By means of the key, client or token (id)", FilterShape::Digits),
        asked.field("session", "Session (reference)", FilterShape::Text(36)),
        asked.field("refusal", "Refusal (id)", FilterShape::Text(16)),
        asked.field("since", "Since (UTC)", FilterShape::Time),
        asked.field("until", "Before (UTC)", FilterShape::Time),
    ];
    Filters { name: "Entries", action: AUDIT, fields, more }
}
