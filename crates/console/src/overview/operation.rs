//! What an operator looks after: backups, certificates, the database; and everything of which some may need attention.

use std::time::Duration;

use vestibule_auth::{AdministrationError, Caller, Figures, Purpose};
use vestibule_model::{Actor, AdministratorRole, Millis};
use vestibule_serve::forms::Zone;

use super::attention::{BareOwner, Facts, age};
use crate::ConsoleState;
use crate::connections::CERTIFICATE_ENDS_SOON;
use crate::parts::{Tile, bytes, time};

/// How long before a secret stops working it is told of.
const WARNED: Duration = Duration::from_hours(24 * 14);

/// Looks at everything.
pub(super) async fn facts(
    console: &ConsoleState,
    caller: &Caller,
    figures: &Figures,
) -> Result<Facts, AdministrationError> {
    let (auth, administration) = (&console.auth, console.administration());
    let losses = auth.traffic_losses();
    let is_bare = |owner: &vestibule_auth::NamedAdministrator| {
        owner.enabled && !owner.has_second_factor && owner.administrator.role == AdministratorRole::Owner
    };
    let oneself = match &caller.actor {
        Actor::User { id, .. } => Some(*id),
        _ => None,
    };
    let bare_owners = administration.administrators(caller).await?.into_iter().filter(is_bare);
    Ok(Facts {
        trouble: auth.trouble(Purpose::Everything).map(|trouble| trouble.to_string()),
        unjournaled: auth.unjournaled(),
        unwitnessed: auth.unwitnessed(),
        failed_commits: auth.failed_commits(),
        missing_master_keys: auth.missing_master_keys(),
        outdated_seals: auth.outdated_seals(),
        lost_requests: losses.lost,
        folded_requests: losses.folded,
        hash_used_thousandths: figures.hashing.map(|it| it.used_thousandths).unwrap_or_default(),
        certificates: console.facts.certificates(),
        ending_certificates: administration.ending_certificates(caller, CERTIFICATE_ENDS_SOON)?,
        last_backup: console.facts.last_backup(),
        bare_owners: bare_owners
            .map(|owner| BareOwner {
                is_oneself: Some(owner.administrator.user) == oneself,
                name: owner.name,
            })
            .collect(),
        expiries: administration.expiries(caller, WARNED).await?,
        is_development: console.facts.is_development(),
    })
}

/// What there is to be looked after.
pub(super) fn tiles(console: &ConsoleState, facts: &Facts, now: Millis) -> Vec<Tile> {
    let zone = Zone::of("UTC");
    let tile = |name, value, hint| Tile { name, value, hint, link: None, live: None };
    let backup = match facts.last_backup {
        Some(at) => tile("Last backup", format!("{} ago", age(at, now)), time(at, &zone)),
        None => tile("Last backup", "none".to_owned(), "as far as is known here".to_owned()),
    };
    let certificate = facts.certificates.iter().min_by_key(|it| it.until).map(|it| {
        let value = if it.until <= now { "expired".to_owned() } else { age(now, it.until) };
        tile("Certificate", value, format!("{}, until {}", it.listener, zone.day(it.until)))
    });
    let database = console.facts.database_bytes();
    let database = database.map(|size| tile("Database", bytes(size), String::new()));
    [Some(backup), certificate, database].into_iter().flatten().collect()
}
