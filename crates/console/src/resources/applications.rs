//! API keys, OAuth clients and application tokens. None of their secrets is known here.

use std::fmt;

use vestibule_auth::{AccountResourcePage, AdministrationError, PageRequest};
use vestibule_model::{ApiKey, Application, ApplicationToken, Millis, OauthClient, Privilege};

use super::{Around, Of, Shown};
use crate::parts::{Cell, Fact, Shape};
use crate::words;

/// When a session was last opened with one.
fn last_used(around: &Around, application: Application) -> Cell {
    Cell::time_or(around.last_uses.get(&application).copied(), &around.zone, "never")
}

fn privileges(privileges: &[Privilege]) -> Fact {
    let words = privileges.iter().map(|privilege| Cell::words(words::privilege(*privilege))).collect();
    Fact::many("May be used for", words, "nothing")
}

fn addresses(addresses: &[impl fmt::Display]) -> Fact {
    let values = addresses.iter().map(Cell::code).collect();
    Fact::many("May be used from", values, "any address")
}

/// Secrets of before, for as long as they work.
fn superseded(until: Option<Millis>, around: &Around) -> Option<Fact> {
    let until = until?;
    Some(Fact::one("The secrets of before work until", Cell::time(until, &around.zone)))
}

impl Shown for ApiKey {
    const COLUMNS: &'static [&'static str] = &["App key", "State", "Last used"];

    fn name(&self) -> &str {
        if self.name.is_empty() { &self.app_key } else { &self.name }
    }

    fn cells(&self, around: &Around) -> Vec<Cell> {
        vec![
            Cell::code(&self.app_key),
            words::enabled(self.enabled),
            last_used(around, Application::ApiKey(self.id)),
        ]
    }

    fn facts(&self, around: &Around) -> Vec<Fact> {
        let text = |text: &str| if text.is_empty() { Cell::words("none") } else { Cell::whole(text) };
        let mut facts = vec![
            Fact::one("State", words::enabled(self.enabled)),
            Fact::one("App key", Cell::code(&self.app_key)),
            Fact::one("Access token", Cell::code(&self.access_token)),
            Fact::one("Developer", text(&self.developer)),
            Fact::one("Description", text(&self.description)),
            privileges(&self.privileges),
            addresses(&self.addresses),
            Fact::one("Last used", last_used(around, Application::ApiKey(self.id))),
        ];
        facts.extend(superseded(self.overlap_until(), around));
        facts
    }

    fn overlap_until(&self) -> Option<Millis> {
        self.superseded.as_ref().map(|before| before.until)
    }
}

impl Shown for OauthClient {
    const COLUMNS: &'static [&'static str] = &["Client id", "State", "Grants", "Last used"];

    fn name(&self) -> &str {
        if self.name.is_empty() { &self.client_id } else { &self.name }
    }

    fn cells(&self, around: &Around) -> Vec<Cell> {
        let grants: Vec<_> = self.metadata.grant_types.iter().map(|grant| words::grant(*grant)).collect();
        vec![
            Cell::code(&self.client_id),
            words::enabled(self.enabled),
            Cell::words(if grants.is_empty() { "none".to_owned() } else { grants.join(", ") }),
            last_used(around, Application::OauthClient(self.id)),
        ]
    }

    fn facts(&self, around: &Around) -> Vec<Fact> {
        let metadata = &self.metadata;
        let grants = metadata.grant_types.iter().map(|grant| Cell::words(words::grant(*grant))).collect();
        let codes = |texts: &[String]| texts.iter().map(Cell::code).collect();
        let kind = match (metadata.public, metadata.resource_server) {
            (true, _) => Cell::tag(Shape::Warn, "public: its secret proves nothing"),
            (false, true) => Cell::tag(Shape::Quiet, "resource server"),
            (false, false) => Cell::tag(Shape::Quiet, "confidential"),
        };
        let display_name = match &*metadata.display_name {
            "" => Cell::words("the same as its name"),
            name => Cell::whole(name),
        };
        let mut facts = vec![
            Fact::one("State", words::enabled(self.enabled)),
            Fact::one("Client id", Cell::code(&self.client_id)),
            Fact::one("Name for users", display_name),
            Fact::one("Kind", kind),
            Fact::many("Grants", grants, "none"),
            Fact::many("Redirect addresses", codes(&metadata.redirect_uris), "none"),
            Fact::many("Scopes", codes(&metadata.scopes), "those of OpenID Connect alone"),
            Fact::one("Users are asked", Cell::words(if metadata.consent { "yes" } else { "no" })),
            privileges(&self.privileges),
            addresses(&self.addresses),
            Fact::one("Last used", last_used(around, Application::OauthClient(self.id))),
        ];
        facts.extend(superseded(self.overlap_until(), around));
        facts
    }

    fn overlap_until(&self) -> Option<Millis> {
        self.superseded.as_ref().map(|before| before.until)
    }
}

impl Shown for ApplicationToken {
    const COLUMNS: &'static [&'static str] = &["State", "Last used", "Requests"];

    // What was counted is in the store alone.
    async fn page(
        of: Of<'_>,
        wanted: PageRequest<'_>,
    ) -> Result<AccountResourcePage<Self>, AdministrationError> {
        of.administration.application_tokens(of.caller, of.account, wanted).await
    }

    async fn find(of: Of<'_>, id: i64) -> Result<Self, AdministrationError> {
        of.administration.application_token_of_id(of.caller, of.account, id).await
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cells(&self, around: &Around) -> Vec<Cell> {
        vec![
            words::enabled(self.enabled),
            Cell::time_or(self.last_used, &around.zone, "never"),
            Cell::number(self.requests),
        ]
    }

    fn facts(&self, around: &Around) -> Vec<Fact> {
        let mut facts = vec![
            Fact::one("State", words::enabled(self.enabled)),
            Fact::one("Last used", Cell::time_or(self.last_used, &around.zone, "never")),
            Fact::one("Requests of its sessions", Cell::number(self.requests)),
        ];
        facts.extend(superseded(self.overlap_until(), around));
        facts
    }

    fn overlap_until(&self) -> Option<Millis> {
        self.superseded.as_ref().map(|before| before.until)
    }
}
